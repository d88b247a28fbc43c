"""A bordered box of lines that redraws only the rows that changed."""

from collections.abc import Sequence

from rich.segment import Segment
from rich.text import Text
from textual.content import Content
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from lrtui.printable import printable

Line = Text | str


class Pane(Widget, can_focus=True):
    """Lines of text in a box, cut to its width; whoever shows them wraps them.

    Text may come from corpora, models and names: nothing in it is obeyed, as markup or by the terminal.
    """

    DEFAULT_CSS = """
    Pane {
        border: solid $primary-muted;
        border-title-color: $text-muted;
        padding: 0 1;
        &:focus { border: solid $primary; border-title-color: $text; }
    }
    .-ascii Pane, Pane.-ascii {
        border: ascii $primary-muted;
        &:focus { border: ascii $primary; }
    }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._lines: tuple[Line, ...] = ()
        self._title = ""

    def show(self, lines: Sequence[Line], title: str = "") -> None:
        """Show these lines instead of those shown now, under `title`."""
        if title != self._title:
            self._title = title
            self.border_title = Content(printable(title))
        before, self._lines = self._lines, tuple(line if isinstance(line, str) else line.copy() for line in lines)
        last = min(max(len(before), len(self._lines)), self.size.height)
        changed = [y for y in range(last) if _row(before, y) != _row(self._lines, y)]
        if changed:
            self.refresh(*(Region(0, y, self.size.width, 1) for y in changed))

    def render_line(self, y: int) -> Strip:
        style, width = self.rich_style, self.size.width
        if y >= len(self._lines):
            return Strip.blank(width, style)
        strip = Strip(self._segments(self._lines[y])).adjust_cell_length(width)
        return strip.apply_style(style)

    def _segments(self, line: Line) -> list[Segment]:
        if isinstance(line, str):
            return [Segment(printable(line))]
        safe = line.copy()
        safe.plain = printable(line.plain)
        return list(safe.render(self.app.console, end=""))


def _row(lines: Sequence[Line], y: int) -> tuple[str, object]:
    """What row `y` looks like: rich compares texts without their styles."""
    if y >= len(lines):
        return "", ()
    line = lines[y]
    return (line, ()) if isinstance(line, str) else (line.plain, (line.style, tuple(line.spans)))
