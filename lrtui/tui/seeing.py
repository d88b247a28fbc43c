"""What looks at runs and at sweeps have in common: what one has found, where training stands, the log it adds to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from lrtui.messages import Event
from lrtui.printable import printable

#: opening: no event yet · crashed: nobody trains it, and it said no last word · deleted: its directory is gone
Condition = Literal["opening", "training", "paused", "finished", "stopped", "crashed", "deleted"]
LIVE: tuple[Condition, ...] = ("training", "paused")
ENDED: tuple[Condition, ...] = ("finished", "stopped", "crashed", "deleted")
Level = Literal["info", "change", "good", "warning", "error"]

MOST_LINES = 1000


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of the log: what happened at `step`, as safe text on one line."""

    step: int
    text: str
    level: Level = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectorySeen:
    """What one look at a directory found, since the look before.

    `now` is a monotonic clock in seconds. `step` is the next one to train, `events` are new, in their order. `ending`
    explains the death of a worker, line by line; empty while it lives or told its end itself. `problems` are what could
    not be read, said once. `deleted` is whether the directory is gone, `anew` whether another one has taken its place.
    """

    now: float
    live: bool
    config: dict[str, Any]
    step: int = 0
    events: tuple[Event, ...] = ()
    ending: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    deleted: bool = False
    anew: bool = False


def condition_of(seen: DirectorySeen, *, finished: bool, stopped: bool, begun: bool, paused: bool) -> Condition:
    """Where training stands; what the log says of its end counts for more than who holds its lock."""
    if seen.deleted:
        return "deleted"
    if finished:
        return "finished"
    if stopped:
        return "stopped"
    if not seen.live:
        return "crashed"
    if not begun:
        return "opening"
    return "paused" if paused else "training"


def log_after(
    log: tuple[LogLine, ...], seen: DirectorySeen, lines: Callable[[Event], list[LogLine]], *, died: bool
) -> tuple[LogLine, ...]:
    """The newest lines of `log` after one more look, an event as `lines` tells it; `died` where this look found it."""
    fresh = [line for event in seen.events[-MOST_LINES:] for line in lines(event)]
    fresh += [LogLine(seen.step, printable(problem), "warning") for problem in seen.problems]
    if died:
        fresh += [LogLine(seen.step, printable(line), "error") for line in seen.ending[:1]]  # all of it is shown above
    return (*log, *fresh)[-MOST_LINES:] if fresh else log


def event_lines(event: Event, told: str | None, level: Level) -> list[LogLine]:
    """The lines of the log that an event makes which is `told` so; none where it is not told."""
    return [LogLine(event.step, printable(line), level) for line in (told or "").split("\n") if line]
