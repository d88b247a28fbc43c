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
#: how many standard errors of the smoothed loss a descent must measure
SURE = 4.0
#: the share of the descent that is done at its middle and at its foot
MIDDLE, FOOT = 0.5, 0.95
#: the share of the descent that the loss must climb again to count as diverged
CLIMB = 0.15
#: the share of the first loss that is next to nothing: a model that has learned all there is cannot diverge
NOTHING = 0.05
#: for CALIBRATED steps it is foot^WEIGHT · middle^(1 − WEIGHT), and it falls with the steps to the power of FALL
WEIGHT, CALIBRATED, FALL = 0.67, 2000, 1 / 3
#: the lengths between which that has been measured
SHORTEST, LONGEST = 300, 30_000
#: how far below the divergence a suggestion must stay
MARGIN = 3.0

NEVER_DIVERGED = Refusal("never diverged", "raise the upper end", "raise")


@dataclass(frozen=True, slots=True)
class Shape:
    """The rates of a range test's landmarks.

    `middle`: half of the descent is done. `foot`: nearly all of it. `bottom`: the least loss. `divergence`: a part of
    the descent is lost again.
    """

    middle: float
    foot: float
    bottom: float
    divergence: float


def consensus(lrs: Numbers, losses: Numbers, points: int, horizon: int = CALIBRATED) -> Answer:
    """The rate for `horizon` steps, between the middle and the foot of the descent.

    `losses` are the raw ones of a test of `points` points.
    """
    shape = read_shape(lrs, losses, points)
    if isinstance(shape, Refusal):
        return shape
    lr = math.exp(WEIGHT * math.log(shape.foot) + (1 - WEIGHT) * math.log(shape.middle))
    longer = min(max(horizon, SHORTEST), LONGEST) / CALIBRATED
    return max(lrs[0], min(lr * math.pow(longer, -FALL), shape.divergence / MARGIN))


def read_shape(lrs: Numbers, losses: Numbers, points: int) -> Shape | Refusal:
    """The landmarks of a test of `points` points from its raw losses, or why it has none."""
    blew_up = not all(map(math.isfinite, losses))
    lrs, losses = finite(lrs, losses)
    if len(losses) < LEAST:
        return TOO_FEW
    start, curve = _curve(losses, points)
    bottom = min(range(len(curve)), key=curve.__getitem__)
    depth = start - curve[bottom]
    sure = SURE * _error(losses, points)
    if depth <= max(sure, 1e-3 * abs(start)):
        return NO_DESCENT
    climbed = curve[bottom] + max(CLIMB * depth, sure)
    after = next((i for i in range(bottom, len(curve)) if curve[i] > climbed), None)
    whole = curve[bottom] < NOTHING * start
    if after is None and not (blew_up or whole or median(losses[-5:]) > climbed):  # at its end the curve lags
        return NEVER_DIVERGED
    foot = next(i for i in range(bottom + 1) if curve[i] <= start - FOOT * depth)
    middle = next(i for i in range(foot, -1, -1) if i == 0 or curve[i] > start - MIDDLE * depth)
    return Shape(lrs[middle], lrs[foot], lrs[bottom], lrs[-1 if after is None else after])


def _curve(losses: Numbers, points: int) -> tuple[float, list[float]]:
    """The loss that the test began with, and the losses smoothed without lag; a blow-up does not reach back far."""
    calm = _calm(losses)
    begin = _begin(losses, points)
    start = math.fsum(calm[:begin]) / begin
    ceiling = 2 * start - min(calm)
    return start, zero_lag([min(loss, ceiling) for loss in calm], REACH * points)


def _begin(losses: Numbers, points: int) -> int:
    return max(3, min(points, len(losses)) // 10)


def _error(losses: Numbers, points: int) -> float:
    """The standard error of a difference between the beginning and a place of the curve."""
    return _noise(losses) * math.sqrt(1 / _begin(losses, points) + 1 / max(1.0, 4 * REACH * points))


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
