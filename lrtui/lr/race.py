"""A race: which multiples of the rate may be tried side by side from a live state, for how long, and which leads."""

import math
from collections.abc import Sequence

from lrtui.errors import UsageError
from lrtui.lr.confirm import tail_mean

#: lanes: one alone has nobody to beat, and each costs the memory of a model and its own steps
LEAST_LANES, MOST_LANES = 2, 8
#: steps of each lane: fewer say nothing, more are a sweep, and the run waits for them
LEAST_STEPS, MOST_STEPS = 5, 20_000
#: steps of each lane, where nobody says how many
STEPS = 500
#: points of a curve
POINTS = 100


def check(factors: Sequence[float], steps: int) -> None:
    """Raises UsageError where no race can be so."""
    if not LEAST_LANES <= len(factors) <= MOST_LANES:
        raise UsageError(
            f"a race has {LEAST_LANES} to {MOST_LANES} lanes, not {len(factors)}", "For example: race 1,0.3,0.1 500."
        )
    if wrong := [factor for factor in factors if not (math.isfinite(factor) and factor > 0)]:
        raise UsageError(f"a lane multiplies the rate by a finite number above 0, not by {wrong[0]:g}")
    if len(set(factors)) < len(factors):
        raise UsageError("two lanes with the same factor would be the same lane")
    if not LEAST_STEPS <= steps <= MOST_STEPS:
        raise UsageError(f"a race has {LEAST_STEPS} to {MOST_STEPS:,} steps, not {steps:,}")


def length(step: int, steps: int, total: int, scripted: float) -> int:
    """How many of `steps` a race from `step` may have: none past the run's end, or past the script's next line.

    Raises UsageError where none is left.
    """
    left = min(steps, total - step, scripted - step)
    if left < 1:
        raise UsageError(f"no steps are left to race for after step {step:,}", "Extend the run first.")
    return int(left)


def every(steps: int) -> int:
    """How many steps make a point, so that no curve has more than POINTS."""
    return -(-steps // POINTS)


def means(losses: Sequence[Sequence[float]], done: int, died: Sequence[int | None]) -> list[float]:
    """Of each lane the mean loss over the last quarter of the `done` steps, by which lanes are ranked; NaN: lost."""
    return [tail_mean(lane, done) if at is None and done else math.nan for lane, at in zip(losses, died, strict=True)]


def leader(means: Sequence[float]) -> int | None:
    """The place of the least mean; of equals the first. None where every lane was lost."""
    ranked = [(mean, place) for place, mean in enumerate(means) if math.isfinite(mean)]
    return min(ranked)[1] if ranked else None
