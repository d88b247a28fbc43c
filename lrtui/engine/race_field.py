"""The lanes of a race: the live state forked into several multiples of its rate, and trained in turns.

The lanes take turns with the run's own model, optimizer and kernel, each from a state of its own, and everything falls
due in them that would in the run: evaluations, samples, cuts of a plateau. So a lane is, to the bit, what the run would
be had `scale FACTOR` been said at the fork. Keeping one writes that very change into the ledger, with the cause `race`,
and then tells what the lane did as what the run did: no step is trained twice, and resume, replay and undo need not
know that there was a race. Dropping the race puts the state of the fork back.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace

from lrtui.engine.course import Course, Yielded
from lrtui.engine.evaluate import evaluate
from lrtui.engine.rescue import Rescue
from lrtui.engine.state import CheckpointDue, Snapshot, UndoDue
from lrtui.errors import LrtuiError, UsageError
from lrtui.lr import ledger
from lrtui.lr.confirm import points
from lrtui.lr.race import check, every, leader, length, means
from lrtui.messages import (
    Diverged,
    Race,
    Raced,
    RaceKept,
    RaceLane,
    RaceStarted,
    RaceStepped,
    RateChanged,
    Sample,
    Stepped,
    finite_or_none,
)

TURNS = 20  # of a lane at least, so that all lanes come along together


@dataclass
class Lane:
    """A course that one factor takes: its state, and what the run would have told on the way."""

    factor: float
    lr: float
    state: Snapshot
    undoable: list[Snapshot]
    change: RateChanged
    happened: list[Yielded] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    died: int | None = None
    best: CheckpointDue | None = None  # the newest, if one was the best of the run
    val: float | None = None
    sample: str = ""

    def note(self, item: Yielded, fork: int) -> None:
        """Keep what happened; a divergence, and what the run would do about it, ends the lane."""
        if isinstance(item, CheckpointDue):
            self.best = item if item.best else self.best
            return
        if isinstance(item, Stepped):
            self.losses += [math.nan if loss is None else loss for loss in item.loss]
        elif isinstance(item, Diverged):
            self.died = item.step - fork
            del self.losses[self.died :]
            return
        self.happened.append(item)


class RaceField:
    """The lanes of a race from the present state of `course`, `steps` steps each; `course` is theirs until it ends.

    Raises UsageError for factors or steps that cannot be.
    """

    def __init__(self, course: Course, command: Race, scripted: float, script: int | None) -> None:
        check(command.factors, command.steps)
        live = course.live
        if course.replay:
            raise UsageError(
                f"the ledger is still applied again, up to step {course.replay[-1].step:,}", "Race after that."
            )
        self.course, self.fork = course, live.step
        self.steps = length(live.step, command.steps, live.rate.total, scripted)
        self.every = every(self.steps)
        self.done = 0
        self._rescue, self._undoable, self._kept = course.rescue, list(course.steering.undoable), course.kept
        self.base = live.capture()
        self.lanes = [self._lane(factor, script) for factor in command.factors]

    def _lane(self, factor: float, script: int | None) -> Lane:
        live = self.course.live
        entry = ledger.scale(live.rate, live.step, factor, "race")
        change = live.apply(entry, script=script)
        progress = self.base.progress.at(entries=live.progress.entries)
        state = replace(self.base, progress=progress, good=self.base.good or self.base)
        live.restore(self.base)
        return Lane(factor, change.new, state, [*self._undoable, self.base], change)

    @property
    def over(self) -> bool:
        return self.done >= self.steps or all(lane.died is not None for lane in self.lanes)

    def round(self, interrupted: Callable[[], bool]) -> None:
        """Every lane trains as many steps as the first that lives does until `interrupted()`."""
        end = self.fork + min(self.steps, self.done + max(1, self.steps // TURNS))
        for lane in [lane for lane in self.lanes if lane.died is None]:
            end = self._turn(lane, end, interrupted)
            interrupted = _never
        self.done = end - self.fork

    def _turn(self, lane: Lane, end: int, interrupted: Callable[[], bool]) -> int:
        """Train `lane` up to step `end`, or until `interrupted()`; the step it has come to, lost or not."""
        course = self.course
        self._enter(lane)
        halted = False

        def halt() -> bool:
            nonlocal halted
            halted = halted or interrupted()
            return halted

        while course.live.step < end and not halted:
            for item in course.advance(end, halt):
                lane.note(item, self.fork)
                if lane.died is not None:
                    return course.live.step
        lane.state, lane.undoable = course.live.capture(), list(course.steering.undoable)
        return course.live.step

    def _enter(self, lane: Lane) -> None:
        course = self.course
        course.live.restore(lane.state)
        course.rescue = Rescue(course.live, self._rescue.ln_v)
        course.steering.undoable[:] = lane.undoable

    def look(self, validation: bool = False) -> None:
        """Have every lane that lives write a sample, and with `validation` measure its validation loss."""
        for lane in self.lanes:
            if lane.died is None:
                self.course.live.restore(lane.state)
                with suppress(LrtuiError):  # a prompt that the corpus has no letters for
                    lane.sample = self.course.observer.sample(Sample()).text
                if validation:
                    val = float(evaluate(self.course.live.train, self.course.observer.evaluation["val"]))
                    lane.val = _six_digits(val)
        self.course.live.restore(self.base)

    # -- what there is to tell ------------------------------------------------------------------------------------

    @property
    def leader(self) -> int | None:
        """The place of the lane that leads; None where all are lost."""
        return leader(self._means())

    def _means(self) -> list[float]:
        return means([lane.losses for lane in self.lanes], self.done, [lane.died for lane in self.lanes])

    def rows(self, samples: bool = True) -> list[RaceLane]:
        return [
            RaceLane(
                factor=lane.factor,
                lr=lane.lr,
                loss=_six_digits(mean),
                val=lane.val,
                died=lane.died,
                sample=lane.sample if samples else "",
            )
            for lane, mean in zip(self.lanes, self._means(), strict=True)
        ]

    def curves(self, first: int = 0, until: int | None = None) -> list[list[float | None]]:
        """The points `first` … `until` of every lane; one that was lost ends where it was."""
        drawn = (points(lane.losses, self.every)[first:until] for lane in self.lanes)
        return [[_six_digits(value) for value in curve] for curve in drawn]

    def started(self, asked: int) -> RaceStarted:
        return RaceStarted(self.fork, steps=self.steps, asked=asked, every=self.every, lanes=self.rows())

    def stepped(self, first: int, until: int, samples: bool) -> RaceStepped:
        curves = self.curves(first, until)
        return RaceStepped(self.fork, done=self.done, first=first, curves=curves, lanes=self.rows(samples))

    def raced(self) -> Raced:
        place = self.leader
        return Raced(
            self.fork,
            done=self.done,
            every=self.every,
            curves=self.curves(),
            lanes=self.rows(),
            leader=None if place is None else place + 1,
        )

    # -- how it ends ----------------------------------------------------------------------------------------------

    def keep(self, place: int) -> Iterator[Yielded]:
        """Become that lane, and tell what it has done. Nothing can fail any more once the first word is said."""
        lane, course = self.lanes[place], self.course
        paused = course.steering.paused
        self._enter(lane)
        course.observer.forget()
        if paused:
            course.steering.pause_at = course.live.step
        yield lane.change
        yield UndoDue(self.base)
        yield RaceKept(self.fork, lane=place + 1, factor=lane.factor, at=course.live.step)
        yield from lane.happened
        if lane.best is not None:
            yield lane.best
        yield course.checkpoint()  # what so many lanes have cost outlives a kill

    def drop(self) -> None:
        """Put back everything as it was at the fork."""
        course = self.course
        course.live.restore(self.base)
        course.rescue, course.steering.undoable[:], course.kept = self._rescue, self._undoable, self._kept
        course.observer.forget()


def _never() -> bool:
    return False


def _six_digits(value: float) -> float | None:
    return finite_or_none(float(f"{value:.6g}"))
