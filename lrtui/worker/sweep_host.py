"""The process that sweeps: it iterates a sweep, writes its directory, and answers commands and signals."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from lrtui.cluster.pool import Pool
from lrtui.engine import shelf
from lrtui.engine.checkpoint import remove_folder
from lrtui.engine.flat import FlatParameters
from lrtui.engine.inbox import Inbox
from lrtui.engine.state import Answered
from lrtui.engine.sweep import Sweep
from lrtui.engine.sweep_state import LanesLeft, SweepCheckpointDue, retain_states, write_sweep_state
from lrtui.engine.writer import CheckpointWriter
from lrtui.messages import Event, Stopped, Swept, Warned
from lrtui.runs.directory import RunDirectory
from lrtui.runs.lock import RunLock
from lrtui.worker.control import ControlServer
from lrtui.worker.outcomes import Outcomes
from lrtui.worker.recorder import SweepRecorder, saved
from lrtui.worker.signals import stop_on_signals


@dataclass
class SweepHost:
    """One sweep in this process. `opening` are the events that say how it began; `flat` names a lane's parameters.

    The lock must be held; `events` gives it back.
    """

    run: RunDirectory
    lock: RunLock
    sweep: Sweep
    inbox: Inbox
    flat: FlatParameters
    fingerprint: dict[str, str]
    opening: list[Event]
    writer: CheckpointWriter
    pool: Pool | None = None  # of packs that train elsewhere; it ends with the sweep

    def events(self) -> Iterator[Event]:
        """Train, and yield every event once it is on the disk."""
        began = time.monotonic()
        recorder, control, whole = SweepRecorder(self.run), ControlServer(self.run, self.inbox), False
        outcomes = Outcomes(self.writer)
        try:
            control.start()
            with stop_on_signals(self.inbox):
                self._clear()
                for item in self._items():
                    if isinstance(item, SweepCheckpointDue):
                        self._save(item)
                    elif isinstance(item, LanesLeft):
                        self._keep_cut(item)
                    elif isinstance(item, Answered):
                        control.answer(item.asker, item.step, item.events)
                    elif isinstance(item, Swept | Stopped):
                        self.writer.wait()  # the end is told when its state is on the disk, and it is told last
                    for event in (*outcomes.events(self.sweep.step), *self._news()):
                        yield from recorder.record(event)
                        yield event
                    if isinstance(item, Event):
                        event = self._last_words(item, began)
                        yield from recorder.record(event)
                        yield event
            whole = True
        finally:
            if whole:  # otherwise leave at once: what is half written is swept at the next start
                self.writer.close()
            control.close()
            recorder.close()
            if self.pool:
                self.pool.close()
            self.lock.release()

    def _items(self) -> Iterator[object]:
        yield from self.opening
        yield from self.sweep.run(self.inbox)

    def _news(self) -> Iterator[Event]:
        for sentence in self.pool.news() if self.pool else ():
            yield Warned(self.sweep.step, message=sentence)

    def _clear(self) -> None:
        """What a killed writer has left, and the states of cuts that are still to come."""
        shelf.sweep(self.run)
        if self.run.cut.is_dir():
            for folder in self.run.cut.iterdir():
                step = folder.name.partition("-")[0]
                if step.isdecimal() and int(step) > self.sweep.step:
                    remove_folder(folder)

    def _last_words(self, event: Event, began: float) -> Event:
        if isinstance(event, Swept):
            return msgspec.structs.replace(event, seconds=round(time.monotonic() - began, 3))
        if isinstance(event, Stopped):
            return msgspec.structs.replace(event, resume=f"lrtui resume {self.run.name}")
        return event

    def _save(self, due: SweepCheckpointDue) -> None:
        state = due.state

        def job() -> Event:
            write_sweep_state(self.run.checkpoint(state.step), state, self.flat, self.fingerprint)
            retain_states(self.run)
            return saved(self.run, state.step, pinned=False, best=False)

        self.writer.submit(job)

    def _keep_cut(self, due: LanesLeft) -> None:
        state = due.state
        first = min(lane for lanes, _ in state.packs for lane in lanes)
        target = self.run.cut / f"{state.step:09d}-{first:03d}"

        def job() -> None:
            write_sweep_state(target, state, self.flat, self.fingerprint)

        self.writer.submit(job)
