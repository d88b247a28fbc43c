"""The headless front end: events become a progress bar, plain lines or JSON, and a run closes with a chart."""

from lrtui.console.front import Console, report_error

__all__ = ["Console", "report_error"]
