"""Two sides timed in turns: on a machine that others use too, only their ratio within one run means something.

A slow moment of the machine meets both sides of a round alike; medians forget the rounds where it met one alone. No
torch here: what a side does is its own affair.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Protocol

Clock = Callable[[], float]


class Side(Protocol):
    """One of the two."""

    def ready(self) -> None:
        """Set the process up for this side's turn; not timed."""
        ...

    def work(self) -> int:
        """Train for a moment; the number of steps made, at least 1."""
        ...


@dataclass(frozen=True)
class Outcome:
    """Steps a second of each side, a pair a round."""

    ours: tuple[float, ...]
    plain: tuple[float, ...]

    @property
    def ratios(self) -> tuple[float, ...]:
        """Ours ÷ plain within each round."""
        return tuple(a / b for a, b in zip(self.ours, self.plain, strict=True))

    @property
    def ratio(self) -> float:
        """The median of the rounds' ratios."""
        return median(self.ratios)


def contest(ours: Side, plain: Side, seconds: float, rounds: int, clock: Clock = time.perf_counter) -> Outcome:
    """Let both train in turns of `seconds`, ours first, `rounds` times, after one turn each that does not count."""
    for side in (ours, plain):
        turn(side, min(seconds, 1.0), clock)
    pairs = [(turn(ours, seconds, clock), turn(plain, seconds, clock)) for _ in range(rounds)]
    return Outcome(tuple(a for a, _ in pairs), tuple(b for _, b in pairs))


def turn(side: Side, seconds: float, clock: Clock) -> float:
    """Steps a second of one turn, which lasts at least `seconds` and one piece of work."""
    side.ready()
    steps, began = 0, clock()
    while True:
        steps += side.work()
        elapsed = clock() - began
        if elapsed >= seconds:
            return steps / elapsed
