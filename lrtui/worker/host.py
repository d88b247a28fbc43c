"""The process that trains: it iterates a session, writes the run directory, and answers signals."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import msgspec

from lrtui.cluster.torchrun import torchrun_command
from lrtui.engine import shelf
from lrtui.engine.build import Workplace
from lrtui.engine.checkpoint import Origin, write_checkpoint, write_state
from lrtui.engine.inbox import Inbox
from lrtui.engine.ranks import RankLostError
from lrtui.engine.session import Session
from lrtui.engine.state import Answered, CheckpointDue, Snapshot, UndoDue
from lrtui.engine.writer import CheckpointWriter
from lrtui.messages import Event, Finished, Rewound, Stopped, Warned
from lrtui.runs.directory import RunDirectory
from lrtui.runs.lock import RunLock
from lrtui.worker.control import ControlServer
from lrtui.worker.outcomes import Outcomes
from lrtui.worker.recorder import Recorder, saved
from lrtui.worker.signals import stop_on_signals

READ_BACK_SECONDS = 0.1
MOST_WAITING = 8  # states that wait for the disk; more undo states are not queued


class Pulse:
    """True about ten times a second: often enough for a screen, seldom enough to cost nothing."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.next = 0.0

    def __call__(self) -> bool:
        now = self.clock()
        if now < self.next:
            return False
        self.next = now + READ_BACK_SECONDS
        return True


@dataclass
class Host:
    """One run in this process. `opening` are the events that say how it began; `rewinds` are those of its history.

    The lock must be held; `events` gives it back.
    """

    run: RunDirectory
    lock: RunLock
    place: Workplace
    session: Session
    inbox: Inbox
    origin: Origin
    opening: list[Event]
    writer: CheckpointWriter
    rewinds: list[Rewound] = field(default_factory=list)
    save_first: bool = False  # the first state is like no checkpoint: write it before anything else
    _late: tuple[CheckpointDue, int] | None = None

    def events(self) -> Iterator[Event]:
        """Train, and yield every event once it is on the disk."""
        began = time.monotonic()
        recorder = Recorder(self.run, self.session.live.step)
        self._outcomes = Outcomes(self.writer)
        control = ControlServer(self.run, self.inbox)
        whole = False
        try:
            control.start()
            with stop_on_signals(self.inbox):
                yield from self._open(recorder)
                for item in self.session.run(self.inbox):
                    if isinstance(item, CheckpointDue):
                        self._save(item)
                    elif isinstance(item, UndoDue):
                        self._keep_undo(item)
                    elif isinstance(item, Answered):
                        control.answer(item.asker, item.step, item.events)
                    elif isinstance(item, Event):
                        yield from self._tell(item, recorder, began)
                    yield from self._collect(recorder)
            whole = True
        except RankLostError as lost:
            yield from recorder.record(Warned(self.session.live.step, message=lost.sentence))
            raise
        finally:
            if whole:  # otherwise leave at once: what is half written is swept at the next start
                self.writer.close()
            control.close()
            recorder.close()
            self.lock.release()

    def _open(self, recorder: Recorder) -> Iterator[Event]:
        shelf.sweep(self.run)
        for event in self.opening:
            yield from recorder.record(event)
            yield event
        self._drop_ghosts()
        if self.save_first:
            self._save(CheckpointDue(self.session.live.capture()))
            self.writer.wait()

    def _tell(self, event: Event, recorder: Recorder, began: float) -> Iterator[Event]:
        if isinstance(event, Finished | Stopped):
            self._save_late()
            self.writer.wait()
            yield from self._collect(recorder)
        if isinstance(event, Finished):
            event = msgspec.structs.replace(event, seconds=round(time.monotonic() - began, 3))
        if isinstance(event, Stopped):
            event = msgspec.structs.replace(event, resume=f"{self._program()} resume {self.run.name}")
        yield from recorder.record(event)
        if isinstance(event, Rewound):
            self.rewinds.append(event)
            self._late = None
            self._drop_ghosts()
        yield event

    def _program(self) -> str:
        """How this process was started, in words that start it again."""
        ranks = self.place.ranks
        return "lrtui" if ranks is None else torchrun_command(ranks.size, ranks.neighbours)

    # -- checkpoints ----------------------------------------------------------------------------------------------

    def _save(self, due: CheckpointDue) -> None:
        if due.optional and self.writer.backlog:
            if due.best:
                self._late = (due, len(self.rewinds))
            return
        self._submit(due, len(self.rewinds))

    def _save_late(self) -> None:
        """The best checkpoint that found the disk busy."""
        if self._late is not None:
            self._submit(*self._late)
            self._late = None

    def _submit(self, due: CheckpointDue, rewinds: int) -> None:
        snapshot = due.snapshot.to_cpu()  # copied between two steps; written while training goes on
        line, flat, step = tuple(self.rewinds[:rewinds]), self.place.train.flat, due.snapshot.step

        def job() -> Event:
            pinned = due.pinned or shelf.is_pinned(self.run, step, line)
            write_checkpoint(self.run, snapshot, flat, self.origin, rewinds=rewinds, pinned=pinned, best=due.best)
            shelf.retain(self.run, self.place.config.train.keep, line)
            return saved(self.run, step, pinned=due.pinned, best=due.best)

        self.writer.submit(job)

    def _keep_undo(self, due: UndoDue) -> None:
        if self.writer.backlog >= MOST_WAITING:
            return  # a key held down on a slow disk: memory still has the state
        snapshot, rewinds = due.snapshot.to_cpu(), len(self.rewinds)
        entries = len(snapshot.progress.entries)
        target = self.run.undo_state(snapshot.step, entries)

        def job() -> None:
            write_state(target, snapshot, self.place.train.flat, self.origin, rewinds=rewinds)
            shelf.retain_undo(self.run, entries + 1)

        self.writer.submit(job)

    def _drop_ghosts(self) -> None:
        rewinds, entries = tuple(self.rewinds), len(self.session.live.progress.entries)

        def job() -> None:
            shelf.drop_ghosts(self.run, rewinds)
            shelf.retain_undo(self.run, entries)

        self.writer.submit(job)

    def _collect(self, recorder: Recorder) -> Iterator[Event]:
        """Tell what the writer has done."""
        if self._late is not None and not self.writer.backlog:
            self._save_late()
        for event in self._outcomes.events(self.session.live.step):
            yield from recorder.record(event)
            yield event

    def recall(self, step: int, entries: int) -> Snapshot | None:
        """The state before a change, from the disk, for an undo whose state memory no longer holds."""
        self.writer.wait()
        return shelf.recall(self.run, self.place.train.flat, self.rewinds, step, entries)
