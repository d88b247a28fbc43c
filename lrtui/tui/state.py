"""What the screens know of one run, folded from its directory alone; every pixel is a function of it. No Textual."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

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
    RaceDropped,
    RaceStarted,
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
from lrtui.tui.findings import Findings, fold
from lrtui.tui.health import Health
from lrtui.tui.pace import Pace
from lrtui.tui.races import Races
from lrtui.tui.races import fold as fold_races
from lrtui.tui.seeing import LIVE, Condition, DirectorySeen, Level, LogLine, condition_of, event_lines, log_after
from lrtui.words import evaluation_text, happening

MOST_SAMPLES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen(DirectorySeen):
    """What one look at a run's directory found, since the look before.

    `numbers` and `history` are the whole so far, `samples` are new, in their order. `train_loss` is the mean of the
    newest ≈100 steps, `lr` and `grad_norm` are those of the last one.
    """

    numbers: Numbers
    history: History
    train_loss: float | None = None
    lr: float | None = None
    grad_norm: float | None = None
    samples: tuple[SampleLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """Everything a screen shows of a run.

    `config` is the run's config.toml as plain tables. `step` of `total` are trained, at `speed` steps a second, with
    `eta` seconds to go. `rate` is the schedule with every live edit, None before the run has begun. `lr` and
    `grad_norm` are those of the last step, `train_loss` the mean of the last steps, losses in nats. `samples` and `log`
    are the newest, oldest first; `eras` tell of each sample how many rewinds came before it. `looked` is whether
    anything was looked at yet, `paused_at` the step at which training waits, or last waited,
    `findings` what experiments on the run have found, `races` are the races of its rate.
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
    findings: Findings = field(default_factory=Findings)
    races: Races = field(default_factory=Races)
    log: tuple[LogLine, ...] = ()
    ending: tuple[str, ...] = ()
    looked: bool = False
    paused_at: int | None = None
    pace: Pace = field(default_factory=Pace)
    health: Health = field(default_factory=Health)


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
    findings, races = _tried(view, seen, condition)
    moves = condition == "training" and not findings.running and races.on is None
    pace = view.pace.after(seen.now, seen.step) if moves else view.pace.halted()
    total = max(0, history.steps or planned_steps(seen.config))
    evaluated = history.evaluations[-1] if history.evaluations else None
    samples, eras = _samples(view, seen)
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
        eta=max(0, total - seen.step) / pace.speed if condition == "training" and pace.speed else None,
        train_loss=seen.train_loss,
        val_loss=evaluated.val_loss if evaluated else None,
        lr=seen.lr,
        grad_norm=seen.grad_norm,
        badge=badge_of(history),
        samples=samples,
        eras=eras,
        findings=findings,
        races=races,
        log=log_after(view.log, seen, _lines, died=condition == "crashed" and view.condition != "crashed"),
        ending=seen.ending if condition in ("crashed", "deleted") else (),
        looked=True,
        paused_at=paused_at,
        pace=pace,
        health=view.health.after(seen.now, history, seen.numbers, seen.step, live=condition in LIVE),
    )


def _tried(view: RunView, seen: Seen, condition: Condition) -> tuple[Findings, Races]:
    """What experiments have found, and the races of the rate."""
    over = condition not in ("opening", *LIVE)
    return fold(view.findings, seen.events, over=over), fold_races(view.races, seen.events, over=over)


def _samples(view: RunView, seen: Seen) -> tuple[tuple[SampleLine, ...], tuple[int, ...]]:
    """The newest samples, and how many rewinds came before each."""
    if not seen.samples:
        return view.samples, view.eras
    eras = eras_of(seen.samples, seen.history.rewinds, len(view.history.rewinds))
    return (*view.samples, *seen.samples)[-MOST_SAMPLES:], (*view.eras, *eras)[-MOST_SAMPLES:]


def news(before: RunView, seen: Seen) -> list[LogLine]:
    """What a look found that every attached screen should be told of; nothing where the look only catches up."""
    if not before.looked or seen.anew:
        return []
    return [line for event in seen.events if _is_news(event) for line in _lines(event)[:1]]


# -- where the run is -------------------------------------------------------------------------------------------------


def _condition(seen: Seen, paused_at: int | None) -> Condition:
    return condition_of(
        seen,
        finished=seen.history.finished is not None,
        stopped=seen.history.stopped is not None,
        begun=seen.history.started is not None,
        # Steps that came after the pause tell of the end of it, too: `step n` trains on without saying so.
        paused=paused_at is not None and seen.step <= paused_at,
    )


def _paused_at(paused_at: int | None, events: Sequence[Event]) -> int | None:
    for event in events:
        match event:
            case Paused():
                paused_at = event.step
            case Continued() | RunResumed() | RunStarted():
                paused_at = None
    return paused_at


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


def _lines(event: Event) -> list[LogLine]:
    told = evaluation_text(event) if isinstance(event, Evaluated) else happening(event)
    return event_lines(event, told, _level(event))


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
            return isinstance(
                event, Rewound | Diverged | CommandRejected | Warned | Stopped | Finished | RaceStarted | RaceDropped
            )
