"""Everything a session tells, on disk: a full disk is told once, and what it refused is written when space is back."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Iterator

from lrtui.errors import DiskError
from lrtui.messages import CheckpointSaved, Event, LanesCut, LanesStepped, Rewound, Stepped, Warned
from lrtui.runs.directory import RunDirectory, disk_errors
from lrtui.runs.events import EventLog
from lrtui.runs.metrics import MetricsWriter

MOST_WAITING = 100_000  # blocks of steps kept for a disk that refuses them; then the oldest are given up


class PatientRecorder:
    """Writes the events of `run`, in order. The run's lock must be held. `_put` says where what belongs."""

    def __init__(self, run: RunDirectory) -> None:
        self.run = run
        self._log = EventLog(run)
        self._waiting: deque[Event] = deque(maxlen=MOST_WAITING)
        self._refused = False

    def record(self, event: Event) -> Iterator[Event]:
        """Write `event`, after those a full disk refused before it. Yields the warnings to tell."""
        self._waiting.append(event)
        try:
            while self._waiting:
                self._put(self._waiting[0])
                self._waiting.popleft()
        except DiskError as error:
            if not self._refused:
                self._refused = True
                yield Warned(event.step, message=f"{error.message}; training goes on, what is not written waits")
            return
        if self._refused:
            self._refused = False
            yield Warned(event.step, message="the disk takes writes again: everything that waited is written")

    def _put(self, event: Event) -> None:
        self._log.append(event)

    def close(self) -> None:
        self._log.close()


class Recorder(PatientRecorder):
    """Writes the events and metrics of a run, from `step` on."""

    def __init__(self, run: RunDirectory, step: int) -> None:
        super().__init__(run)
        self._metrics: MetricsWriter | None = MetricsWriter(run, step)
        self._start = step

    def _put(self, event: Event) -> None:
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
        super().close()
        if self._metrics is not None:
            self._metrics.close()


class SweepRecorder(PatientRecorder):
    """Writes the events of a sweep, and the metrics of its lanes, each into a folder of its own."""

    def __init__(self, run: RunDirectory) -> None:
        super().__init__(run)
        self._lanes: dict[int, MetricsWriter] = {}
        self._done = 0  # lanes of the block in hand that are written: a full disk may come between two

    def _put(self, event: Event) -> None:
        if not isinstance(event, LanesStepped):
            super()._put(event)
            for lane in event.lanes if isinstance(event, LanesCut) else ():
                self._close(lane)
            return
        columns = zip(event.lanes, event.loss, event.lr, event.grad_norm, strict=True)
        for lane, loss, lr, norms in list(columns)[self._done :]:
            block = Stepped(event.step, n=len(loss), loss=loss, lr=lr, grad_norm=norms)
            self._writer(lane, event.step).write(block)
            self._done += 1
        self._done = 0

    def _writer(self, lane: int, step: int) -> MetricsWriter:
        if lane not in self._lanes:
            folder = self.run.lane(lane)
            with disk_errors("create", folder.path):
                folder.path.mkdir(parents=True, exist_ok=True)
            self._lanes[lane] = MetricsWriter(folder, step)
        return self._lanes[lane]

    def _close(self, lane: int) -> None:
        writer = self._lanes.pop(lane, None)
        if writer is not None:
            writer.close()

    def close(self) -> None:
        super().close()
        for lane in list(self._lanes):
            self._close(lane)


def saved(run: RunDirectory, step: int, *, pinned: bool, best: bool) -> CheckpointSaved:
    """The event of a checkpoint that is on the disk."""
    return CheckpointSaved(step, path=str(run.checkpoint(step).relative_to(run.path)), pinned=pinned, best=best)
