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
Turn = Callable[[float], float]  # train for at least so many seconds → steps a second


class Side(Protocol):
    """One of the two, where it trains in this process."""

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
    theirs: tuple[float, ...]

    @property
    def ratios(self) -> tuple[float, ...]:
        """Ours ÷ theirs within each round."""
        return tuple(a / b for a, b in zip(self.ours, self.theirs, strict=True))

    @property
    def ratio(self) -> float:
        """The median of the rounds' ratios."""
        return median(self.ratios)


def contest(ours: Turn, theirs: Turn, seconds: float, rounds: int) -> Outcome:
    """Let both train in turns of `seconds`, ours first, `rounds` times, after one turn each that does not count."""
    for turn in (ours, theirs):
        turn(min(seconds, 1.0))
    pairs = [(ours(seconds), theirs(seconds)) for _ in range(rounds)]
    return Outcome(tuple(a for a, _ in pairs), tuple(b for _, b in pairs))


def turns(side: Side, clock: Clock = time.perf_counter) -> Turn:
    """The turns of a side in this process: each lasts its time or one piece of work."""

    def turn(seconds: float) -> float:
        side.ready()
        steps, began = 0, clock()
        while True:
            steps += side.work()
            elapsed = clock() - began
            if elapsed >= seconds:
                return steps / elapsed

    return turn
