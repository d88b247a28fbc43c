"""One chart in the making: its axes, and series, marks and lines reduced to cells.

Everything is rounded to the cells and dots that will be seen, so that two charts that look alike are equal, and nothing
is drawn twice.
"""

import math
from collections.abc import Iterable, Sequence

from lrtui.axes import Axis, Column, columns, linear_axis, log_axis, log_step_axis, rate_axis, short_loss, step_axis
from lrtui.figure import ALARM, GREY, HUES, MARK, Curve, Figure, Layer, Look, Mark, Reference, Words, label_text
from lrtui.labels import Cell, Room, covered
from lrtui.printable import ascii_only
from lrtui.ranges import levels, loss_range, rate_range

#: Cells left of the chart: the widest tick and the axis.
GUTTER = 7
BRAILLE = "braille"
#: Without colour several curves differ by their sign; the first keeps the fine line.
_SIGNS = "*o+x#@"
_ORDER = {"dots": 0, "dim": 0, "future": 1, "trend": 2, "mean": 2, "line": 2, "points": 3}


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
        self.label_rows = 3  # at most, at each edge, for the labels of marks
        self.last_first = False  # whether the last curves are the ones to name where there is no room for all
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
        count = 2 * self.width if curve.style in ("line", "points", "dots") else self.width
        band = None
        if curve.low is not None and curve.high is not None:
            band = curve.low[first:], curve.high[first:]
        found = columns(x, curve.y[first:], self.x.low, self.x.high, count, band)
        return [c for c in found if c.low > 0] if self.look.log_y else found

    def fit_losses(self) -> None:
        """Chooses the y axis for losses in nats."""
        low, high = loss_range(self.curves, log=self.look.log_y)
        if not math.isnan(low):
            ticks = max(2, min(8, self.height // 2))
            self.y = log_axis(low, high, ticks, short_loss) if self.look.log_y else linear_axis(low, high, ticks)

    def fit_rates(self) -> None:
        """Chooses the y axis for learning rates; a branch left behind is no reason to crowd the few rows there are."""
        live = [pair for pair in self.curves if pair[0].style != "dim" and pair[1]]
        shown = self.curves if self.height > 4 or not live else live
        low, high = rate_range(shown, log=self.look.log_y)
        if not math.isnan(low):
            self.y = rate_axis(low, high, levels(shown), self.height, log=self.look.log_y)

    def drawn(self, marks: Sequence[Mark], references: Sequence[Reference]) -> Figure:
        """The figure of everything, from back to front."""
        figure = self.figure
        figure.x_ticks = [(self._column(at) / (self.width - 1), label) for at, label in _by_place(self.x)]
        # Where two are on one row the more important is there.
        ticks = {self._row_of(at): label for at, label in reversed(_by_place(self.y))}
        figure.y_ticks = [(row / (self.height - 1), label) for row, label in ticks.items()]
        layers = []
        for curve, reduced in sorted(self.curves, key=lambda pair: _ORDER[pair[0].style]):
            layers.append(self._curve_layer(curve, reduced))
        taken = set[Cell]().union(*(covered(layer, *_dots(layer.marker)) for layer in layers))
        for curve, reduced in self.curves:
            if curve.style == "trend" and any(c.high > c.low for c in reduced):
                figure.layers.append(self._band_layer(reduced, taken))
        room = Room(self.width, self.height, taken)
        for reference in references:
            self._draw_reference(reference, room)
        self._draw_marks(marks, room)
        figure.layers += layers
        if not any(reduced for _, reduced in self.curves):
            figure.words.append(Words("nothing to show yet", self.width // 2, self.height // 2, GREY, "center"))
        return figure

    def _column(self, at: float, dots: int = 1) -> int:
        """The cell of a place on the x axis, or the dot of two in a cell: a dot is in the cell it is drawn in."""
        dot = math.floor((at - self.x.low) / (self.x.high - self.x.low) * (2 * self.width - 1) + 0.5)
        return dot * dots // 2

    def _row(self, value: float, dots: int = 1) -> int:
        return self._row_of(math.log10(value) if self.look.log_y else value, dots)

    def _row_of(self, place: float, dots: int = 1) -> int:
        """The cell of a place on the y axis, or the dot of four in a cell; what is beyond the axis is at its end."""
        at = self.y.clamp(place)
        return math.floor((at - self.y.low) / (self.y.high - self.y.low) * (4 * self.height - 1) + 0.5) * dots // 4

    def _draw_reference(self, reference: Reference, room: Room) -> None:
        """A dashed line with its label as far right as nothing is there."""
        if not math.isfinite(reference.value) or (self.look.log_y and reference.value <= 0):
            return
        value = math.log10(reference.value) if self.look.log_y else reference.value
        if not self.y.low <= value <= self.y.high:
            return
        row = self._row(reference.value)
        self.figure.layers.append(Layer([(column, row) for column in range(self.width)], "╌", GREY))
        label = f" {label_text(reference.label)} {reference.value:.2f} "
        if len(label) < self.width / 2:
            words = room.place(label, GREY, range(self.width - len(label), 0, -2), [row])
            self.figure.words += [words] if words else []

    def _draw_marks(self, marks: Sequence[Mark], room: Room) -> None:
        """A dashed line for each mark; of the labels the newest come first, and one without room is left out."""
        lines: dict[int, int] = {}
        for mark in sorted(marks, key=lambda mark: -mark.step):
            at = math.log10(max(1, mark.step)) if self.look.log_x else float(mark.step)
            if not self.x.low <= at <= self.x.high:
                continue
            column, hue = self._column(at), ALARM if mark.alarm else MARK
            if mark.alarm or column not in lines:
                lines[column] = hue
            if label := label_text(mark.label):
                beside = column + 1 if column + 1 + len(label) <= self.width else column - len(label)
                words = room.place(label, hue, [beside], room.edge_rows(self.label_rows))
                self.figure.words += [words] if words else []
        for hue in sorted(set(lines.values()), reverse=True):
            cells = [(column, row) for column in lines if lines[column] == hue for row in range(self.height)]
            self.figure.layers.append(Layer(cells, "╎", hue))

    def _curve_layer(self, curve: Curve, reduced: list[Column]) -> Layer:
        hue, sign = _hue(curve), self._sign(curve)
        if curve.style in ("points", "dots", "future"):
            marker = BRAILLE if sign == "┈" else sign
            return self._layer([(c.x, c.mean) for c in reduced], marker, hue, connected=False)
        points = []
        for column in reduced:
            ends = (column.high, column.low) if column.fell else (column.low, column.high)
            if curve.style != "line":
                points.append((column.x, column.mean))
            else:
                points += [(column.x, value) for value in (ends if column.high > column.low else ends[:1])]
        return self._layer(points, BRAILLE if sign == "─" else sign, hue, connected=True)

    def _sign(self, curve: Curve) -> str:
        """The character a curve is drawn with; ─ stands for a line of braille dots, ┈ for single ones."""
        if curve.style == "points":
            return "•"
        if curve.style in ("dots", "future"):
            return "." if self.look.ascii else "┈"
        if curve.style == "dim" and (self.look.ascii or not self.look.colour):
            return "~"
        several = sum(other.style in ("line", "mean", "trend") for other, _ in self.curves) > 1
        if several and curve.style != "dim" and not self.look.colour and (curve.hue or self.look.ascii):
            return _SIGNS[curve.hue % len(_SIGNS)]
        return "*" if self.look.ascii else "─"

    def _band_layer(self, reduced: list[Column], taken: set[Cell]) -> Layer:
        """All values behind a trend, as far as they are on the axis: a few dots, so that the line over them is read."""
        fine = self.look.colour and not self.look.ascii
        cells: set[Cell] = set()
        for c in reduced:
            low, high = (math.log10(c.low), math.log10(c.high)) if self.look.log_y else (c.low, c.high)
            if low <= self.y.high and high >= self.y.low:
                column = self._column(c.x)
                rows = range(self._row_of(low), self._row_of(high) + 1)
                cells |= {(column, row) for row in rows if (column + row) % 2 == 0}
        cells -= taken
        if fine:
            return Layer(sorted((2 * column, 4 * row + 1) for column, row in cells), BRAILLE, GREY)
        return Layer(sorted(cells), "." if self.look.ascii else "·", GREY)

    def _layer(self, points: list[tuple[float, float]], marker: str, hue: int, connected: bool) -> Layer:
        across, up = _dots(marker)
        cells: list[Cell] = []
        for x, y in points:
            cell = self._column(x, across), self._row(y, up)
            if not cells or cell != cells[-1]:
                cells.append(cell)
        return Layer(cells, marker, hue, connected and len(cells) > 1)

    def heading(self, title: str) -> str:
        """The title and what each curve is, cut to the width."""
        named, room = list[str](), self.look.width - len(title)
        for curve, _ in reversed(self.curves) if self.last_first else self.curves:
            text = f"{self._sign(curve) * (1 if curve.style == 'points' else 2)} {label_text(curve.label)}"
            if not curve.label or len(text) + 3 > room:
                continue
            room -= len(text) + 3
            named.append(f"\x1b[38;5;{_hue(curve)}m{text}\x1b[0m" if self.look.colour else text)
        heading = "   ".join([title, *(reversed(named) if self.last_first else named)])
        return ascii_only(heading) if self.look.ascii else heading


def _hue(curve: Curve) -> int:
    return GREY if curve.style in ("dim", "dots") else HUES[curve.hue % len(HUES)]


def _dots(marker: str) -> tuple[int, int]:
    """The dots a marker has in a cell, across and up."""
    return (2, 4) if marker == BRAILLE else (1, 1)


def _by_place(axis: Axis) -> list[tuple[float, str]]:
    return list(zip(axis.ticks, axis.labels, strict=True))
