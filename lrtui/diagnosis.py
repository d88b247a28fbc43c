"""What a run's directory says of its health: from its history and metrics to the rules. No torch; cheap at 2 Hz."""

import math
from collections.abc import Sequence

from lrtui.errors import LrtuiError
from lrtui.lr.diagnose import Diagnosis, Evaluation, Signs, diagnose
from lrtui.lr.rate import Rate, fold
from lrtui.messages import Evaluated
from lrtui.runs.history import History
from lrtui.runs.metrics import Series

#: the share of its base at which a schedule is about to end
NEXT_TO_NOTHING = 0.05
WEIGHTS_ONLY = "weights only"
#: evaluations after the best one that are looked at, those that were no numbers included
NEWEST = 16


def diagnose_series(history: History, series: Series) -> Diagnosis | None:
    """The diagnosis of a run that was read as a whole."""
    return diagnose_run(history, series.step, series.loss, series.lr, series.updates)


def diagnose_run(
    history: History,
    steps: Sequence[int],
    losses: Sequence[float],
    rates: Sequence[float],
    updates: Sequence[tuple[int, float]],
    end: int | None = None,
) -> Diagnosis | None:
    """The diagnosis from the surviving branch: its steps, or the first of each bucket, with their losses and rates.

    `end` is the next step to train (default: the one after the last of `steps`). None: nothing is wrong, or known.
    """
    if history.started is None or not steps:
        return None
    return diagnose(read_signs(history, steps, losses, rates, updates, steps[-1] + 1 if end is None else end))


def read_signs(
    history: History,
    steps: Sequence[int],
    losses: Sequence[float],
    rates: Sequence[float],
    updates: Sequence[tuple[int, float]],
    end: int,
) -> Signs:
    """The numbers that the rules read."""
    started = history.started
    assert started is not None
    lines = started.baselines
    known = [lr for lr in rates if math.isfinite(lr)]
    changed = [change.step for change in history.changes if change.step <= end]
    fresh = _fresh_optimizer(history)
    rate = _rate(history)
    return Signs(
        step=end,
        ln_v=lines.get("uniform", math.log(max(2, started.vocabulary))),
        unigram=lines.get("unigram", math.nan),
        bigram=lines.get("bigram", math.nan),
        steps=steps,
        losses=losses,
        evaluations=_telling(history.evaluations),
        updates=updates,
        lr=known[-1] if known else None,
        highest_lr=max(known, default=None),
        settled=max([0, *changed, *([] if fresh is None else [fresh])]),
        fresh_optimizer=fresh,
        rising=rate is not None and end - rate.origin < rate.schedule.warmup,
        ending=rate is not None and _is_ending(rate, end),
    )


def _telling(evaluations: Sequence[Evaluated]) -> list[Evaluation]:
    """The best evaluation and the newest after it: no rule reads more, and a long run has tens of thousands."""
    best = min(range(len(evaluations)), key=lambda i: _val(evaluations[i]), default=0)
    telling = [*evaluations[best : best + 1], *evaluations[max(best + 1, len(evaluations) - NEWEST) :]]
    return [Evaluation(step=e.step, train=_number(e.train_loss), val=_number(e.val_loss)) for e in telling]


def _val(evaluated: Evaluated) -> float:
    """Of an evaluation that measured too little to be the best one, infinity."""
    known = evaluated.val_loss is not None and evaluated.train_loss is not None
    return evaluated.val_loss if known and evaluated.val_loss is not None else math.inf


def _fresh_optimizer(history: History) -> int | None:
    """The step at which training last went on without the optimizer's state."""
    resumed = [event.step for event in history.inexact if event.badge == WEIGHTS_ONLY]
    thrown_away = [change.step for change in history.changes if change.entry.kind == "reset"]
    return max([*resumed, *thrown_away], default=None)


def _rate(history: History) -> Rate | None:
    """None where a damaged ledger makes no rate."""
    assert history.started is not None
    try:
        return fold(history.started.schedule, history.entries)
    except (LrtuiError, ArithmeticError, ValueError, TypeError):
        return None


def _is_ending(rate: Rate, step: int) -> bool:
    """Whether the rate goes to nothing by plan: the loss is then meant to stand still."""
    if rate.cooling:
        return True
    schedule = rate.schedule
    try:
        return rate.held is None and schedule(max(0, step - rate.origin)) <= NEXT_TO_NOTHING * schedule.base
    except (ArithmeticError, ValueError):
        return False


def _number(loss: float | None) -> float:
    return math.nan if loss is None else loss
