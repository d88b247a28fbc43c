"""The lanes of a sweep, one a line, with a cursor that stays on its lane whatever the table becomes."""

from dataclasses import replace

from rich.text import Text

from lrtui.tui.sweep_rows import SIGNS, LaneOrder, SweepLine, columns_for, count_line, heading, row_text, sweep_lines
from lrtui.tui.sweep_state import SweepView
from lrtui.tui.widgets.cursor_pane import CursorPane
from lrtui.tui.widgets.tints import tint

_SIGN_CELLS = 2


class LaneTable(CursorPane):
    """Shows the rows of a view in an order that keys change. Until it is moved, its cursor follows the best lane."""

    class Moved(CursorPane.Moved):
        """The cursor is on another lane."""

    class Opened(CursorPane.Opened):
        """The lane under the cursor was clicked twice."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.order = LaneOrder()
        self._view = SweepView(name="")
        self._table: list[SweepLine] = []
        self._columns = columns_for(self.order, 1, 1)
        self._by_hand = False

    @property
    def chosen(self) -> SweepLine | None:
        """The line under the cursor."""
        return self._table[self._cursor] if self._table else None

    @property
    def chosen_by_hand(self) -> SweepLine | None:
        """The same, where somebody put the cursor there."""
        return self.chosen if self._by_hand else None

    @property
    def count(self) -> int:
        return len(self._table)

    def show_sweep(self, view: SweepView) -> None:
        """Show the lanes of this view; of another sweep the cursor is on the best again."""
        if view.name != self._view.name:
            self.order, self._by_hand = LaneOrder(), False
        key = self.chosen.key if self.chosen else None
        self._view, self._table = view, sweep_lines(view, self.order)
        wanted = (index for index, line in enumerate(self._table) if line.state == "best")
        if self._by_hand:
            wanted = (index for index, line in enumerate(self._table) if line.key == key)
        self._cursor = max(0, min(next(wanted, self._cursor), self.count - 1))
        self._shown_title = count_line(view)
        self.redraw()

    def move_to(self, index: int) -> None:
        self._by_hand = True
        super().move_to(index)

    def show_rates(self) -> None:
        """Show rates instead of lanes, or lanes again; the cursor stays on its rate."""
        rate = self.chosen.key[0] if self.chosen else None
        self.order = replace(self.order, by_rate=not self.order.by_rate)
        self._table = sweep_lines(self._view, self.order)
        same = (index for index, line in enumerate(self._table) if line.key[0] == rate)
        self._cursor = next(same, 0)
        self.show_sweep(self._view)

    def turn_order(self) -> None:
        """Show the best first, or the least rate again."""
        self.order = replace(self.order, best_first=not self.order.best_first)
        self.show_sweep(self._view)

    @property
    def _width(self) -> int:
        return max(1, self.size.width - _SIGN_CELLS)

    def choose_columns(self) -> None:
        self._columns = columns_for(self.order, self._view.seeds, self._width, self._table)

    def heading(self) -> str:
        return " " * _SIGN_CELLS + heading(self._columns)

    def line(self, index: int) -> Text:
        line = self._table[index]
        sign, plain_sign, level = SIGNS.get(line.state, SIGNS["training"])
        text = row_text(line, self._columns).ljust(self._width)
        shown = plain_sign if self.app.has_class("-ascii") else sign
        return Text.assemble((f"{shown} ", tint(self, level)), (text, "dim" if line.is_dead else ""))
