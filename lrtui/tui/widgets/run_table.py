"""The runs of a home, one a line, with a cursor that stays on its run whatever the list becomes."""

from collections.abc import Sequence

from rich.style import Style
from rich.text import Text
from textual import events
from textual.binding import Binding
from textual.message import Message

from lrtui.runs.catalog import RunSummary
from lrtui.tui.run_rows import SIGNS, Columns, columns_for
from lrtui.tui.widgets.pane import Pane
from lrtui.tui.widgets.tints import tint
from lrtui.tui.wrapping import cut

#: the number of a marked run, its state, and the blanks around them
_SIGN_CELLS = 4


class RunTable(Pane):
    """Shows summaries in the order given. Only rows that changed are drawn again."""

    BINDINGS = [  # noqa: RUF012 - Textual's own declaration
        Binding("up,k", "move(-1)", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("home,g", "move(-1000000)", show=False),
        Binding("end,G", "move(1000000)", show=False),
    ]

    class Moved(Message):
        """The cursor is on another run."""

    class Opened(Message):
        """The run under the cursor was clicked twice."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._runs: tuple[RunSummary, ...] = ()
        self._marked: tuple[str, ...] = ()
        self._cursor = self._top = 0
        self._shown_title = ""

    @property
    def run(self) -> RunSummary | None:
        """The run under the cursor."""
        return self._runs[self._cursor] if self._runs else None

    def show_runs(self, runs: Sequence[RunSummary], marked: Sequence[str], title: str) -> None:
        """Show these runs, the `marked` ones with their number; the cursor stays on its run while that is there."""
        before = self.run
        self._runs, self._marked, self._shown_title = tuple(runs), tuple(marked), title
        names = [run.name for run in runs]
        if before is not None and before.name in names:
            self._cursor = names.index(before.name)
        self._cursor = max(0, min(self._cursor, len(names) - 1))
        self.redraw()
        if (before and before.name) != (self.run and self.run.name):
            self.post_message(self.Moved())

    def move_to(self, index: int) -> None:
        """Put the cursor on row `index`, or the nearest there is."""
        index = max(0, min(index, len(self._runs) - 1))
        if index != self._cursor:
            self._cursor = index
            self.redraw()
            self.post_message(self.Moved())

    def action_move(self, by: int) -> None:
        self.move_to(self._cursor + by)

    def action_page(self, by: int) -> None:
        self.move_to(self._cursor + by * max(1, self._rows - 1))

    def on_resize(self) -> None:
        self.redraw()

    def on_focus(self) -> None:
        self.redraw()

    def on_blur(self) -> None:
        self.redraw()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.move_to(self._cursor + 1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.move_to(self._cursor - 1)

    def on_click(self, event: events.Click) -> None:
        place = event.get_content_offset(self)
        if place is None or not 0 < place.y <= len(self._runs) - self._top:
            return
        self.move_to(self._top + place.y - 1)
        if event.chain == 2:
            self.post_message(self.Opened())

    @property
    def _rows(self) -> int:
        """How many runs are seen at once, below the heading."""
        return max(1, self.size.height - 1)

    def redraw(self) -> None:
        """Draw what changed."""
        rows = self._rows
        self._top = max(min(self._top, self._cursor, len(self._runs) - rows), self._cursor - rows + 1, 0)
        width = self.size.width - _SIGN_CELLS
        columns = columns_for(self._runs, max(1, width))
        lines = [Text(" " * _SIGN_CELLS + cut(columns.heading(), width), "dim")] if self._runs else []
        for index in range(self._top, min(self._top + rows, len(self._runs))):
            lines.append(self._line(index, columns, width))
        more = len(self._runs) - self._top - rows
        self.show(lines, self._shown_title + (f" · {more} more below" if more > 0 else ""))

    def _line(self, index: int, columns: Columns, width: int) -> Text:
        run = self._runs[index]
        sign, plain_sign, level = SIGNS[run.state]
        mark = f"{self._marked.index(run.name) + 1}" if run.name in self._marked else " "
        line = Text.assemble(
            (f"{mark:<2}", "bold"),
            (f"{plain_sign if self.app.has_class('-ascii') else sign} ", tint(self, level)),
            cut(columns.row(run), width).ljust(width),
        )
        if index == self._cursor:
            line.stylize(self._cursor_style())
        return line

    def _cursor_style(self) -> Style:
        return Style(reverse=True) if self.has_focus else Style(bold=True, underline=True)
