"""A rule of our own, chosen by measured regret: read the whole trace at once, when the test has ended.

The libraries smooth as the losses come in, so their curves lag by up to half a range and their rules with them. Here
the raw losses are smoothed to both sides, without lag; on that curve the descent has a beginning, a middle and a
bottom, and behind it the divergence.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from lrtui.lr.suggest import NO_DESCENT, TOO_FEW, Answer, Numbers, Refusal, finite

#: reach of the smoothing to each side, as a share of the points planned
REACH = 0.03
#: points below which a curve has no shape
LEAST = 12
#: how much of the descent the loss must climb again to count as diverged
CLIMB = 0.15
#: how many standard errors of the smoothed loss a descent must measure
SURE = 4.0
#: the suggestion is bottom^WEIGHT · middle^(1 − WEIGHT)
WEIGHT = 0.5
#: how far below the divergence a suggestion must stay
MARGIN = 3.0

NEVER_DIVERGED = Refusal("never diverged", "raise the upper end", "raise")


@dataclass(frozen=True, slots=True)
class Shape:
    """The rates of a range test's landmarks.

    `middle`: half of the descent is done. `bottom`: the least loss. `divergence`: a good part of it is lost again.
    """

    middle: float
    bottom: float
    divergence: float


def consensus(lrs: Numbers, losses: Numbers, points: int) -> Answer:
    """The rate between the middle of the descent and its bottom, on the raw losses of a test of `points` points."""
    shape = read_shape(lrs, losses, points)
    if isinstance(shape, Refusal):
        return shape
    between = math.exp(WEIGHT * math.log(shape.bottom) + (1 - WEIGHT) * math.log(shape.middle))
    return max(lrs[0], min(between, shape.divergence / MARGIN))


def read_shape(lrs: Numbers, losses: Numbers, points: int) -> Shape | Refusal:
    """The landmarks of a test of `points` points from its raw losses, or why it has none."""
    blew_up = not all(map(math.isfinite, losses))
    lrs, losses = finite(lrs, losses)
    if len(losses) < LEAST:
        return TOO_FEW
    calm = _calm(losses)
    begin = max(3, min(points, len(calm)) // 10)
    start = math.fsum(calm[:begin]) / begin
    ceiling = 2 * start - min(calm)
    curve = zero_lag([min(loss, ceiling) for loss in calm], REACH * points)
    bottom = min(range(len(curve)), key=curve.__getitem__)
    depth = start - curve[bottom]
    sure = SURE * _noise(losses) * math.sqrt(1 / begin + 1 / max(1.0, 4 * REACH * points))
    if depth <= max(sure, 1e-3 * abs(start)):
        return NO_DESCENT
    climbed = curve[bottom] + max(CLIMB * depth, sure)
    after = next((i for i in range(bottom, len(curve)) if curve[i] > climbed), None)
    if after is None and not blew_up and median(losses[-5:]) <= climbed:  # at its end the curve still lags
        return NEVER_DIVERGED
    middle = next(i for i in range(bottom, -1, -1) if i == 0 or curve[i] > start - 0.5 * depth)
    return Shape(lrs[middle], lrs[bottom], lrs[-1 if after is None else after])


def zero_lag(values: Sequence[float], reach: float) -> list[float]:
    """Each value's mean with all others, weighed by exp(−distance / reach) to both sides: an EMA without lag."""
    beta = math.exp(-1.0 / reach)
    forward, backward = _sums(values, beta), _sums(values[::-1], beta)[::-1]
    # each holds (Σ wx, Σ w) up to and with its own value, which must count once
    return [(a + b - x) / (v + w - 1.0) for (a, v), (b, w), x in zip(forward, backward, values, strict=True)]


def _sums(values: Sequence[float], beta: float) -> list[tuple[float, float]]:
    total = weight = 0.0
    sums = []
    for value in values:
        total, weight = beta * total + value, beta * weight + 1.0
        sums.append((total, weight))
    return sums


def _calm(losses: Numbers) -> list[float]:
    """The median of each loss and its two neighbours to both sides: a single spike is no landmark."""
    return [median(losses[max(0, i - 2) : i + 3]) for i in range(len(losses))]


def _noise(losses: Numbers) -> float:
    """The standard deviation of a loss around the curve, from differences of neighbours; the blow-up does not count."""
    steps = [abs(b - a) for a, b in pairwise(losses)]
    return median(steps) / 0.954 if steps else 0.0  # median |N(0, 2σ²)| = 0.954 σ
