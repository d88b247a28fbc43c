"""The learning-rate range test (Smith 2015) as a plan: which rates are tried, how losses are smoothed, when to stop.

One training batch a point, the rate rising from `low` to `high`. No single range fits: an adaptive optimizer blows up
near 1, plain SGD on a table of bigrams still wants 50.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from lrtui.errors import UsageError

#: points of a test: fewer say nothing after the trims, more cost longer than the answer is worth
LEAST_POINTS, MOST_POINTS = 20, 10_000
#: the rates there are; the highest as in `optim.lr`
LOWEST, HIGHEST = 1e-12, 1e9
#: memory of the smoothed losses at 100 points, as fastai's
BETA = 0.98
#: memory of the loss that decides when to stop
STOP_BETA = 0.8
#: nats below and above ln V: a model that had learned, and one that is lost
LEARNED, LOST = 0.1, 0.5
#: times the best loss at which a test ends, and the loss in nats below which "best" is only luck with a batch
FOURFOLD, LUCK = 4.0, 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class RangePlan:
    """`points` rates from `low` to `high`, both among them, evenly spread over log rate, or over rate if `linear`."""

    low: float
    high: float
    points: int = 100
    linear: bool = False

    def lr(self, i: int) -> float:
        """The rate of point `i`, 0 ≤ i < points."""
        if i >= self.points - 1:
            return self.high
        share = i / (self.points - 1)
        if self.linear:
            return self.low + (self.high - self.low) * share
        return float(self.low * (self.high / self.low) ** share)

    def lrs(self, n: int | None = None) -> list[float]:
        """The rates of the first `n` points (default: of all)."""
        return [self.lr(i) for i in range(self.points if n is None else min(n, self.points))]

    def problems(self) -> list[str]:
        """What is wrong with the plan, in phrases; empty: all is well."""
        found = [
            f"the {end} end must be a rate from {LOWEST:g} to {HIGHEST:g}, not {value:g}"
            for end, value in (("lower", self.low), ("upper", self.high))
            if not LOWEST <= value <= HIGHEST
        ]
        if not found and self.high < 2 * self.low:
            found.append(f"the upper end must be at least twice the lower, not {self.low:g} to {self.high:g}")
        if not LEAST_POINTS <= self.points <= MOST_POINTS:
            found.append(f"a range test has {LEAST_POINTS} to {MOST_POINTS:,} points, not {self.points:,}")
        return found


def default_range(model: str, optimizer: str) -> tuple[float, float]:
    """The range for a `model.kind` and an `optim.kind`."""
    if optimizer != "sgd":
        return 1e-6, 1.0
    return (1e-4, 1e3) if model == "bigram" else (1e-4, 10.0)


def parse_range(text: str) -> tuple[float, float]:
    """`LOW:HIGH` as two rates. Raises UsageError."""
    low, colon, high = text.partition(":")
    try:
        if not colon:
            raise ValueError
        return float(low), float(high)
    except ValueError:
        raise UsageError(f"a range is LOW:HIGH, not {text!r}", "For example 1e-5:1.") from None


def check(plan: RangePlan) -> RangePlan:
    """`plan` if it can be carried out. Raises UsageError with all that is wrong."""
    if problems := plan.problems():
        raise UsageError("; ".join(problems))
    return plan


def smooth(losses: Iterable[float], points: int) -> list[float]:
    """Bias-corrected EMA; its memory is the same share of the range whatever the number of `points`.

    What is not finite leaves the average as it was and is passed through, so that index i still belongs to rate i.
    """
    beta = BETA ** (100.0 / points)
    average, weight, smoothed = 0.0, 0.0, []
    for loss in losses:
        if not math.isfinite(loss):
            smoothed.append(loss)
            continue
        average = beta * average + (1.0 - beta) * loss
        weight = beta * weight + (1.0 - beta)
        smoothed.append(average / weight)
    return smoothed


@dataclass(frozen=True, slots=True)
class StopState:
    """`ema` / `weight` is the bias-corrected loss, `best` its least value, `learned`: it was below ln V − 0.1."""

    ema: float = 0.0
    weight: float = 0.0
    best: float = math.inf
    learned: bool = False


def watch(state: StopState, loss: float, ln_v: float) -> tuple[StopState, str]:
    """The state after a raw loss in nats, and why the test ends here in words; empty: it goes on."""
    if not math.isfinite(loss):
        return state, f"the loss is {loss}"
    ema = STOP_BETA * state.ema + (1.0 - STOP_BETA) * loss
    weight = STOP_BETA * state.weight + (1.0 - STOP_BETA)
    now = ema / weight
    best = min(state.best, now)
    learned = state.learned or now < ln_v - LEARNED
    after = StopState(ema, weight, best, learned)
    if learned and now > ln_v + LOST:
        return after, f"the loss rose from {best:.2f} to {now:.2f}; knowing nothing is {ln_v:.2f}"
    if now > FOURFOLD * max(best, LUCK):
        return after, f"the loss rose from {best:.2f} to {now:.2f}, more than fourfold"
    return after, ""
