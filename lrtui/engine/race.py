"""A race, from its first step to the choice of a lane: it trains, tells, listens, waits, and keeps one or none.

The run stands still meanwhile. A race ends before anything that is to come from outside, the script's next line or the
run's end. It gives way to a Stop; any other command is refused while it is on, and only KeepLane and DropRace end it.
One that a script asks for keeps the lane that leads at the end: nobody is there to choose.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import torch

from lrtui.engine.course import Course, Yielded
from lrtui.engine.inbox import Inbox, Received
from lrtui.engine.race_field import RaceField
from lrtui.engine.state import IDLE, Answered
from lrtui.errors import LrtuiError, UsageError
from lrtui.messages import (
    CommandRejected,
    DropRace,
    Event,
    KeepLane,
    Race,
    RaceDropped,
    RaceKept,
    RateChanged,
)

TOLD = 50  # how often a race tells of itself at most, but for samples
SAMPLED = 4  # how many samples each lane writes


def race(course: Course, received: Received, inbox: Inbox) -> Iterator[Yielded]:
    """Carry out a Race to its decision; `inbox` is heard meanwhile.

    Raises UsageError where there can be none, and where memory is short.
    """
    command = received.command
    if not isinstance(command, Race):
        nothing = UsageError("there is no race to decide", "Begin one: race 1,0.3,0.1 500.")
        yield CommandRejected(course.live.step, command="race", reason=nothing.sentence)
        return
    try:
        lanes = RaceField(course, command, inbox.scripted_after(course.live.step), received.script)
    except torch.OutOfMemoryError:
        raise UsageError(f"there is no memory for {len(command.factors)} states of the run", "Race fewer.") from None
    try:
        yield from _Hold(lanes, command, received, inbox).events()
    except torch.OutOfMemoryError:
        lanes.drop()
        yield RaceDropped(course.live.step, cause="memory is short")
        raise UsageError("the race was dropped: memory is short", "Race fewer.") from None


@dataclass
class _Hold:
    """A race that is on. `decision` is the place of the lane to keep, or in words why the race is dropped."""

    lanes: RaceField
    command: Race
    received: Received
    inbox: Inbox
    decision: int | str | None = None
    decider: Received | None = None
    told: list[Event] = field(default_factory=list)  # to whoever asked for the race and has no answer yet
    points: int = 0
    samples: int = 0

    def events(self) -> Iterator[Yielded]:
        lanes, interrupted = self.lanes, lambda: self.inbox.live or self.lanes.course.pulse()
        yield self._told(lanes.started(self.command.steps))
        while self.decision is None and not lanes.over:
            lanes.round(interrupted)
            yield from self._progress()
            yield from self._hear()
        if not isinstance(self.decision, str):
            yield from self._finish()
        while self.decision is None:
            yield IDLE
            waits = self.inbox.wait()
            yield from self._hear()
            if self.decision is None and not waits:
                self.decision = "nobody is there to choose"
        yield from self._end(self.decision)

    def _told(self, event: Event) -> Event:
        self.told.append(event)
        return event

    def _progress(self) -> Iterator[Event]:
        lanes = self.lanes
        ready, samples = lanes.done // lanes.every, lanes.done * SAMPLED // lanes.steps
        sampled = samples > self.samples and not lanes.over
        if sampled:
            self.samples = samples
            lanes.look()
        if sampled or ready - self.points >= max(1, lanes.steps // lanes.every // TOLD):
            yield lanes.stepped(self.points, ready, sampled)
            self.points = ready

    def _finish(self) -> Iterator[Yielded]:
        """All that there is to tell of the lanes; then the choice is somebody's, or the leader's."""
        if self.decision is None:
            self.lanes.look(validation=True)
        yield self._told(self.lanes.raced())
        if self.decision is not None:
            return
        if self.command.best or self.received.cause == "script":
            leader = self.lanes.leader
            self.decision = "every lane was lost" if leader is None else leader
        elif self.received.asker is not None:
            yield self._answer(self.received.asker)

    def _answer(self, asker: tuple[str, int]) -> Answered:
        told, self.told = tuple(self.told), []
        return Answered(asker, self.lanes.fork, told)

    def _hear(self) -> Iterator[Yielded]:
        """Take the commands that have come, in their order, up to a Stop, which is left to the session."""
        while self.decision is None and not self.inbox.stop_is_next and (heard := self.inbox.take_sent()) is not None:
            try:
                self.decision, self.decider = self._meant(heard), heard
            except LrtuiError as error:
                kind = "race" if isinstance(heard.command, KeepLane) else type(heard.command).__name__.lower()
                rejected = CommandRejected(self.lanes.fork, command=kind, reason=error.sentence)
                yield rejected
                if heard.asker is not None:
                    yield Answered(heard.asker, self.lanes.fork, (rejected,))
        if self.decision is None and self.inbox.stop_is_next:
            self.decision = "stop"

    def _meant(self, heard: Received) -> int | str:
        lanes = self.lanes.lanes
        match heard.command:
            case DropRace():
                return heard.cause
            case KeepLane(lane=None):
                if self.lanes.leader is None:
                    raise UsageError("every lane was lost: there is none to keep", "Drop the race.")
                return self.lanes.leader
            case KeepLane(lane=int(number)):
                if not 1 <= number <= len(lanes):
                    raise UsageError(f"there is no lane {number}: they are 1 to {len(lanes)}")
                if (died := lanes[number - 1].died) is not None:
                    raise UsageError(f"lane {number} was lost after {died:,} steps", "Keep another, or drop the race.")
                return number - 1
        raise UsageError("a race is on", "Keep a lane of it (race keep 2), or drop it (race drop), first.")

    def _end(self, decision: int | str) -> Iterator[Yielded]:
        if isinstance(decision, str):
            self.lanes.drop()
            ending: list[Event] = [RaceDropped(self.lanes.fork, cause=decision)]
            yield ending[0]
        else:
            ending = []
            for item in self.lanes.keep(decision):
                if isinstance(item, RaceKept) or item is self.lanes.lanes[decision].change:
                    assert isinstance(item, RaceKept | RateChanged)
                    ending.append(item)
                yield item
        step = self.lanes.course.live.step
        if self.received.asker is not None and self.told:
            yield Answered(self.received.asker, step, (*self.told, *ending))
        if self.decider is not None and self.decider.asker is not None:
            yield Answered(self.decider.asker, step, tuple(ending))
