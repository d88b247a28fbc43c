"""Tells a run that is being lost from one that is merely noisy, before its weights are gone.

Measured in nats against ln V, the loss of a model that knows nothing: a run that is now clearly worse than knowing
nothing, and clearly worse than it was, has diverged. So has one that a rate a hundred times too high throws off in its
first steps, before it has learned: it may come back, but not to where a good rate leads. Called for every step's loss,
so it is a handful of float operations.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

#: memory of the smoothed loss, about 50 steps
BETA = 0.98
#: nats above ln V, and above the best so far, at which a run counts as lost
LOST = 0.5
#: losses before the first verdict: one bad batch at the beginning says little
FIRST = 5
#: nats above the best at which a run still counts as sound
SOUND = 0.3
_ENOUGH = 1.0 - BETA ** (FIRST - 0.5)  # the weight of more than FIRST − 1 losses


@dataclass(frozen=True, slots=True)
class DivergenceState:
    """`ema` / `weight` is the bias-corrected smoothed loss, `best` its least value (None: no loss yet)."""

    ema: float = 0.0
    weight: float = 0.0
    best: float | None = None

    @property
    def smooth(self) -> float | None:
        """The smoothed loss in nats, None before the first."""
        return self.ema / self.weight if self.weight else None


def update(state: DivergenceState, loss: float, ln_v: float) -> tuple[DivergenceState, str | None]:
    """The state after a training loss in nats, and the reason in words if the run has diverged.

    A loss that is not finite is a reason at once and leaves the state as it was.
    """
    after, _, reason = fold(state, (loss,), ln_v)
    return after, reason


def fold(
    state: DivergenceState, losses: Sequence[float], ln_v: float, start: int = 0
) -> tuple[DivergenceState, int, str | None]:
    """`update` for the losses from `start` on, up to the first that is a reason: the state, where it ends, the reason.

    The same numbers to the bit, without a state for each: this runs for every step of a run.
    """
    ema, weight, best = state.ema, state.weight, math.inf if state.best is None else state.best
    most = max(ln_v, best) + LOST
    for n in range(start, len(losses)):
        loss = losses[n]
        if not math.isfinite(loss):
            return _state(ema, weight, best), n + 1, f"the loss is {loss}"
        ema = BETA * ema + (1.0 - BETA) * loss
        weight = BETA * weight + (1.0 - BETA)
        smooth = ema / weight
        if smooth < best:
            best = smooth
            most = max(ln_v, best) + LOST
        if smooth > most and weight > _ENOUGH:
            reason = f"the smoothed loss rose from {best:.2f} to {smooth:.2f}; knowing nothing is {ln_v:.2f}"
            return DivergenceState(ema, weight, best), n + 1, reason
    return _state(ema, weight, best), len(losses), None


def _state(ema: float, weight: float, best: float) -> DivergenceState:
    return DivergenceState(ema, weight, None if best == math.inf else best)


def is_healthy(state: DivergenceState) -> bool:
    """Whether a state is worth falling back to: its smoothed loss is within SOUND nats of the best so far."""
    return state.smooth is None or state.best is None or state.smooth <= state.best + SOUND
