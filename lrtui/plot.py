"""Turns series into text with plotext; the only file that knows plotext, whose one global figure lives in `_build`.

What goes in is reduced to the columns of the chart first (plotext takes seconds for 10^5 points), logarithms are taken
here, because its own log ticks read `0.000464`, and what is not finite never reaches it.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import plotext

from lrtui.axes import Axis, Column, columns, linear_axis, log_axis, log_step_axis, short_loss, short_rate, step_axis
from lrtui.printable import ascii_only, printable

#: Colours that differ for colour-blind eyes, readable in 256 colours on dark and light: blue, orange, teal, pink …
HUES = (32, 172, 36, 169, 74, 166)
GREY, MARK = 245, 172
_GUTTER = 7
#: Without colour several curves differ by their sign; the first keeps the fine line.
_SIGNS = "*o+x#@"


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A series of a chart; x ascends. Values that are not finite are not drawn.

    `line` connects the points; `mean` draws the mean of each column, `trend` the same over the dim band of all values;
    `points` draws a dot for each; `dim` is a mean that steps back: a ghost branch, or what is to come. `hue` is an
    index into HUES.
    """

    x: Sequence[float]
    y: Sequence[float]
    label: str = ""
    style: Literal["line", "mean", "trend", "points", "dim"] = "line"
    hue: int = 0


@dataclass(frozen=True, slots=True)
class Mark:
    """A vertical line at `step`, such as a change of the rate, with a short label."""

    step: int
    label: str


