"""The rate a run uses: lr(step) = schedule(step) × multiplier(step), a fold over the ledger of live edits.

Folding entries over a schedule gives a `Rate`, a pure function of the step, so a run steered by hand replays bit for
bit from its ledger alone. `lrtui.lr.ledger` makes the entries and checks what is asked; the fold here trusts them.
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from lrtui.errors import LrtuiError
from lrtui.lr.schedule import Schedule, spread
from lrtui.lr.shapes import decay_factor

Kind = Literal["scale", "set", "hold", "release", "reshape", "cooldown", "extend", "reset"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One live edit; `step` is the first step that uses it.

    scale: `value` is the factor. set: `value` is the rate, `multiplier` what makes it of the schedule. hold: `value` is
    the frozen rate. release: nothing. reshape: `schedule`, whose step 0 is `step`. cooldown: `steps` and `shape`.
    extend: `steps` and in `shape` the mode, keep, rescale or restart. reset: nothing; the rate stays, and whoever
    trains throws the optimizer's state away.
    """

    step: int
    kind: Kind
    value: float | None = None
    multiplier: float | None = None
    steps: int | None = None
    shape: str | None = None
    schedule: Schedule | None = None
    cause: str = "user"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """The rate from step `since` on, until the next entry: gain × (core(step) / unit), or the rate held.

    The core is the schedule counted from `origin`, or the cool-down. Two numbers stand for the multiplier because no
    single one can make every rate: with gain = lr and unit = core(step), the quotient is 1 and the product lr, exactly.
    """

    since: int
    schedule: Schedule
    planned: int
    origin: int = 0
    gain: float = 1.0
    unit: float = 1.0
    held: float | None = None
    cool_steps: int = 0
    cool_shape: str = ""
    cool_from: int = 0
    momentum_held: float | None = None

    def core(self, step: int) -> float:
        """The rate at `step` without gain and hold; a cool-down goes from 1 to 0."""
        if self.cool_steps:
            return decay_factor(self.cool_shape, (step - self.cool_from) / self.cool_steps)
        return self.schedule(step - self.origin)

    def __call__(self, step: int) -> float:
        if self.held is not None:
            return self.held
        return self.gain * (self.core(step) / self.unit)

    def each(self, steps: range) -> list[float]:
        """The rate at each of `steps`."""
        if self.held is not None or self.cool_steps:
            return [self(step) for step in steps]
        gain, unit, origin, rate = self.gain, self.unit, self.origin, self.schedule.function
        return [gain * (rate(step - origin) / unit) for step in steps]

    @property
    def total(self) -> int:
        return self.cool_from + self.cool_steps if self.cool_steps else self.planned


@dataclass(frozen=True, slots=True)
class Rate:
    """The fold so far: the rate, momentum and length of a run at every step, those before the last entry included."""

    pieces: tuple[Piece, ...]

    @classmethod
    def of(cls, schedule: Schedule) -> "Rate":
        """The rate of a run nobody has touched."""
        return cls((Piece(since=0, schedule=schedule, planned=schedule.steps),))

    def __call__(self, step: int) -> float:
        """The learning rate that `step` uses."""
        piece = self.pieces[-1]
        return piece(step) if step >= piece.since else self._piece(step)(step)

    def each(self, steps: range) -> list[float]:
        """The rate of each of `steps`, ascending: the same numbers, in a third of the time."""
        piece = self.pieces[-1]
        return piece.each(steps) if steps and steps[0] >= piece.since else [self(step) for step in steps]

    def _piece(self, step: int) -> Piece:
        # the last of several entries at one step wins; a negative step is one nobody asks for
        return self.pieces[max(0, bisect_right(self.pieces, step, key=lambda piece: piece.since) - 1)]

    def momentum(self, step: int) -> float | None:
        """one_cycle's inverse momentum at `step`, frozen while the rate is held or cools down; None: as configured."""
        piece = self.pieces[-1]
        if step < piece.since:
            piece = self._piece(step)
        return piece.schedule.momentum(step - piece.origin) if piece.momentum_held is None else piece.momentum_held

    @property
    def total(self) -> int:
        """The step at which training ends: steps 0 … total − 1 are trained."""
        return self.pieces[-1].total

    @property
    def schedule(self) -> Schedule:
        """The present shape; its step 0 is `origin`."""
        return self.pieces[-1].schedule

    @property
    def origin(self) -> int:
        return self.pieces[-1].origin

    @property
    def multiplier(self) -> float:
        """What live edits multiply the schedule by (1: nothing); of a cool-down, the rate it began at."""
        return self.pieces[-1].gain / self.pieces[-1].unit

    @property
    def held(self) -> float | None:
        """The rate that is held, or None."""
        return self.pieces[-1].held

    @property
    def cooling(self) -> bool:
        return self.pieces[-1].cool_steps > 0

    def curve(self, start: int, n: int) -> list[tuple[int, float]]:
        """(step, rate) at `n` evenly spread steps from `start` to the end, the first and the last among them."""
        return [(step, self(step)) for step in spread(start, self.total, n)]

    def apply(self, entry: Entry) -> "Rate":
        """The rate after `entry`. Raises LrtuiError if the entry lacks what its kind needs or comes out of order."""
        piece = self.pieces[-1]
        if entry.step < piece.since:
            raise LrtuiError(f"the ledger is out of order: {entry.kind} at step {entry.step} after step {piece.since}")
        return Rate((*self.pieces, replace(_EFFECTS[entry.kind](self, entry), since=entry.step)))


