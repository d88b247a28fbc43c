"""The commands and events of a race: the live state forked into several multiples of its rate, one of which is kept.

Part of the vocabulary in `lrtui.messages`, and imported from there. Lanes are numbered from 1, as keys choose them.
While a race is on the run itself stands still, at the step that all these events name.
"""

import msgspec

from lrtui.message import Command, Event


class Race(Command, frozen=True):
    """Train `steps` steps from this very state at each multiple of the rate; then wait for KeepLane or DropRace.

    With `best`, nobody is waited for: the lane that leads at the end is kept.
    """

    factors: list[float]
    steps: int = 500
    best: bool = False


class KeepLane(Command, frozen=True):
    """End the race: the run goes on as this lane (default: the one that leads), from where the lane has come to."""

    lane: int | None = None


class DropRace(Command, frozen=True):
    """End the race: the run goes on from the exact state before it."""


class RaceLane(msgspec.Struct, frozen=True, kw_only=True):
    """How a lane stands: `lr` is its rate at the fork, `loss` the mean over the last quarter of the steps done.

    `died` is how many steps it had trained when it was lost. `val` and `sample` are there when all steps are done, the
    sample sooner from time to time.
    """

    factor: float
    lr: float
    loss: float | None = None
    val: float | None = None
    died: int | None = None
    sample: str = ""


class RaceStarted(Event, frozen=True, kw_only=True):
    """`steps` steps are to come for each of `lanes`; `asked` is how many were asked for, where the run has fewer."""

    steps: int
    asked: int
    every: int
    lanes: list[RaceLane]


class RaceStepped(Event, frozen=True, kw_only=True):
    """The lanes have done `done` steps: `curves` are their training losses from point `first` on, as in `Raced`.

    A lane's `sample` is empty where there is no new one.
    """

    done: int
    first: int
    curves: list[list[float | None]]
    lanes: list[RaceLane]


class Raced(Event, frozen=True, kw_only=True):
    """All steps are done, or a lane was chosen before: `leader` leads, None where every lane was lost.

    `curves` are training losses, each point the mean of `every` steps, the last of what is left.
    """

    done: int
    every: int
    curves: list[list[float | None]]
    lanes: list[RaceLane]
    leader: int | None


class RaceKept(Event, frozen=True, kw_only=True):
    """The run goes on as `lane`, from step `at`; the change of the rate is in the ledger, at the step of the fork."""

    lane: int
    factor: float
    at: int


class RaceDropped(Event, frozen=True, kw_only=True):
    """The run goes on from the exact state before the race. `cause` is user, stop, or why nobody chose."""

    cause: str = "user"
