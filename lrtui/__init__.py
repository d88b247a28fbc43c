"""lrtui: a learning-rate workbench in the terminal."""

__version__ = "0.1.0"
