"""One chart in the making: its axes, and series, marks and lines reduced to cells.

Everything is rounded to the cells and dots that will be seen, so that two charts that look alike are equal, and nothing
is drawn twice.
"""

import math
from collections.abc import Callable, Iterable, Sequence

from lrtui.axes import Axis, Column, columns, linear_axis, log_axis, log_step_axis, step_axis
from lrtui.figure import ALARM, GREY, HUES, MARK, Curve, Figure, Layer, Look, Mark, Reference, Words, label_text
from lrtui.printable import ascii_only

#: Cells left of the chart: the widest tick and the axis.
GUTTER = 7
BRAILLE = "braille"
#: Without colour several curves differ by their sign; the first keeps the fine line.
_SIGNS = "*o+x#@"
_ORDER = {"dim": 0, "future": 1, "trend": 2, "mean": 2, "line": 2, "points": 3}


def span(curves: Iterable[Curve]) -> tuple[int, int]:
    """The first and the last step of any of the curves; (0, 1) where all are empty."""
    drawn = [curve.x for curve in curves if len(curve.x)]
    return int(min((x[0] for x in drawn), default=0)), int(max((x[-1] for x in drawn), default=1))


def cells_across(look: Look) -> int:
    """How many cells a chart has beside its ticks."""
    return max(10, look.width - GUTTER - 1)


