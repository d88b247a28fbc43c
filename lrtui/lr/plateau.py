"""When validation stops improving, cut the rate: torch's ReduceLROnPlateau as a fold over evaluations.

The counters are frozen data in the training state, so a resume does not lose them; the cut itself is a ledger entry.
"""

from dataclasses import dataclass

from lrtui.lr.schedule import Schedule


@dataclass(frozen=True, slots=True)
class PlateauState:
    """`best` val loss so far (None: no evaluation yet), evaluations without improvement, and of rest after a cut."""

    best: float | None = None
    bad_evals: int = 0
    cooldown_left: int = 0


def update(state: PlateauState, val_loss: float, schedule: Schedule) -> tuple[PlateauState, bool]:
    """The state after an evaluation of `val_loss` nats, and whether to cut now by `schedule.factor`.

    Better means below `best` by more than `threshold` nats (torch: mode min, threshold_mode abs); NaN is never better.
    More than `patience` evaluations in a row that are not better make a cut; the `cooldown` evaluations after it do not
    count.
    """
    better = val_loss < (float("inf") if state.best is None else state.best - schedule.threshold)
    best = val_loss if better else state.best
    bad = 0 if better or state.cooldown_left > 0 else state.bad_evals + 1
    if bad > schedule.patience:
        return PlateauState(best, 0, schedule.cooldown), True
    return PlateauState(best, bad, max(0, state.cooldown_left - 1)), False
