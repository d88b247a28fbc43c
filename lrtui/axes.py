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
    """An axis over low … high with about `ticks` round numbers on it, widened to quarters of their distance."""
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        room = abs(low) * 0.1 or 1.0
        low, high = low - room, high + room
    step = _round_step((high - low) / max(1, ticks))
    while True:
        # Whole distances would waste a third of a small chart; none at all would move the axis with every step.
        first, last = math.floor(4 * low / step + 1e-9), math.ceil(4 * high / step - 1e-9)
        places = tuple(index * step for index in range(math.ceil(first / 4), last // 4 + 1))
        if len(places) > 1:
            break
        step = _round_step(step / 2.5)
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    return Axis(first * step / 4, last * step / 4, places, tuple(_decimal(place, digits) for place in places))


def _decimal(value: float, digits: int) -> str:
    return f"{value:.{digits}f}" if digits <= 4 else f"{value:.1e}"


def _round_step(least: float) -> float:
    """The smallest of 1, 2, 5 × 10^k that is at least `least`."""
    power = 10.0 ** math.floor(math.log10(least))
    return next((power * factor for factor in (1.0, 2.0, 5.0) if power * factor >= least * (1 - 1e-9)), power * 10)


def log_axis(low: float, high: float, ticks: int, show: Callable[[float], str]) -> Axis:
    """An axis over the logarithms of low … high > 0, ticked at decades, and at 2 and 5 where there are few of those.

    A range of less than fivefold has the round numbers of a linear axis.
    """
    if 1 + 1e-9 < high / low < 5 and (linear := linear_axis(low, high, ticks)).low > 0:
        kept = linear.ticks[:: math.ceil(len(linear.ticks) / max(2, ticks))]
        places = tuple(math.log10(place) for place in kept)
        return Axis(math.log10(linear.low), math.log10(linear.high), places, tuple(map(show, kept)))
    start, end = math.log10(low), math.log10(high)
    if end - start < 0.1:
        start, end = start - 0.3, end + 0.3
    before, after, decades, finer = _round_logarithms(start, end)
    shown = finer if len(finer) <= ticks or len(decades) < 2 else decades
    shown = shown[:: math.ceil(len(shown) / max(2, ticks))]
    return Axis(before, after, tuple(shown), tuple(show(10**place) for place in shown))


def _round_logarithms(start: float, end: float) -> tuple[float, float, list[float], list[float]]:
    """The range moved out to the next 1, 2 or 5, for a whole decade would waste the chart, and what is round in it."""
    decades = [float(decade) for decade in range(math.floor(start), math.ceil(end) + 1)]
    finer = sorted(decade + math.log10(factor) for decade in decades for factor in (1, 2, 5))
    before = max(place for place in finer if place <= start + 1e-9)
    after = min((place for place in finer if place >= end - 1e-9), default=end)
    return before, after, _within(decades, before, after), _within(finer, before, after)


def rate_axis(low: float, high: float, levels: Sequence[float], rows: int, *, log: bool) -> Axis:
    """An axis over the rates low … high in so many rows, ticked at the `levels`, the most important first.

    Round rates are ticked too, where they are not close to a level. Ticks come in the order of their importance.
    """
    if log:
        start, end = math.log10(low), math.log10(high)
        room = max(0.0, 0.6 - (end - start)) / 2
        before, after, decades, finer = _round_logarithms(start - room, end + room)
        # A level at the edge is a tick there; what lies between moves while a schedule goes on, and the edge with it.
        start = start if low in levels and not room else before
        end = end if high in levels and not room else after
        places = [math.log10(level) for level in levels]
        stride = math.ceil(2 * (end - start) / max(1, rows - 1)) or 1
        rounds = [*decades[::-1][::stride], *(finer if len(decades) < 3 else []), start, end]
    else:
        # A rate that hardly moves is not drawn as a mountain either.
        room = max(0.0, abs(high) - (high - low)) / 2
        axis = linear_axis(low - room, high + room, max(2, min(8, rows // 2)))
        start, end, rounds, places = axis.low, axis.high, list(axis.ticks), list(levels)
    kept: list[float] = []
    apart = (end - start) / max(1, rows - 1)
    for distance, wanted in ((apart, places), (1.9 * apart, rounds)):
        for place in _within(wanted, start, end):
            if all(abs(place - other) >= distance * (1 - 1e-9) for other in kept):
                kept.append(place)
    return Axis(start, end, tuple(kept), tuple(short_rate(10**place if log else place) for place in kept))


def _within(places: Sequence[float], low: float, high: float) -> list[float]:
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
    """A rate as people write it: 2e-3, 1.5e-4, 0, 1.5, 10 — two digits, no padding of the exponent."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    if 0.995 <= abs(value) < 1e4:
        return f"{value:.1f}".removesuffix(".0") if abs(value) < 9.95 else f"{value:.0f}"
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{mantissa.removesuffix('.0')}e{int(exponent)}"


def short_loss(value: float) -> str:
    """A loss on a log axis: 5, 0.2, and as a rate is written where that is shorter."""
    return f"{value:.4g}" if 1e-3 <= value < 1e5 else short_rate(value)
