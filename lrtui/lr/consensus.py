"""A rule of our own, chosen by measured regret: three ways to read a range test that err to different sides, averaged.

The libraries smooth as the losses come in, so their curves lag by up to half a range. On such a curve the valley errs
low and a tenth of the minimum to either side; the bottom of the whole trace, smoothed to both sides without lag, errs
high. Their geometric mean lost at most 0.031 nats against the best rate of a grid after 2,000 steps, whatever the seed
and the number of points (names MLP with SGD and Adam, bigram with SGD, LSTM with Adam, GPT with AdamW).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from lrtui.lr.range_plan import smooth
from lrtui.lr.suggest import NO_DESCENT, TOO_FEW, Answer, Numbers, Refusal, finite, minimum, trimmed, valley

#: reach of the smoothing to each side, as a share of the points planned
REACH = 0.03
#: points below which a curve has no shape
LEAST = 12
#: how many standard errors of the smoothed loss a descent must measure
SURE = 4.0
#: points in a block whose mean tells of slow noise, and how many separate ones must have two neighbours
BLOCKS, FEWEST_BENDS = (4, 8), 6
#: the share of the descent that is done at its bottom: beyond, a flat valley is only noise
DONE = 0.98
#: the share of the descent that the loss must climb again to count as diverged
CLIMB = 0.15
#: the share of the first loss that is next to nothing: a model that has learned all there is cannot diverge
NOTHING = 0.05
#: the steps a suggestion is calibrated for; the best rate falls with the steps of a run to the power of FALL
CALIBRATED, FALL = 2000, 1 / 3
#: the lengths between which that has been measured
SHORTEST, LONGEST = 500, 30_000
#: a longer test learns more at low rates, and all its landmarks move down: the power of its points that makes up for it
FINER = 0.2
#: how far below the divergence a suggestion must stay
MARGIN = 2.0

NEVER_DIVERGED = Refusal("never diverged", "raise the upper end", "raise")


@dataclass(frozen=True, slots=True)
class Shape:
    """The rates at which the descent has come to its `bottom`, and at which a good part of it is lost again."""

    bottom: float
    divergence: float


def consensus(lrs: Numbers, losses: Numbers, points: int, horizon: int = CALIBRATED) -> Answer:
    """The rate for `horizon` steps by the raw losses of a test of `points` points."""
    shape = read_shape(lrs, losses, points)
    if isinstance(shape, Refusal):
        return shape
    lrs, losses = finite(lrs, losses)
    window = trimmed(lrs, smooth(_calm(losses), points), points)
    ways: list[float] = [shape.bottom]
    for answer in (valley(*window), minimum(*window)):
        if isinstance(answer, Refusal):
            return answer
        ways.append(answer)
    lr = math.exp(math.fsum(map(math.log, ways)) / len(ways))
    longer = min(max(horizon, SHORTEST), LONGEST) / CALIBRATED
    lr *= math.pow(points / 100, FINER) * math.pow(longer, -FALL)
    return max(lrs[0], min(lr, shape.divergence / MARGIN))


def read_shape(lrs: Numbers, losses: Numbers, points: int) -> Shape | Refusal:
    """The landmarks of a test of `points` points from its raw losses, or why it has none."""
    blew_up = not all(map(math.isfinite, losses))
    lrs, losses = finite(lrs, losses)
    if len(losses) < LEAST:
        return TOO_FEW
    calm, level = _calm(losses), curve(losses, points)
    least = min(range(len(level)), key=level.__getitem__)
    before = max(_begin(losses, points), least // 2)  # the first half of the way down is still flat, and tells more
    error = math.sqrt(1 / before + 1 / max(1.0, 4 * REACH * points))  # of a difference between it and a place below
    sure = SURE * _noise(losses) * error
    start = _start(calm, points)
    certain = max(sure, SURE * _slow_noise(losses) * error, 1e-3 * abs(start))
    if math.fsum(calm[:before]) / before - level[least] <= certain:
        return NO_DESCENT
    depth = start - level[least]
    climbed = level[least] + max(CLIMB * depth, sure)
    after = next((i for i in range(least, len(level)) if level[i] > climbed), None)
    whole = level[least] < NOTHING * start
    if after is None and not (blew_up or whole or median(losses[-5:]) > climbed):  # at its end the curve lags
        return NEVER_DIVERGED
    bottom = next(i for i in range(least + 1) if i == least or level[i] <= start - DONE * depth)
    return Shape(lrs[bottom], lrs[-1 if after is None else after])


def curve(losses: Numbers, points: int) -> list[float]:
    """The losses of a test of `points` points, all finite, smoothed without lag; a blow-up does not reach back far."""
    calm = _calm(losses)
    return _below(_ceiling(calm, points), calm, points)


def seen_curve(losses: Numbers, points: int) -> list[float]:
    """`curve` for eyes: it is cut where the losses blow up, and there it shows how far they do."""
    calm = _calm(losses)
    ceiling = _ceiling(calm, points)
    return [max(a, b) if b > ceiling else a for a, b in zip(_below(ceiling, calm, points), calm, strict=True)]


def _below(ceiling: float, calm: Numbers, points: int) -> list[float]:
    return zero_lag([min(loss, ceiling) for loss in calm], REACH * points)


def _ceiling(calm: Numbers, points: int) -> float:
    """As far above the loss that a test began with as its least is below: higher losses would only bend the curve."""
    return 2 * _start(calm, points) - min(calm)


def first_loss(losses: Numbers, points: int) -> float:
    """The loss that a test of `points` points began with, from its raw losses; NaN where it has none."""
    _, known = finite(losses, losses)
    return _start(_calm(known), points) if known else math.nan


def _start(calm: Numbers, points: int) -> float:
    """The loss that a test began with."""
    begin = _begin(calm, points)
    return math.fsum(calm[:begin]) / begin


def _begin(losses: Numbers, points: int) -> int:
    return min(len(losses), max(3, min(points, len(losses)) // 10))


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


def _slow_noise(losses: Numbers) -> float:
    """The standard deviation of a loss by the bends between means of blocks.

    Batches that follow each other in a text are alike, and their losses wander together: to neighbours that looks calm,
    and where training has come far it looks like a descent.
    """
    found = 0.0
    for size in BLOCKS:
        means = [math.fsum(losses[i : i + size]) / size for i in range(len(losses) - size + 1)]
        bends = [abs(a - 2 * b + c) for a, b, c in zip(means, means[size:], means[2 * size :], strict=False)]
        if len(bends) >= FEWEST_BENDS * size:
            found = max(found, math.sqrt(size) * median(bends) / 1.652)  # median |N(0, 6σ²)| = 1.652 σ
    return found
