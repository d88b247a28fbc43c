"""Tells a run that is being lost from one that is merely noisy, before its weights are gone.

Measured in nats against ln V, the loss of a model that knows nothing: a run that had learned and is now clearly worse
than knowing nothing has diverged. Called for every step's loss, so it is a handful of float operations.
"""

import math
from dataclasses import dataclass

#: memory of the smoothed loss, about 50 steps
BETA = 0.98
#: nats below ln V at which a model counts as having learned
LEARNED = 0.1
#: nats above ln V at which a model that had learned counts as lost
LOST = 0.5
#: nats above the best at which a run still counts as sound
SOUND = 0.3


@dataclass(frozen=True, slots=True)
class DivergenceState:
    """`ema` / `weight` is the bias-corrected smoothed loss, `best` its least value (None: no loss yet)."""

    ema: float = 0.0
    weight: float = 0.0
    was_below: bool = False
    best: float | None = None

    @property
    def smooth(self) -> float | None:
        """The smoothed loss in nats, None before the first."""
        return self.ema / self.weight if self.weight else None


def update(state: DivergenceState, loss: float, ln_v: float) -> tuple[DivergenceState, str | None]:
    """The state after a training loss in nats, and the reason in words if the run has diverged.

    A loss that is not finite is a reason at once and leaves the state as it was.
    """
    if not math.isfinite(loss):
        return state, f"the loss is {loss}"
    ema = BETA * state.ema + (1.0 - BETA) * loss
    weight = BETA * state.weight + (1.0 - BETA)
    smooth = ema / weight
    below = state.was_below or smooth < ln_v - LEARNED
    best = smooth if state.best is None or smooth < state.best else state.best
    after = DivergenceState(ema, weight, below, best)
    if below and smooth > ln_v + LOST:
        return after, f"the smoothed loss rose from {best:.2f} to {smooth:.2f}; knowing nothing is {ln_v:.2f}"
    return after, None


def is_healthy(state: DivergenceState) -> bool:
    """Whether a state is worth falling back to: its smoothed loss is within SOUND nats of the best so far."""
    return state.smooth is None or state.best is None or state.smooth <= state.best + SOUND