@dataclass(frozen=True, slots=True)
class Reference:
    """A horizontal line at `value`, such as the bigram loss."""

    label: str
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a chart is drawn: its size in cells, and what the terminal and its reader can do."""

    width: int = 80
    height: int = 16
    colour: bool = True
    ascii: bool = False
    log_x: bool = False
    log_y: bool = False


def span(curves: Sequence[Curve]) -> tuple[int, int]:
    """The first and the last step of any of the curves; (0, 1) where all are empty."""
    drawn = [curve.x for curve in curves if len(curve.x)]
    return int(min((x[0] for x in drawn), default=0)), int(max((x[-1] for x in drawn), default=1))


def loss_chart(
    curves: Sequence[Curve],
    look: Look,
    *,
    marks: Sequence[Mark] = (),
    references: Sequence[Reference] = (),
    steps: tuple[int, int] | None = None,
    title: str = "Loss",
) -> str:
    """Loss in nats against the step, as `look.height` lines of at most `look.width` cells.

    `steps` is the range of the x axis (default: that of the curves). A spike far above where the curves began does not
    squash the rest: it is cut off at the upper edge.
    """
    frame = _Frame(curves, look, steps)
    lowest, highest = frame.range_of_loss()
    frame.set_y_axis(lowest, highest, short_loss)
    return frame.draw(title, marks, references)


def rate_chart(
    curves: Sequence[Curve],
    look: Look,
    *,
    marks: Sequence[Mark] = (),
    steps: tuple[int, int] | None = None,
    title: str = "Learning rate",
) -> str:
    """Learning rates against the step, as `look.height` lines of at most `look.width` cells.

    `steps` is the range of the x axis (default: that of the curves).
    """
    frame = _Frame(curves, look, steps)
    frame.set_y_axis(*frame.range_of_rates(), short_rate)
    return frame.draw(title, marks, ())


@dataclass(slots=True)
class _Figure:
    """What `_build` hands to plotext: layers of cells from back to front."""

    layers: list[tuple[list[float], list[float], str, int, bool]] = field(default_factory=list)
    texts: list[tuple[str, float, float, int, str]] = field(default_factory=list)


class _Frame:
    """One chart in the making: its axes, and the curves reduced to them."""

    def __init__(self, curves: Sequence[Curve], look: Look, steps: tuple[int, int] | None) -> None:
        self.look = look
        self.width = max(10, look.width - _GUTTER - 1)
        self.height = max(2, look.height - 3)
        low, high = steps or span(curves)
        self.x = log_step_axis(low, high) if look.log_x else step_axis(low, high, max(2, self.width // 14))
        self.curves = [(curve, self._reduced(curve)) for curve in curves]
        self.y = Axis(0.0, 1.0, (), ())
        self.figure = _Figure()

    def _reduced(self, curve: Curve) -> list[Column]:
        x: Sequence[float] = curve.x
        first = 0
        if self.look.log_x:
            first = next((i for i, step in enumerate(x) if step >= 1), len(x))
            x = [math.log10(step) for step in x[first:]]
        # Braille has two dots a cell across; a trend of one mean a cell is smooth enough to read.
        count = 2 * self.width if curve.style in ("line", "points") else self.width
        found = columns(x, curve.y[first:], self.x.low, self.x.high, count)
        return [c for c in found if c.low > 0] if self.look.log_y else found

    def range_of_rates(self) -> tuple[float, float]:
        """All rates; on a log axis without the tail of a warm-up from or a decay to zero, which has no end there."""
        found = [column for _, reduced in self.curves for column in reduced]
        lows = sorted(column.low for column in found)
        low = lows[len(lows) // 50 if self.look.log_y else 0] if lows else math.nan
        return low, max((column.high for column in found), default=math.nan)

    def range_of_loss(self) -> tuple[float, float]:
        """From the lowest mean to the highest that is no spike, over what is not dim unless all is."""
        shown = [reduced for curve, reduced in self.curves if reduced and curve.style != "dim"]
        shown = shown or [reduced for _, reduced in self.curves if reduced]
        limit = 1.5 * max((reduced[0].mean for reduced in shown), default=math.inf)
        means = [column.mean for reduced in shown for column in reduced]
        highest = max((mean for mean in means if mean <= limit), default=max(means, default=math.nan))
        return min(means, default=math.nan), highest

    def set_y_axis(self, low: float, high: float, show: Callable[[float], str]) -> None:
        if math.isnan(low):
            return
        ticks = max(2, min(8, self.height // 2))
        self.y = log_axis(low, high, ticks, show) if self.look.log_y else linear_axis(low, high, ticks)

    def draw(self, title: str, marks: Sequence[Mark], references: Sequence[Reference]) -> str:
        for reference in references:
            self._draw_reference(reference)
        self._draw_marks(marks)
        order = {"dim": 0, "trend": 1, "mean": 1, "line": 1, "points": 2}
        for curve, reduced in sorted(self.curves, key=lambda pair: order[pair[0].style]):
            self._draw_curve(curve, reduced)
        if not any(reduced for _, reduced in self.curves):
            centre = (self.x.low + self.x.high) / 2
            self.figure.texts.append(("nothing to show yet", centre, (self.y.low + self.y.high) / 2, GREY, "center"))
        chart = _build(self.figure, self.x, self.y, self.look)
        return f"{self._heading(title)}\n{chart}"

    def _on_y(self, value: float) -> float:
        return self.y.clamp(math.log10(value) if self.look.log_y else value)

    def _draw_reference(self, reference: Reference) -> None:
        if not math.isfinite(reference.value) or (self.look.log_y and reference.value <= 0):
            return
        value = math.log10(reference.value) if self.look.log_y else reference.value
        if not self.y.low <= value <= self.y.high:
            return
        across = _spread(self.x.low, self.x.high, self.width)
        self.figure.layers.append((across, [value] * self.width, "╌", GREY, False))
        label = f" {printable(reference.label)} {reference.value:.2f} "
        if len(label) < self.width / 2:
            self.figure.texts.append((label, self.x.high, value, GREY, "right"))

    def _draw_marks(self, marks: Sequence[Mark]) -> None:
        """A dashed line for each mark; labels share the upper rows, and one without room is left out."""
        ends = [-1] * min(3, self.height // 3)
        rows = _spread(self.y.high, self.y.low, self.height)
        places = _spread(self.x.low, self.x.high, self.width)
        for mark in marks:
            at = math.log10(max(1, mark.step)) if self.look.log_x else float(mark.step)
            if not self.x.low <= at <= self.x.high:
                continue
            column = round((at - self.x.low) / (self.x.high - self.x.low) * (self.width - 1))
            line = [places[column]] * self.height
            self.figure.layers.append((line, rows, "╎", MARK, False))
            label = printable(mark.label)
            column = min(column + 1, self.width - len(label))
            row = next((row for row, end in enumerate(ends) if column > end), None)
            if row is not None and column >= 0 and label:
                ends[row] = column + len(label)
                self.figure.texts.append((label, places[column], rows[row], MARK, "left"))

    def _draw_curve(self, curve: Curve, reduced: list[Column]) -> None:
        hue = GREY if curve.style == "dim" else HUES[curve.hue % len(HUES)]
        if curve.style == "points":
            points = [c.x for c in reduced], [self._on_y(c.mean) for c in reduced]
            self.figure.layers.append((*points, "•", hue, False))
            return
        if curve.style == "trend" and any(c.high > c.low for c in reduced):
            self._draw_band(reduced)
        if curve.style != "line":
            reduced = [Column(c.x, c.mean, c.mean, c.mean, False) for c in reduced]
        sign = self._sign(curve)
        self._draw_line(reduced, "braille" if sign == "─" else sign, hue)

    def _sign(self, curve: Curve) -> str:
        """The character a curve is drawn with; ─ stands for a line of braille dots."""
        if curve.style == "points":
            return "•"
        several = sum(other.style in ("line", "mean", "trend") for other, _ in self.curves) > 1
        if several and curve.style != "dim" and not self.look.colour and (curve.hue or self.look.ascii):
            return _SIGNS[curve.hue % len(_SIGNS)]
        return "*" if self.look.ascii else "─"

    def _draw_band(self, reduced: list[Column]) -> None:
        """All values behind a trend: grey where there is colour, else stops that no line can be taken for."""
        if self.look.colour and not self.look.ascii:
            self._draw_line(reduced, "braille", GREY)
            return
        cell = (self.y.high - self.y.low) / max(1, self.height - 1)
        x, y = [], []
        for column in reduced:
            low, high = self._on_y(column.low), self._on_y(column.high)
            for index in range(round((high - low) / cell) + 1):
                x.append(column.x)
                y.append(min(low + index * cell, high))
        self.figure.layers.append((x, y, "." if self.look.ascii else "·", GREY, False))

    def _draw_line(self, reduced: list[Column], marker: str, hue: int) -> None:
        x, y = [], []
        for column in reduced:
            ends = (column.high, column.low) if column.fell else (column.low, column.high)
            for value in ends if column.high > column.low else ends[:1]:
                x.append(column.x)
                y.append(self._on_y(value))
        self.figure.layers.append((x, y, marker, hue, len(x) > 1))

    def _heading(self, title: str) -> str:
        """The title and what each curve is, cut to the width."""
        parts, room = [title], self.look.width - len(title)
        for curve, _ in self.curves:
            text = f"{self._sign(curve) * (1 if curve.style == 'points' else 2)} {printable(curve.label)}"
            if not curve.label or len(text) + 3 > room:
                continue
            room -= len(text) + 3
            parts.append(self._coloured(text, GREY if curve.style == "dim" else HUES[curve.hue % len(HUES)]))
        heading = "   ".join(parts)
        return ascii_only(heading) if self.look.ascii else heading

    def _coloured(self, text: str, hue: int) -> str:
        return f"\x1b[38;5;{hue}m{text}\x1b[0m" if self.look.colour else text


def _spread(first: float, last: float, count: int) -> list[float]:
    return [first + (last - first) * index / max(1, count - 1) for index in range(count)]


def _build(figure: _Figure, x: Axis, y: Axis, look: Look) -> str:
    """Draws on plotext's global figure, start to end, and leaves it empty."""
    plotext.clear_figure()
    plotext.limit_size(False, False)
    plotext.plot_size(max(look.width, _GUTTER + 11), max(look.height - 1, 4))
    plotext.theme("clear")
    plotext.xaxes(True, False)
    plotext.yaxes(True, False)
    plotext.xlim(x.low, x.high)
    plotext.ylim(y.low, y.high)
    plotext.xticks(x.ticks, x.labels)
    plotext.yticks(y.ticks, [label.rjust(_GUTTER) for label in y.labels])
    for across, up, marker, hue, connected in figure.layers:
        if across:
            (plotext.plot if connected else plotext.scatter)(across, up, marker=marker, color=hue)
    for text, at, height, hue, alignment in figure.texts:
        plotext.text(text, at, height, color=hue, alignment=alignment)
    built: str = plotext.build().rstrip("\n")
    plotext.clear_figure()
    if not look.colour:
        built = plotext.uncolorize(built)
    return ascii_only(built) if look.ascii else built
