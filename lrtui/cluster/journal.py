"""What a worker has been asked since the last state that is known of its packs: should it be lost, another does that.

Packs are functions of their state and of what is asked of them, so the other one ends in the same bits.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from lrtui.cluster.wire import Capture, Done, Frame, Keep, Make, Restore, Steer, Train


@dataclass
class _Entry:
    """A pack: its lanes as they are now, how it is made up to its last known state, and what was asked since."""

    now: Make
    opening: list[Frame]
    since: list[Frame] = field(default_factory=list)
    trained: float = 0.0

    def known(self, state: Restore) -> None:
        self.opening, self.since, self.trained = [self.now, state], [], 0.0


class Journal:
    """Follows one worker."""

    def __init__(self) -> None:
        self._entries: dict[int, _Entry] = {}

    def note(self, job: Frame, done: Done, seconds: float = 0.0) -> None:
        """`job` was done, in so many `seconds`."""
        if isinstance(job, Make):
            self._entries[job.pack] = _Entry(job, [job])
        elif isinstance(job, Capture):
            self._entries[job.pack].known(Restore(job.pack, done.tensors, done.updates))
        elif isinstance(job, Restore):
            self._entries[job.pack].known(job)
        elif isinstance(job, Keep) and not job.places:
            del self._entries[job.pack]
        elif isinstance(job, Train | Keep | Steer):
            entry = self._entries[job.pack]
            entry.now = _after(entry.now, job)
            entry.since.append(job)
            entry.trained += seconds

    def jobs(self) -> list[Frame]:
        """All that makes the packs what they are."""
        return [job for entry in self._entries.values() for job in (*entry.opening, *entry.since)]

    def unsaved(self, pack: int) -> float:
        """Seconds of training that are in no known state of this pack."""
        return self._entries[pack].trained


def _after(now: Make, job: Frame) -> Make:
    """The pack that `now` makes, with its lanes as `job` leaves them."""
    lanes, rates = list(now.lanes), list(now.rates)
    if isinstance(job, Keep):
        lanes, rates = [lanes[i] for i in job.places], [rates[i] for i in job.places]
    elif isinstance(job, Steer):
        rates[job.place] = job.rate
    return Make(now.pack, now.seed, lanes, rates)