def fold(schedule: Schedule, entries: Iterable[Entry]) -> Rate:
    """The rate of `schedule` steered by `entries`, in their order."""
    rate = Rate.of(schedule)
    for entry in entries:
        rate = rate.apply(entry)
    return rate


_T = TypeVar("_T")


def _given(entry: Entry, value: _T | None) -> _T:
    if value is None:
        raise LrtuiError(f"the ledger entry {entry.kind!r} at step {entry.step} is incomplete: {entry}")
    return value


def _scaled(rate: Rate, entry: Entry) -> Piece:
    piece, factor = rate.pieces[-1], _given(entry, entry.value)
    if piece.held is not None:
        return replace(piece, held=piece.held * factor)
    return replace(piece, gain=piece.gain * factor)


def _set(rate: Rate, entry: Entry) -> Piece:
    piece, lr = rate.pieces[-1], _given(entry, entry.value)
    if piece.held is not None:
        return replace(piece, held=lr)
    unit = piece.core(entry.step)
    # nothing times zero makes a rate: only a hold can
    return _held(rate, entry) if multiplier_for(lr, unit) is None else replace(piece, gain=lr, unit=unit)


def multiplier_for(lr: float, unit: float) -> float | None:
    """What makes `lr` of `unit`; None where no finite number does."""
    multiplier = lr / unit if unit > 0.0 else math.inf
    return multiplier if math.isfinite(multiplier) else None


def _held(rate: Rate, entry: Entry) -> Piece:
    return replace(rate.pieces[-1], held=_given(entry, entry.value), momentum_held=rate.momentum(entry.step))


def _released(rate: Rate, entry: Entry) -> Piece:
    piece = rate.pieces[-1]
    return Piece(since=entry.step, schedule=piece.schedule, planned=piece.planned, origin=piece.origin)


def _reshaped(rate: Rate, entry: Entry) -> Piece:
    schedule = _given(entry, entry.schedule)
    return Piece(since=entry.step, schedule=schedule, planned=entry.step + schedule.steps, origin=entry.step)


def _cooled(rate: Rate, entry: Entry) -> Piece:
    return replace(
        _released(rate, entry),
        gain=rate(entry.step),
        cool_steps=_given(entry, entry.steps),
        cool_shape=_given(entry, entry.shape),
        cool_from=entry.step,
        momentum_held=rate.momentum(entry.step),
    )


def _extended(rate: Rate, entry: Entry) -> Piece:
    piece = rate.pieces[-1]
    total = piece.planned + _given(entry, entry.steps)
    if entry.shape == "keep":
        return replace(piece, planned=total)
    origin = entry.step if entry.shape == "restart" else piece.origin
    return replace(piece, planned=total, origin=origin, schedule=replace(piece.schedule, steps=total - origin))


def _kept(rate: Rate, entry: Entry) -> Piece:
    return rate.pieces[-1]


_EFFECTS: dict[Kind, Callable[[Rate, Entry], Piece]] = {
    "scale": _scaled,
    "set": _set,
    "hold": _held,
    "release": _released,
    "reshape": _reshaped,
    "cooldown": _cooled,
    "extend": _extended,
    "reset": _kept,
}
