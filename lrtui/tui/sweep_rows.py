"""The table of a sweep on a screen: a line a lane, or a line a rate with the means and spreads over its seeds."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from lrtui.messages import LaneRow, RateRow
from lrtui.printable import printable
from lrtui.quantities import fine_rate, loss_text
from lrtui.runs.sweep_table import rate_rows
from lrtui.sweep_charts import LASTING, ranked
from lrtui.tui.seeing import Level
from lrtui.tui.sweep_state import SweepView
from lrtui.tui.wrapping import cut

#: state → its sign, its sign in ASCII, its level
SIGNS: dict[str, tuple[str, str, Level]] = {
    "best": ("★", "*", "good"),
    "training": ("●", "o", "info"),
    "done": ("✓", "+", "info"),
    "pruned": ("·", ".", "info"),
    "killed": ("×", "x", "change"),
    "diverged": ("!", "!", "error"),
}
_SPREAD_DIGITS = 3
#: states by the words of the log and the keys
_WORDS = {"diverged": "lost", "killed": "cut"}


@dataclass(frozen=True, slots=True)
class LaneOrder:
    """How the table is shown: by rates instead of lanes, and the best first instead of the least rate."""

    by_rate: bool = False
    best_first: bool = False


@dataclass(frozen=True, slots=True)
class SweepLine:
    """One line: `lanes` are those it stands for, the best first; `means` where it stands for a whole rate."""

    lanes: tuple[LaneRow, ...]
    state: str
    means: RateRow | None = None

    @property
    def key(self) -> tuple[float, int]:
        """What the cursor stays on."""
        return self.lanes[0].rate, -1 if self.means else self.lanes[0].lane

    @property
    def is_dead(self) -> bool:
        return self.state in ("pruned", "killed", "diverged")


def sweep_lines(view: SweepView, order: LaneOrder) -> list[SweepLine]:
    """The lines of the table, in order."""
    best = view.best
    lanes = ranked(view.rows) if order.best_first else list(view.rows)
    if not order.by_rate:
        return [SweepLine((row,), "best" if best is not None and row.lane == best.lane else row.state) for row in lanes]
    means = rate_rows(view.rows, view.step)
    if order.best_first:
        means.sort(key=_goodness)
    return [
        SweepLine(
            tuple(row for row in ranked(view.rows) if row.rate == mean.rate),
            "best" if best is not None and mean.rate == best.rate else mean.state,
            mean,
        )
        for mean in means
    ]


def _goodness(mean: RateRow) -> tuple[bool, int, float]:
    """Rates from best to worst: those that came farthest first, then the least loss."""
    loss = mean.val if mean.state in LASTING and mean.val is not None else mean.loss
    return mean.state == "diverged", -mean.steps, math.inf if loss is None else loss


# -- columns ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Column:
    """A column of so many cells; where there is little room, the one worth least goes first."""

    title: str
    cells: int
    text: Callable[[SweepLine], str]
    worth: int
    left: bool = False


def _state(line: SweepLine) -> str:
    row = line.lanes[0]
    if line.means is not None:
        lost = f", {line.means.lost} lost" if line.means.lost and line.means.state != "diverged" else ""
        return f"{_word(line.means.state, line.means.steps if line.is_dead else None)}{lost}{_kept(line.lanes)}"
    return f"{_word(row.state, row.died)}{_kept(line.lanes)}"


def _short_state(line: SweepLine) -> str:
    """Half a number would be another number."""
    return _state(line).replace("pruned", "out")


def _word(state: str, died: int | None) -> str:
    word = _WORDS.get(state, printable(state))
    return word if died is None else f"{word} {died:,}"


def _kept(lanes: Sequence[LaneRow]) -> str:
    return ", kept" if any(row.kept for row in lanes) else ""


def _spread(value: float | None) -> str:
    return "–" if value is None else f"{value:.{_SPREAD_DIGITS}f}"


_LANES = (
    Column("#", 3, lambda line: f"{line.lanes[0].lane}", 5),
    Column("rate", 7, lambda line: fine_rate(line.lanes[0].rate), 10, left=True),
    Column("seed", 5, lambda line: f"{line.lanes[0].seed}", 1),
    Column("loss", 6, lambda line: loss_text(line.lanes[0].loss), 8),
    Column("val", 6, lambda line: loss_text(line.lanes[0].val), 9),
    Column("state", 10, _state, 7, left=True),
)
_RATES = (
    Column("rate", 7, lambda line: fine_rate(line.lanes[0].rate), 10, left=True),
    Column("loss", 6, lambda line: loss_text(line.means.loss if line.means else None), 8),
    Column("±", 5, lambda line: _spread(line.means.loss_spread if line.means else None), 2),
    Column("val", 6, lambda line: loss_text(line.means.val if line.means else None), 9),
    Column("±", 5, lambda line: _spread(line.means.val_spread if line.means else None), 3),
    Column("state", 10, _state, 7, left=True),
)
_GAP = 1


def columns_for(order: LaneOrder, seeds: int, width: int, lines: Sequence[SweepLine] = ()) -> tuple[Column, ...]:
    """The columns that `width` cells have room for; what is left over goes to the last of them.

    Where the state of any of the `lines` is too long for it, all are told in short: one word for one thing.
    """
    columns = [column for column in (_RATES if order.by_rate else _LANES) if seeds > 1 or column.title != "seed"]
    while len(columns) > 1 and _width(columns) > width:
        columns.remove(min(columns, key=lambda column: column.worth))
    spare = max(0, width - _width(columns))
    last = replace(columns[-1], cells=columns[-1].cells + spare)
    if last.text is _state and any(len(_state(line)) > last.cells for line in lines):
        last = replace(last, text=_short_state)
    return (*columns[:-1], last)


def _width(columns: Sequence[Column]) -> int:
    return sum(column.cells for column in columns) + _GAP * (len(columns) - 1)


def heading(columns: Sequence[Column]) -> str:
    return (" " * _GAP).join(_fitted(column.title, column) for column in columns)


def row_text(line: SweepLine, columns: Sequence[Column]) -> str:
    return (" " * _GAP).join(_fitted(column.text(line), column) for column in columns)


def _fitted(text: str, column: Column) -> str:
    shown = cut(text, column.cells)
    return shown.ljust(column.cells) if column.left else shown.rjust(column.cells)


def count_line(view: SweepView) -> str:
    """How many lanes there are of each state: `1 trains · 12 pruned · 3 lost`."""
    counts = {state: sum(row.state == state for row in view.rows) for state in (*LASTING, "pruned", "killed")}
    lost = sum(row.state == "diverged" for row in view.rows)
    words = {**_WORDS, "training": "train" if counts["training"] != 1 else "trains"}
    told = [f"{number} {words.get(state, state)}" for state, number in counts.items() if number]
    return " · ".join(told + ([f"{lost} lost"] if lost else [])) or "Lanes"
