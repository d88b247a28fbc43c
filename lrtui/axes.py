"""The arithmetic under a chart: what fits in a column, which numbers an axis shows and how they are written.

A run has millions of steps and a chart a hundred columns. Reducing by the smallest and the largest value of a column
keeps every spike, where a mean would hide it; the mean is kept too, as the trend. No drawing here, so that it is tested
as numbers.
"""

import math
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass

#: No loss and no rate: numbers this large overflow the sums and differences of a chart.
BEYOND = 1e100


@dataclass(frozen=True, slots=True)
class Column:
    """What one column of a chart shows of a series: at `x`, values from `low` to `high`, which `fell` or rose."""

    x: float
    low: float
    high: float
    mean: float
    fell: bool


Band = tuple[Sequence[float], Sequence[float]]


def columns(
    x: Sequence[float], y: Sequence[float], low: float, high: float, count: int, band: Band | None = None
) -> list[Column]:
    """The part of a series with low ≤ x ≤ high in at most `count` columns of equal width; x ascends.

    Values that are not finite, or beyond any loss, are left out, and so are columns without a value. Of a series that
    is reduced already, `band` holds the lowest and the highest value at each x, and `y` the means.
    """
    begin, end = bisect_left(x, low), bisect_left(x, math.nextafter(high, math.inf))
    lows, highs = band or (y, y)
    if end - begin <= 2 * count:
        return [Column(x[i], lows[i], highs[i], y[i], False) for i in range(begin, end) if abs(y[i]) < BEYOND]
    found = []
    for index in range(count):
        stop = end if index == count - 1 else bisect_left(x, low + (high - low) * (index + 1) / count, begin, end)
        if stop > begin:
            at, extremes = (x[begin] + x[stop - 1]) / 2, (lows[begin:stop], highs[begin:stop]) if band else None
            if column := _column(at, y[begin:stop], extremes):
                found.append(column)
        begin = stop
    return found


def _column(x: float, values: Sequence[float], band: Band | None) -> Column | None:
    total = sum(values)
    if not abs(total) < BEYOND:
        kept = [index for index, value in enumerate(values) if abs(value) < BEYOND]
        if not kept:
            return None
        values = [values[index] for index in kept]
        band = ([band[0][index] for index in kept], [band[1][index] for index in kept]) if band else None
        total = math.fsum(values)
    lows, highs = band or (values, values)
    return Column(x, min(lows), max(highs), total / len(values), values[0] > values[-1])


@dataclass(frozen=True, slots=True)
class Axis:
    """A range and the ticks on it. On a log axis every number here is a decimal logarithm."""

    low: float
    high: float
    ticks: tuple[float, ...]
    labels: tuple[str, ...]

    def clamp(self, value: float) -> float:
        return min(max(value, self.low), self.high)


def linear_axis(low: float, high: float, ticks: int) -> Axis:
    """An axis over low … high widened to round numbers, with about `ticks` of them."""
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        room = abs(low) * 0.1 or 1.0
        low, high = low - room, high + room
    step = _round_step((high - low) / max(1, ticks - 1))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    places = tuple(index * step for index in range(first, last + 1))
    return Axis(places[0], places[-1], places, tuple(_decimal(place, digits) for place in places))


def _decimal(value: float, digits: int) -> str:
    return f"{value:.{digits}f}" if digits <= 4 else f"{value:.1e}"


def _round_step(least: float) -> float:
    """The smallest of 1, 2, 5 × 10^k that is at least `least`."""
    power = 10.0 ** math.floor(math.log10(least))
    return next((power * factor for factor in (1.0, 2.0, 5.0) if power * factor >= least * (1 - 1e-9)), power * 10)


def log_axis(low: float, high: float, ticks: int, show: Callable[[float], str]) -> Axis:
    """An axis over the logarithms of low … high > 0, ticked at decades, and at 2 and 5 where there are few of those."""
    start, end = math.log10(low), math.log10(high)
    if end - start < 0.1:
        start, end = start - 0.3, end + 0.3
    decades = [float(decade) for decade in range(math.floor(start), math.ceil(end) + 1)]
    finer = sorted(decade + math.log10(factor) for decade in decades for factor in (1, 2, 5))
    # The range moves out to the next 1, 2 or 5: a whole decade would waste the chart.
    before = max(place for place in finer if place <= start + 1e-9)
    after = min((place for place in finer if place >= end - 1e-9), default=end)
    finer, decades = _within(finer, before, after), _within(decades, before, after)
    shown = finer if len(finer) <= ticks or len(decades) < 2 else decades
    shown = shown[:: math.ceil(len(shown) / max(2, ticks))]
    return Axis(before, after, tuple(shown), tuple(show(10**place) for place in shown))


def _within(places: list[float], low: float, high: float) -> list[float]:
    return [place for place in places if low - 1e-9 <= place <= high + 1e-9]


def step_axis(low: int, high: int, ticks: int) -> Axis:
    """An axis over steps exactly low … high, ticked at round steps."""
    high = max(high, low + 1)
    step = max(1, round(_round_step((high - low) / max(1, ticks))))
    places = tuple(range(math.ceil(low / step) * step, high + 1, step))
    return Axis(low, high, places, tuple(short_count(place) for place in places))


def log_step_axis(low: int, high: int) -> Axis:
    """An axis over the logarithms of steps max(1, low) … high, ticked at decades."""
    start, end = math.log10(max(1, low)), math.log10(max(2, low + 1, high))
    places = tuple(range(math.ceil(start - 1e-9), math.floor(end + 1e-9) + 1))
    return Axis(start, end, places, tuple(short_count(10**place) for place in places))


def short_count(value: int) -> str:
    """A round count in few characters: 950, 12,400, 120k, 2.5M."""
    for least, unit, letter in ((1_000_000, 1_000_000, "M"), (100_000, 1_000, "k")):
        if value >= least:
            return f"{value / unit:g}{letter}"
    return f"{value:,}"


def short_rate(value: float) -> str:
    """A rate as people write it: 2e-3, 1.5e-4, 0 — two digits, no padding of the exponent."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{mantissa.removesuffix('.0')}e{int(exponent)}"


def short_loss(value: float) -> str:
    """A loss on a log axis: 5, 0.2, and as a rate is written where that is shorter."""
    return f"{value:.4g}" if 1e-3 <= value < 1e5 else short_rate(value)