class Frame:
    """The axes of a chart over `steps` (default: those of the curves), and the curves reduced to its columns.

    `x` is another axis than one of steps, for curves and marks at places on it.
    """

    def __init__(
        self, curves: Sequence[Curve], look: Look, steps: tuple[int, int] | None, x: Axis | None = None
    ) -> None:
        self.look = look
        self.label_rows = 3  # at most, for the labels of marks
        self.width = cells_across(look)
        self.height = max(2, look.height - 3)
        low, high = steps or span(curves)
        self.x = x or (log_step_axis(low, high) if look.log_x else step_axis(low, high, max(2, self.width // 14)))
        self.curves = [(curve, self._reduced(curve)) for curve in curves]
        self.y = Axis(0.0, 1.0, (), ())
        self.figure = Figure(self.width, self.height)

    def _reduced(self, curve: Curve) -> list[Column]:
        x: Sequence[float] = curve.x
        first = 0
        if self.look.log_x:
            first = next((i for i, step in enumerate(x) if step >= 1), len(x))
            x = [math.log10(step) for step in x[first:]]
        # Braille has two dots a cell across; a trend of one mean a cell is smooth enough to read.
        count = 2 * self.width if curve.style in ("line", "points") else self.width
        band = None
        if curve.low is not None and curve.high is not None:
            band = curve.low[first:], curve.high[first:]
        found = columns(x, curve.y[first:], self.x.low, self.x.high, count, band)
        return [c for c in found if c.low > 0] if self.look.log_y else found

    def range_of_rates(self) -> tuple[float, float]:
        """All rates; on a log axis without the tail of a warm-up from or a decay to zero, which has no end there."""
        found = [column for _, reduced in self.curves for column in reduced]
        lows = sorted(column.low for column in found)
        low = lows[len(lows) // 50 if self.look.log_y else 0] if lows else math.nan
        return low, max((column.high for column in found), default=math.nan)

    def range_of_loss(self) -> tuple[float, float]:
        """From the lowest mean to the highest that is no spike, over what is not dim unless all is.

        The band may widen it by a quarter on each side: it tells of the noise, the means of the learning.
        """
        shown = [(curve, reduced) for curve, reduced in self.curves if reduced]
        shown = [pair for pair in shown if pair[0].style != "dim"] or shown
        if not shown:
            return math.nan, math.nan
        # What is far above where the curves began has diverged.
        limit = 1.5 * max(reduced[0].mean for _, reduced in shown)
        noisy = [reduced for curve, reduced in shown if curve.style in ("trend", "mean")]
        noise = max((_middle([c.high - c.low for c in reduced]) for reduced in noisy), default=0.0)
        low = min(column.mean for _, reduced in shown for column in reduced)
        high = max(
            _highest_but_spikes([c.mean for c in reduced if c.mean <= limit] or [low], noise) for _, reduced in shown
        )
        bands = [column for curve, reduced in shown if curve.style == "trend" for column in reduced]
        # A plateau is not drawn as mountains: where little is learned the noise gives the scale.
        room = max(high - low, noise) / 4
        if bands:
            lows, highs = sorted(c.low for c in bands), sorted(c.high for c in bands)
            low = min(low, max(low - room, lows[len(lows) // 20]))
            high = max(high, min(high + room, highs[-1 - len(highs) // 20]))
        elif high - low < room:
            low, high = low - room, high + room
        return low, high

    def set_y_axis(self, low: float, high: float, show: Callable[[float], str]) -> None:
        if math.isnan(low):
            return
        ticks = max(2, min(8, self.height // 2))
        self.y = log_axis(low, high, ticks, show) if self.look.log_y else linear_axis(low, high, ticks)

    def drawn(self, marks: Sequence[Mark], references: Sequence[Reference]) -> Figure:
        """The figure of everything, from back to front."""
        figure = self.figure
        figure.x_ticks, figure.y_ticks = _ticks(self.x), _ticks(self.y)
        for reference in references:
            self._draw_reference(reference)
        self._draw_marks(marks)
        for curve, reduced in sorted(self.curves, key=lambda pair: _ORDER[pair[0].style]):
            self._draw_curve(curve, reduced)
        if not any(reduced for _, reduced in self.curves):
            figure.words.append(Words("nothing to show yet", self.width // 2, self.height // 2, GREY, "center"))
        return figure

    def _column(self, at: float, count: int) -> int:
        return math.floor((at - self.x.low) / (self.x.high - self.x.low) * (count - 1) + 0.5)

    def _row(self, value: float, count: int) -> int:
        """The row of a value; one beyond the axis is at its end."""
        at = self.y.clamp(math.log10(value) if self.look.log_y else value)
        return math.floor((at - self.y.low) / (self.y.high - self.y.low) * (count - 1) + 0.5)

    def _draw_reference(self, reference: Reference) -> None:
        if not math.isfinite(reference.value) or (self.look.log_y and reference.value <= 0):
            return
        value = math.log10(reference.value) if self.look.log_y else reference.value
        if not self.y.low <= value <= self.y.high:
            return
        row = self._row(reference.value, self.height)
        self.figure.layers.append(Layer([(column, row) for column in range(self.width)], "╌", GREY))
        label = f" {label_text(reference.label)} {reference.value:.2f} "
        if len(label) < self.width / 2:
            self.figure.words.append(Words(label, self.width - 1, row, GREY, "right"))

    def _draw_marks(self, marks: Sequence[Mark]) -> None:
        """A dashed line for each mark; labels share the upper rows, newest first, and one without room is left out."""
        free = [self.width] * min(self.label_rows, self.height // 3)
        lines: dict[int, int] = {}
        for mark in sorted(marks, key=lambda mark: -mark.step):
            at = math.log10(max(1, mark.step)) if self.look.log_x else float(mark.step)
            if not self.x.low <= at <= self.x.high:
                continue
            column, hue = self._column(at, self.width), ALARM if mark.alarm else MARK
            if mark.alarm or column not in lines:
                lines[column] = hue
            label = label_text(mark.label)
            column = min(column + 1, self.width - len(label))
            row = next((row for row, end in enumerate(free) if column + len(label) <= end), None)
            if row is not None and column >= 0 and label:
                free[row] = column - 1
                self.figure.words.append(Words(label, column, self.height - 1 - row, hue))
        for hue in sorted(set(lines.values()), reverse=True):
            cells = [(column, row) for column in lines if lines[column] == hue for row in range(self.height)]
            self.figure.layers.append(Layer(cells, "╎", hue))

    def _draw_curve(self, curve: Curve, reduced: list[Column]) -> None:
        hue, sign = _hue(curve), self._sign(curve)
        if curve.style == "trend" and any(c.high > c.low for c in reduced):
            self._draw_band(reduced)
        if curve.style in ("points", "future"):
            marker = BRAILLE if sign == "┈" else sign
            self._add([(c.x, c.mean) for c in reduced], marker, hue, connected=False)
            return
        if curve.style != "line":
            reduced = [Column(c.x, c.mean, c.mean, c.mean, False) for c in reduced]
        self._draw_line(reduced, BRAILLE if sign == "─" else sign, hue)

    def _sign(self, curve: Curve) -> str:
        """The character a curve is drawn with; ─ stands for a line of braille dots, ┈ for single ones."""
        if curve.style == "points":
            return "•"
        if curve.style == "future":
            return "." if self.look.ascii else "┈"
        if curve.style == "dim" and not self.look.colour:
            return "~"
        several = sum(other.style in ("line", "mean", "trend") for other, _ in self.curves) > 1
        if several and curve.style != "dim" and not self.look.colour and (curve.hue or self.look.ascii):
            return _SIGNS[curve.hue % len(_SIGNS)]
        return "*" if self.look.ascii else "─"

    def _draw_band(self, reduced: list[Column]) -> None:
        """All values behind a trend, as far as they are on the axis: dots, or stops that no line is taken for."""
        on_axis = []
        for c in reduced:
            low, high = (math.log10(c.low), math.log10(c.high)) if self.look.log_y else (c.low, c.high)
            if low <= self.y.high and high >= self.y.low:
                on_axis.append(c)
        fine = self.look.colour and not self.look.ascii
        across, up = (2 * self.width, 4 * self.height) if fine else (self.width, self.height)
        cells = []
        for c in on_axis:
            column, bottom, top = self._column(c.x, across), self._row(c.low, up), self._row(c.high, up)
            # Every other dot is enough to be seen, lighter than a line, and half as much to draw.
            cells += [(column, row) for row in range(bottom, top + 1) if not fine or row % 2 == 0]
        self.figure.layers.append(Layer(cells, BRAILLE if fine else "." if self.look.ascii else "·", GREY))

    def _draw_line(self, reduced: list[Column], marker: str, hue: int) -> None:
        points = []
        for column in reduced:
            ends = (column.high, column.low) if column.fell else (column.low, column.high)
            points += [(column.x, value) for value in (ends if column.high > column.low else ends[:1])]
        self._add(points, marker, hue, connected=True)

    def _add(self, points: list[tuple[float, float]], marker: str, hue: int, connected: bool) -> None:
        across, up = (2, 4) if marker == BRAILLE else (1, 1)
        cells: list[tuple[int, int]] = []
        for x, y in points:
            cell = self._column(x, across * self.width), self._row(y, up * self.height)
            if not cells or cell != cells[-1]:
                cells.append(cell)
        self.figure.layers.append(Layer(cells, marker, hue, connected and len(cells) > 1))

    def heading(self, title: str) -> str:
        """The title and what each curve is, cut to the width."""
        parts, room = [title], self.look.width - len(title)
        for curve, _ in self.curves:
            text = f"{self._sign(curve) * (1 if curve.style == 'points' else 2)} {label_text(curve.label)}"
            if not curve.label or len(text) + 3 > room:
                continue
            room -= len(text) + 3
            parts.append(f"\x1b[38;5;{_hue(curve)}m{text}\x1b[0m" if self.look.colour else text)
        heading = "   ".join(parts)
        return ascii_only(heading) if self.look.ascii else heading


def _hue(curve: Curve) -> int:
    return GREY if curve.style == "dim" else HUES[curve.hue % len(HUES)]


def _ticks(axis: Axis) -> list[tuple[float, str]]:
    width = axis.high - axis.low
    return [((place - axis.low) / width, label) for place, label in zip(axis.ticks, axis.labels, strict=True)]


def _middle(values: list[float]) -> float:
    return sorted(values)[(len(values) - 1) // 2]


def _highest_but_spikes(means: list[float], noise: float) -> float:
    """The highest of the means that stands out of the upper half no more than eightfold, or than twice the noise."""
    ordered = sorted(means)
    last = len(ordered) - 1
    middle, upper = ordered[last // 2], ordered[math.ceil(0.9 * last)]
    limit = middle + max(8 * (upper - middle), 0.1 * abs(middle), 2 * noise)
    return max(mean for mean in ordered if mean <= limit)
