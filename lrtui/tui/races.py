"""The races of a run, folded from its events alone: the one that is on, and those that were kept. No Textual here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Self

from lrtui.messages import (
    Event,
    Raced,
    RaceDropped,
    RaceKept,
    RaceLane,
    RaceStarted,
    RaceStepped,
    RunResumed,
    RunStarted,
)
from lrtui.tui.findings import Losses, joined

#: races whose other lanes stay on the chart
_MOST_KEPT = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class RaceView:
    """A race as far as it has come: the lanes were forked at `step` and have done `done` of `steps` steps each.

    `curves` are in points of `every` steps. `leader` leads now, and `ran` is whether all that was to be done is.
    `kept` is the lane that the run went on as. Lanes are numbered from 1.
    """

    step: int
    steps: int
    every: int
    lanes: tuple[RaceLane, ...]
    curves: tuple[Losses, ...]
    samples: tuple[str, ...]
    done: int = 0
    ran: bool = False
    kept: int | None = None

    @property
    def leader(self) -> int | None:
        """The lane with the least mean loss over the last quarter; of equals the first."""
        ranked = [(lane.loss, number) for number, lane in enumerate(self.lanes, 1) if lane.loss is not None]
        return min(ranked)[1] if ranked else None

    def places(self, number: int) -> list[int]:
        """The steps of the run at which the points of a lane stand."""
        lane, curve = self.lanes[number - 1], self.curves[number - 1]
        end = self.steps if lane.died is None else lane.died
        return [self.step + min(end, (i + 1) * self.every) for i in range(len(curve))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Races:
    """The race that is `on`, None where none is, and the newest that ended with a lane `kept`."""

    on: RaceView | None = None
    kept: tuple[RaceView, ...] = ()

    def after(self, event: Event) -> Self:
        """And then `event`."""
        race = self.on
        match event:
            case RaceStarted():
                return replace(self, on=_begun(event))
            case RaceDropped() | RunResumed() | RunStarted():
                return replace(self, on=None)
            case RaceStepped() if race is not None:
                curves = joined(race.curves, event.first, list(map(tuple, event.curves)))
                return replace(self, on=_known(race, event.lanes, curves, event.done))
            case Raced() if race is not None:
                curves = tuple(map(tuple, event.curves))
                known = _known(race, event.lanes, curves, event.done)
                return replace(self, on=replace(known, every=event.every, ran=True))
            case RaceKept() if race is not None:
                return replace(self, on=None, kept=(*self.kept, replace(race, kept=event.lane))[-_MOST_KEPT:])
            case _:
                return self

    def ghosts(self) -> list[tuple[list[int], list[float]]]:
        """The lanes that were not kept, as (steps, losses)."""
        found = []
        for race in self.kept:
            for number in range(1, len(race.lanes) + 1):
                if number != race.kept:
                    points = zip(race.places(number), race.curves[number - 1], strict=True)
                    drawn = [(step, loss) for step, loss in points if loss is not None]
                    found.append(([step for step, _ in drawn], [loss for _, loss in drawn]))
        return found


def fold(races: Races, events: Iterable[Event], *, over: bool) -> Races:
    """The races after these events; `over`: nobody trains the run any more."""
    for event in events:
        races = races.after(event)
    return replace(races, on=None) if over and races.on is not None else races


def _begun(event: RaceStarted) -> RaceView:
    lanes = tuple(event.lanes)
    return RaceView(
        step=event.step,
        steps=event.steps,
        every=max(1, event.every),
        lanes=lanes,
        curves=((),) * len(lanes),
        samples=("",) * len(lanes),
    )


def _known(race: RaceView, lanes: Sequence[RaceLane], curves: tuple[Losses, ...], done: int) -> RaceView:
    if len(lanes) != len(race.lanes) or len(curves) != len(race.lanes):
        return race  # a damaged line
    samples = tuple(lane.sample or before for lane, before in zip(lanes, race.samples, strict=True))
    return replace(race, lanes=tuple(lanes), curves=curves, samples=samples, done=done)
