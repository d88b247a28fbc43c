"""How fast a run trains: a mean over the newest looks that no pause, rewind or single stall distorts."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

WINDOW_SECONDS = 15.0
#: Steps come in blocks, and a slow model's seldom: fewer arrivals than this tell little.
_FEWEST = 4
_MOST = 64


@dataclass(frozen=True, slots=True)
class Pace:
    """`arrivals` are the newest (seconds, step) at which a look found new steps; `speed` is in steps a second.

    `speed` is None until two arrivals have been seen, and stays at what it was while training halts.
    """

    arrivals: tuple[tuple[float, int], ...] = ()
    speed: float | None = None

    def after(self, now: float, step: int) -> Pace:
        """The pace after a look at `now` that found `step` steps trained, while training goes on."""
        if not self.arrivals or step < self.arrivals[-1][1]:
            return Pace(((now, step),), self.speed)
        last, known = self.arrivals[-1]
        if now <= last:
            return self
        if step == known:
            return self._waiting(now)
        arrivals = (*self.arrivals, (now, step))[-_MOST:]
        while len(arrivals) > _FEWEST and now - arrivals[1][0] > WINDOW_SECONDS:
            arrivals = arrivals[1:]
        return Pace(arrivals, _mean(arrivals))

    def halted(self) -> Pace:
        """The pace while nobody trains: what is waited now must not count later."""
        return Pace((), self.speed) if self.arrivals else self

    def _waiting(self, now: float) -> Pace:
        """No step came: where that takes much longer than it ever took, training has become slow."""
        if len(self.arrivals) < 2 or self.speed is None:
            return self
        times = [time for time, _ in self.arrivals]
        longest = max(after - before for before, after in pairwise(times))
        if now - times[-1] < 2 * longest + 1:
            return self
        steps = self.arrivals[-1][1] - self.arrivals[0][1]
        return Pace(self.arrivals, steps / (now - times[0]))


def _mean(arrivals: tuple[tuple[float, int], ...]) -> float:
    """Steps by seconds over all intervals; of many, the slowest and the fastest are left out."""
    intervals = [(later - earlier, more - fewer) for (earlier, fewer), (later, more) in pairwise(arrivals)]
    if len(intervals) >= 8:
        intervals = sorted(intervals, key=lambda one: one[1] / one[0])[1:-1]
    return sum(steps for _, steps in intervals) / sum(seconds for seconds, _ in intervals)
