"""Everything a session tells, on disk: a full disk is told once, and what it refused is written when space is back."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Iterator

from lrtui.errors import DiskError
from lrtui.messages import CheckpointSaved, Event, Rewound, Stepped, Warned
from lrtui.runs.directory import RunDirectory
from lrtui.runs.events import EventLog
from lrtui.runs.metrics import MetricsWriter

MOST_WAITING = 100_000  # blocks of steps kept for a disk that refuses them; then the oldest are given up


class Recorder:
    """Writes the events and metrics of `run`, in order. The run's lock must be held."""

    def __init__(self, run: RunDirectory, step: int) -> None:
        self.run = run
        self._log = EventLog(run)
        self._metrics: MetricsWriter | None = MetricsWriter(run, step)
        self._start = step
        self._waiting: deque[Event] = deque(maxlen=MOST_WAITING)
        self._refused = False

    def record(self, event: Event) -> Iterator[Event]:
        """Write `event`, after those a full disk refused before it. Yields the warnings to tell."""
        self._waiting.append(event)
        try:
            while self._waiting:
                self._write(self._waiting[0])
                self._waiting.popleft()
        except DiskError as error:
            if not self._refused:
                self._refused = True
                yield Warned(event.step, message=f"{error.message}; training goes on, what is not written waits")
            return
        if self._refused:
            self._refused = False
            yield Warned(event.step, message="the disk takes writes again: everything that waited is written")

    def _write(self, event: Event) -> None:
        if isinstance(event, Stepped):
            if self._metrics is None:
                self._metrics = MetricsWriter(self.run, self._start)
            self._metrics.write(event)
            return
        self._log.append(event)
        if isinstance(event, Rewound):
            self._branch(event.to)

    def _branch(self, step: int) -> None:
        """Begin a new segment: at once, so that readers see where training stands while it waits."""
        if self._metrics is not None:
            self._metrics.close()
        self._metrics, self._start = None, step
        with contextlib.suppress(DiskError):  # the next block tries again, and tells
            self._metrics = MetricsWriter(self.run, step)

    def close(self) -> None:
        self._log.close()
        if self._metrics is not None:
            self._metrics.close()


def saved(run: RunDirectory, step: int, *, pinned: bool, best: bool) -> CheckpointSaved:
    """The event of a checkpoint that is on the disk."""
    return CheckpointSaved(step, path=str(run.checkpoint(step).relative_to(run.path)), pinned=pinned, best=best)
