"""What the screen knows of a sweep, folded from its directory alone; every pixel is a function of it. No Textual."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lrtui.messages import (
    CommandRejected,
    Continued,
    Event,
    LaneKept,
    LanePromoted,
    LaneRow,
    LanesCut,
    Paused,
    PruningChanged,
    Stopped,
    SweepResumed,
    SweepStarted,
    Swept,
    Warned,
)
from lrtui.runs.sweep_table import winner
from lrtui.runs.sweeps import SweepHistory
from lrtui.sweep_charts import ranked
from lrtui.tui.lane_curve import Points
from lrtui.tui.pace import Pace
from lrtui.tui.seeing import Condition, DirectorySeen, Level, LogLine, condition_of, event_lines, log_after
from lrtui.words import happening


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepSeen(DirectorySeen):
    """What one look at a sweep's directory found, since the look before; its step is that of the farthest lane.

    `rows`, `curves` (by lane) and `history` are the whole so far.
    """

    history: SweepHistory
    rows: tuple[LaneRow, ...] = ()
    curves: Mapping[int, Points] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepView:
    """Everything the screen shows of a sweep.

    `rows` are all lanes as they stand, those that train with their present losses; `curves` what they lost so far, by
    lane. `step` of `total` are trained, at `speed` steps a second, with `eta` seconds to go.
    """

    name: str
    config: dict[str, Any] = field(default_factory=dict)
    history: SweepHistory = field(default_factory=SweepHistory)
    rows: tuple[LaneRow, ...] = ()
    curves: Mapping[int, Points] = field(default_factory=dict)
    condition: Condition = "opening"
    step: int = 0
    total: int = 0
    speed: float | None = None
    eta: float | None = None
    log: tuple[LogLine, ...] = ()
    ending: tuple[str, ...] = ()
    looked: bool = False
    paused: bool = False
    pace: Pace = field(default_factory=Pace)

    @property
    def left(self) -> int:
        """How many lanes still train."""
        return sum(row.state == "training" for row in self.rows)

    @property
    def best(self) -> LaneRow | None:
        """The lane that wins, or as long as none has been evaluated, the one with the least loss."""
        lasting = [row for row in self.rows if row.state in ("training", "done")]
        return winner(self.rows) or next(iter(ranked([row for row in lasting if row.loss is not None])), None)

    @property
    def seeds(self) -> int:
        """How many seeds each rate has."""
        return len(self.history.started.seeds) if self.history.started else 1


def opening(name: str) -> SweepView:
    """The view of a sweep before the first look at it."""
    return SweepView(name=name)


def reduce(view: SweepView, seen: SweepSeen) -> SweepView:
    """The view after one more look."""
    if seen.anew:
        view = opening(view.name)
    paused = _paused(view.paused, seen.events)
    condition = _condition(seen, paused)
    pace = view.pace.after(seen.now, seen.step) if condition == "training" else view.pace.halted()
    started = seen.history.started
    total = started.steps if started else 0
    return SweepView(
        name=view.name,
        config=seen.config,
        history=seen.history,
        rows=seen.rows,
        curves=seen.curves,
        condition=condition,
        step=seen.step,
        total=total,
        speed=pace.speed,
        eta=max(0, total - seen.step) / pace.speed if condition == "training" and pace.speed else None,
        log=log_after(view.log, seen, _lines, died=condition == "crashed" and view.condition != "crashed"),
        ending=seen.ending if condition in ("crashed", "deleted") else (),
        looked=True,
        paused=paused,
        pace=pace,
    )


def news(before: SweepView, seen: SweepSeen) -> list[LogLine]:
    """What a look found that every attached screen should be told of; nothing where the look only catches up."""
    if not before.looked or seen.anew:
        return []
    return [line for event in seen.events if _is_news(event) for line in _lines(event)[:1]]


def promoted(before: SweepView, seen: SweepSeen) -> list[LanePromoted]:
    """The lanes that have become runs since the look before."""
    return [event for event in seen.events if isinstance(event, LanePromoted)] if before.looked else []


def _condition(seen: SweepSeen, paused: bool) -> Condition:
    return condition_of(
        seen,
        finished=seen.history.swept is not None,
        stopped=seen.history.stopped is not None,
        begun=seen.history.started is not None,
        paused=paused,
    )


def _paused(paused: bool, events: Sequence[Event]) -> bool:
    for event in events:
        match event:
            case Paused():
                paused = True
            case Continued() | SweepStarted() | SweepResumed():
                paused = False
    return paused


# -- the log ----------------------------------------------------------------------------------------------------------


def _lines(event: Event) -> list[LogLine]:
    return event_lines(event, happening(event), _level(event))


def _level(event: Event) -> Level:
    match event:
        case LanesCut():
            return "warning" if event.cause == "diverged" else "change"
        case LaneKept() | PruningChanged():
            return "change"
        case CommandRejected() | Warned() | Stopped():
            return "warning"
        case SweepResumed():
            return "info" if event.badge == "exact" and not event.skipped else "warning"
        case LanePromoted() | Swept():
            return "good"
        case _:
            return "info"


def _is_news(event: Event) -> bool:
    match event:
        case LanesCut():
            return event.cause == "killed" and not event.replayed
        case LaneKept() | PruningChanged():
            return not event.replayed
        case _:
            return isinstance(event, CommandRejected | Warned | Stopped | Swept)
