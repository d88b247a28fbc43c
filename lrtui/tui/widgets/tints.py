"""The colours of the theme for lines of text: what is good, changed, doubtful or wrong."""

from rich.style import Style
from textual.widget import Widget

from lrtui.tui.state import Level

_VARIABLES: dict[Level, str] = {
    "change": "text-accent",
    "good": "text-success",
    "warning": "text-warning",
    "error": "text-error",
}


def tint(widget: Widget, level: Level) -> Style:
    """How a line of that level looks in the present theme."""
    value = widget.app.theme_variables.get(_VARIABLES.get(level, ""), "")
    return Style(color=value) if value.startswith("#") else Style()
