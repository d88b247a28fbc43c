"""The colours of the theme for lines of text: what is good, changed, doubtful or wrong."""

from rich.style import Style
from textual.widget import Widget

from lrtui.tui.seeing import Level

_VARIABLES: dict[Level, str] = {
    "change": "text-accent",
    "good": "text-success",
    "warning": "text-warning",
    "error": "text-error",
}


#: the theme's colours that a chart gives its curves, in their order
_CURVES = ("text-primary", "text-warning", "text-success", "text-error", "text-secondary", "text-accent")


def curve_style(widget: Widget, hue: int) -> Style:
    """The colour that a chart gives the curve of this hue, for a legend beside it."""
    if getattr(getattr(widget.app, "settings", None), "palette", "") == "colour-blind":
        from lrtui.figure import HUES

        return Style(color=f"color({HUES[hue % len(HUES)]})")
    value = widget.app.theme_variables.get(_CURVES[hue % len(_CURVES)], "")
    return Style(color=value) if value.startswith("#") else Style()


def tint(widget: Widget, level: Level) -> Style:
    """How a line of that level looks in the present theme."""
    value = widget.app.theme_variables.get(_VARIABLES.get(level, ""), "")
    return Style(color=value) if value.startswith("#") else Style()
