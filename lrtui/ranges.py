"""Which part of the values a chart shows: what is learned fills it, whatever the noise, a spike or the first steps are.

Everything here is told by the columns that are drawn.
"""

import math
from collections import Counter
from collections.abc import Sequence

from lrtui.axes import Column
from lrtui.figure import Curve

Drawn = Sequence[tuple[Curve, list[Column]]]

#: A plateau is not drawn as mountains: the range is at least this share of the noise of single steps …
_OF_NOISE = 1 / 8
#: … and so many nats, or this share of a loss that is small.
_LEAST_NATS, _OF_LEVEL = 0.1, 0.1
#: How much higher than most of a curve, in units of its own upper half, its highest part may be.
_STEEPEST = 4.0


def loss_range(drawn: Drawn, *, log: bool) -> tuple[float, float]:
    """From the lowest mean or point to the highest that is no spike, over what is not dim unless all is.

    Bands have no say but by their noise. NaN where there is nothing.
    """
    shown = [(curve, reduced) for curve, reduced in drawn if reduced]
    shown = [pair for pair in shown if pair[0].style != "dim"] or shown
    if not shown:
        return math.nan, math.nan
    # What is far above where the curves began has diverged.
    limit = 1.5 * max(reduced[0].mean for _, reduced in shown)
    low = min(column.mean for _, reduced in shown for column in reduced)
    noisy = [reduced for curve, reduced in shown if curve.style in ("trend", "mean")]
    noise = max((_middle([column.high - column.low for column in reduced]) for reduced in noisy), default=0.0)
    least = max(noise * _OF_NOISE, min(_LEAST_NATS, abs(low) * _OF_LEVEL))
    high = max(
        _highest_but_spikes([c.mean for c in reduced if c.mean <= limit] or [low], least) for _, reduced in shown
    )
    missing = max(0.0, least - (high - low)) / 2
    # A logarithm has no room below zero, and nobody looks for a loss there.
    below = min(missing, low / 2) if log else missing if low < 0 else min(missing, low)
    return low - below, high + 2 * missing - below


def rate_range(drawn: Drawn, *, log: bool) -> tuple[float, float]:
    """All rates; on a log axis without the tail of a warm-up from or a decay to zero, which has no end there."""
    found = [column for _, reduced in drawn for column in reduced]
    lows = sorted(column.low for column in found)
    low = lows[len(lows) // 50 if log else 0] if lows else math.nan
    return low, max((column.high for column in found), default=math.nan)


def levels(drawn: Drawn) -> list[float]:
    """The highest rate, the lowest that was held for a while, and the others that were, the longest first."""
    columns = [column for _, reduced in drawn for column in reduced]
    held = Counter(column.low for column in columns if column.low == column.high)
    long = [level for level, count in held.most_common() if count >= max(3, len(columns) // 20)]
    highest = [max(column.high for column in columns)] if columns else []
    return list(dict.fromkeys([*highest, *([min(long)] if long else []), *long]))


def _middle(values: list[float]) -> float:
    return sorted(values)[(len(values) - 1) // 2]


def _highest_but_spikes(means: list[float], least: float) -> float:
    """The highest of the means that stands out of the upper half no more than a few times as far as nearly all do."""
    ordered = sorted(means)
    last = len(ordered) - 1
    middle, upper = ordered[last // 2], ordered[math.ceil(0.9 * last)]
    limit = middle + max(_STEEPEST * (upper - middle), least)
    return max(mean for mean in ordered if mean <= limit)
