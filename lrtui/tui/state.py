"""What the screens know of one run, folded from its directory alone; every pixel is a function of it. No Textual."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from lrtui.errors import LrtuiError
from lrtui.lr.rate import Rate
from lrtui.messages import (
    CheckpointSaved,
    CommandRejected,
    Continued,
    Diverged,
    Evaluated,
    Event,
    Finished,
    Paused,
    RateChanged,
    Rewound,
    RunResumed,
    RunStarted,
    Stopped,
    Warned,
)
from lrtui.printable import printable
from lrtui.runs.config_table import planned_steps
from lrtui.runs.events import SampleLine
from lrtui.runs.history import History
from lrtui.tui.branches import eras_of
from lrtui.tui.buckets import Numbers
from lrtui.tui.pace import Pace
from lrtui.words import evaluation_text, happening

#: opening: no event yet · dead: nobody trains it, and it said no last word · deleted: its directory is gone
Condition = Literal["opening", "training", "paused", "finished", "stopped", "crashed", "deleted"]
Level = Literal["info", "change", "good", "warning", "error"]

MOST_SAMPLES = 200
MOST_LINES = 1000


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of the log: what happened at `step`, as safe text on one line."""

    step: int
    text: str
    level: Level = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one look at a run's directory found, since the look before.

    `now` is a monotonic clock in seconds. `numbers` and `history` are the whole so far; `events` and `samples` are new,
    in their order. `step` is the next one to train; `train_loss` is the mean of the newest ≈100 steps, `lr` and
    `grad_norm` are those of the last one. `ending` explains the death of a worker, line by line; empty while it lives
    or told its end itself. `problems` are what could not be read, said once. `deleted` is whether the directory is
    gone, `anew` whether another run has taken the place of the one seen before.
    """

    now: float
    live: bool
    config: dict[str, Any]
    numbers: Numbers
    history: History
    step: int = 0
    train_loss: float | None = None
    lr: float | None = None
    grad_norm: float | None = None
    events: tuple[Event, ...] = ()
    samples: tuple[SampleLine, ...] = ()
    ending: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    deleted: bool = False
    anew: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """Everything a screen shows of a run.

    `config` is the run's config.toml as plain tables. `step` of `total` are trained, at `speed` steps a second, with
    `eta` seconds to go. `rate` is the schedule with every live edit, None before the run has begun. `lr` and
    `grad_norm` are those of the last step, `train_loss` the mean of the last steps, losses in nats. `samples` and `log`
    are the newest, oldest first; `eras` tell of each sample how many rewinds came before it. `looked` is whether
    anything was looked at yet, `paused_at` the step at which training waits, or last waited.
    """

    name: str
    config: dict[str, Any]
    numbers: Numbers
    history: History
    condition: Condition = "opening"
    rate: Rate | None = None
    step: int = 0
    total: int = 0
    speed: float | None = None
    eta: float | None = None
    train_loss: float | None = None
    val_loss: float | None = None
    lr: float | None = None
    grad_norm: float | None = None
    badge: str = "exact"
    samples: tuple[SampleLine, ...] = ()
    eras: tuple[int, ...] = ()
    log: tuple[LogLine, ...] = ()
    ending: tuple[str, ...] = ()
    looked: bool = False
    paused_at: int | None = None
    pace: Pace = field(default_factory=Pace)


def opening(name: str) -> RunView:
    """The view of a run before the first look at it."""
    return RunView(name=name, config={}, numbers=Numbers(), history=History())


def reduce(view: RunView, seen: Seen) -> RunView:
    """The view after one more look."""
    if seen.anew:
        view = opening(view.name)
    history = seen.history
    paused_at = _paused_at(view.paused_at, seen.events)
    condition = _condition(seen, paused_at)
    pace = view.pace.after(seen.now, seen.step) if condition == "training" else view.pace.halted()
    total = max(0, history.steps or planned_steps(seen.config))
    left = max(0, total - seen.step)
    evaluated = history.evaluations[-1] if history.evaluations else None
    samples, eras = view.samples, view.eras
    if seen.samples:
        samples = (*samples, *seen.samples)[-MOST_SAMPLES:]
        eras = (*eras, *eras_of(seen.samples, history.rewinds, len(view.history.rewinds)))[-MOST_SAMPLES:]
    return RunView(
        name=view.name,
        config=seen.config,
        numbers=seen.numbers,
        history=history,
        condition=condition,
        rate=view.rate if _same_ledger(view.history, history) else rate_of(history),
        step=seen.step,
        total=total,
        speed=pace.speed,
        eta=left / pace.speed if condition == "training" and pace.speed else None,
        train_loss=seen.train_loss,
        val_loss=evaluated.val_loss if evaluated else None,
        lr=seen.lr,
        grad_norm=seen.grad_norm,
        badge=badge_of(history),
        samples=samples,
        eras=eras,
        log=_log(view, seen, condition),
        ending=seen.ending if condition in ("crashed", "deleted") else (),
        looked=True,
        paused_at=paused_at,
        pace=pace,
    )


def news(before: RunView, seen: Seen) -> list[LogLine]:
    """What a look found that every attached screen should be told of; nothing where the look only catches up."""
    if not before.looked or seen.anew:
        return []
    return [line for event in seen.events if _is_news(event) for line in _lines(event)[:1]]


# -- where the run is -------------------------------------------------------------------------------------------------


def _condition(seen: Seen, paused_at: int | None) -> Condition:
    if seen.deleted:
        return "deleted"
    if seen.history.finished:
        return "finished"
    if seen.history.stopped:
        return "stopped"
    if not seen.live:
        return "crashed"
    if seen.history.started is None:
        return "opening"
    # Steps that came after the pause tell of the end of it, too: `step n` trains on without saying so.
    return "paused" if paused_at is not None and seen.step <= paused_at else "training"


def _paused_at(paused_at: int | None, events: Sequence[Event]) -> int | None:
    for event in events:
        match event:
            case Paused():
                paused_at = event.step
            case Continued() | RunResumed() | RunStarted():
                paused_at = None
    return paused_at


def _died(before: RunView, condition: Condition) -> bool:
    return condition == "crashed" and before.condition != "crashed"


def badge_of(history: History) -> str:
    """How exact what survives is: once on weights only, never more than that."""
    badges = [resumed.badge for resumed in history.inexact]
    badge = "weights only" if "weights only" in badges else badges[-1] if badges else "exact"
    return printable(badge)


# -- the rate ---------------------------------------------------------------------------------------------------------


def _same_ledger(before: History, after: History) -> bool:
    return before is after or (before.started == after.started and before.entries == after.entries)


def rate_of(history: History) -> Rate | None:
    """The fold of the ledger; of a damaged one, as far as it makes sense. None where the schedule makes none."""
    if history.started is None:
        return None
    rate: Rate | None = None
    try:
        if not history.started.schedule.problems():
            rate = Rate.of(history.started.schedule)
            for entry in history.entries:
                later = rate.apply(entry)
                if not math.isfinite(later(entry.step)):
                    break
                rate = later
    except (LrtuiError, ArithmeticError, ValueError, TypeError):
        pass
    return rate


# -- the log ----------------------------------------------------------------------------------------------------------


def _log(view: RunView, seen: Seen, condition: Condition) -> tuple[LogLine, ...]:
    fresh = [line for event in seen.events[-MOST_LINES:] for line in _lines(event)]
    fresh += [LogLine(seen.step, printable(problem), "warning") for problem in seen.problems]
    if _died(view, condition):
        fresh += [LogLine(seen.step, printable(line), "error") for line in seen.ending[:1]]  # all of it is shown above
    return (*view.log, *fresh)[-MOST_LINES:] if fresh else view.log


def _lines(event: Event) -> list[LogLine]:
    told = evaluation_text(event) if isinstance(event, Evaluated) else happening(event)
    return [LogLine(event.step, printable(line), _level(event)) for line in (told or "").split("\n") if line]


def _level(event: Event) -> Level:
    match event:
        case RateChanged() | Rewound():
            return "change"
        case Diverged():
            return "error"
        case CommandRejected() | Warned():
            return "warning"
        case RunResumed():
            return "info" if event.badge == "exact" and not event.skipped else "warning"
        case Stopped():
            return "error" if event.cause == "diverged" else "warning"
        case Finished():
            return "good"
        case Evaluated():
            return "good" if event.best else "info"
        case _:
            return "info"


def _is_news(event: Event) -> bool:
    match event:
        case RateChanged():
            return not event.replayed
        case CheckpointSaved():
            return event.pinned
        case _:
            return isinstance(event, Rewound | Diverged | CommandRejected | Warned | Stopped | Finished)
