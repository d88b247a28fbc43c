"""The runs of a home, one a line, with a cursor that stays on its run whatever the list becomes."""

from collections.abc import Sequence

from rich.text import Text
from textual.binding import Binding

from lrtui.runs.catalog import RunSummary
from lrtui.tui.run_rows import SIGNS, columns_for
from lrtui.tui.widgets.cursor_pane import CursorPane
from lrtui.tui.widgets.tints import tint
from lrtui.tui.wrapping import cut

#: the number of a marked run, its state, and the blanks around them
_SIGN_CELLS = 4


class RunTable(CursorPane):
    """Shows summaries in the order given."""

    BINDINGS = [  # noqa: RUF012 - Textual's own declaration
        Binding("k", "move(-1)", show=False),
        Binding("j", "move(1)", show=False),
        Binding("g", "move(-1000000)", show=False),
        Binding("G", "move(1000000)", show=False),
    ]

    class Moved(CursorPane.Moved):
        """The cursor is on another run."""

    class Opened(CursorPane.Opened):
        """The run under the cursor was clicked twice."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._runs: tuple[RunSummary, ...] = ()
        self._marked: tuple[str, ...] = ()
        self._columns = columns_for((), 1)

    @property
    def run(self) -> RunSummary | None:
        """The run under the cursor."""
        return self._runs[self._cursor] if self._runs else None

    @property
    def count(self) -> int:
        return len(self._runs)

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

    @property
    def _width(self) -> int:
        return self.size.width - _SIGN_CELLS

    def choose_columns(self) -> None:
        self._columns = columns_for(self._runs, max(1, self._width))

    def heading(self) -> str:
        return " " * _SIGN_CELLS + cut(self._columns.heading(), self._width)

    def line(self, index: int) -> Text:
        run = self._runs[index]
        sign, plain_sign, level = SIGNS[run.state]
        mark = f"{self._marked.index(run.name) + 1}" if run.name in self._marked else " "
        return Text.assemble(
            (f"{mark:<2}", "bold"),
            (f"{plain_sign if self.app.has_class('-ascii') else sign} ", tint(self, level)),
            cut(self._columns.row(run), self._width).ljust(self._width),
        )
