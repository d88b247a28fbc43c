"""One look after another at a run's directory: what is new in it, and whether anybody still trains it.

A directory may be deleted, replaced, torn or forbidden meanwhile: that is something to tell, never an error.
"""

from __future__ import annotations

import os
import time
from array import array
from collections.abc import Callable, Iterable
from math import isfinite
from typing import TypeVar

from lrtui.errors import DiskError, LrtuiError
from lrtui.messages import Event
from lrtui.printable import printable
from lrtui.runs.config_table import read_config_table
from lrtui.runs.directory import RunDirectory, disk_error
from lrtui.runs.events import EventReader, SampleLine, SampleReader
from lrtui.runs.history import History, HistoryFold
from lrtui.runs.lock import holder, is_live
from lrtui.runs.metrics import Block, MetricsReader, joined
from lrtui.tui.buckets import Numbers
from lrtui.tui.state import Seen

#: Steps whose losses make the training loss that is shown.
TAIL = 100
#: A lock is free a moment before its dead holder can be asked how it ended.
_PATIENCE_SECONDS = 0.2
_DELETED = "the run has been deleted"
_T = TypeVar("_T")


class Watch:
    """Looks at `run`, live or long over; `clock` is monotonic, in seconds. Use it from one thread at a time."""

    def __init__(self, run: RunDirectory, clock: Callable[[], float] = time.monotonic) -> None:
        self._run, self._clock = run, clock
        self._identity: tuple[int, int] | None = None
        self._deleted = False
        self._begin()

    def look(self) -> Seen:
        """What is new since the look before. Never raises; what cannot be read is among its problems."""
        self._problems: list[str] = []
        anew = self._is_another()
        live = self._identity is not None and is_live(self._run)  # asked first: a last word is then still read
        events, samples = self._read()
        now = self._clock()
        return Seen(
            now=now,
            live=live,
            config=self._config,
            numbers=self._shown,
            history=self._history,
            step=self._tail.step,
            train_loss=self._tail.train_loss(self._numbers),
            lr=self._tail.rate(self._numbers),
            grad_norm=self._tail.grad_norm,
            events=tuple(events),
            samples=tuple(samples),
            ending=self._ended(live),
            problems=tuple(self._problems),
            deleted=self._deleted,
            anew=anew,
        )

    # -- the directory ----------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        """Know nothing yet."""
        self._log, self._samples = EventReader(self._run.events), SampleReader(self._run)
        self._metrics = MetricsReader(self._run)
        self._fold, self._history = HistoryFold(), History()
        self._numbers, self._shown, self._tail = Numbers(), Numbers(), _Tail()
        self._config = read_config_table(self._run)
        self._told: set[str] = set()
        self._ending: tuple[str, ...] = ()
        self._holder: object = None
        self._oom: object = None

    def _is_another(self) -> bool:
        """Whether another directory stands where the one looked at before stood; that one is then forgotten."""
        try:
            status = os.stat(self._run.path)
        except OSError as error:
            self._deleted = isinstance(error, FileNotFoundError)
            if self._identity is not None or not self._told:
                self._identity = None
                why = _DELETED if self._deleted else disk_error("read", self._run.path, error).message
                self._problem(why)
            return False
        self._deleted = False
        identity = (status.st_dev, status.st_ino)
        another = self._identity != identity and (self._identity is not None or bool(self._told))
        self._identity = identity
        if another:
            self._begin()
        return another

    def _read(self) -> tuple[list[Event], list[SampleLine]]:
        # Events first: what they speak of is then among the steps.
        events = self._all(self._log.poll())
        blocks = self._all(joined(self._metrics.poll()))
        samples = self._all(self._samples.poll())
        for event in events:
            self._fold.add(event)
        if events or self._history.skipped != self._log.skipped:
            self._history = self._fold.history(self._log.skipped)
            self._skipped("events.jsonl", self._log.skipped)
        for block in blocks:
            self._numbers.add(block)
            self._tail.add(block)
        if blocks:
            self._shown = self._numbers.snapshot()
        self._skipped("the metrics", self._metrics.skipped)
        if not self._config:
            self._config = read_config_table(self._run)
        return events, samples

    def _all(self, found: Iterable[_T]) -> list[_T]:
        taken: list[_T] = []
        try:
            taken.extend(found)
        except DiskError as error:
            self._problem(error.message)
        except OSError as error:
            self._problem(disk_error("read", self._run.path, error).message)
        return taken

    def _skipped(self, where: str, count: int) -> None:
        if count:
            self._problem(f"lines of {where} that make no sense are left out")

    def _problem(self, sentence: str) -> None:
        if sentence not in self._told:
            self._told.add(sentence)
            self._problems.append(printable(sentence))

    # -- the worker -------------------------------------------------------------------------------------------------

    def _ended(self, live: bool) -> tuple[str, ...]:
        """Why nobody trains, where nobody does and the run itself did not say so."""
        from lrtui.worker import postmortem

        if live:
            self._ending = ()
            owner = holder(self._run)
            if owner != self._holder:
                self._holder = owner
                self._oom = postmortem.OomWatch.of(owner.pid if owner else "self")
            return ()
        if self._history.finished or self._history.stopped:
            return ()
        if self._identity is None:
            return (_DELETED,)
        if not self._ending:
            self._ending = self._explained()
        return self._ending

    def _explained(self) -> tuple[str, ...]:
        from lrtui.worker import postmortem

        deadline = time.monotonic() + _PATIENCE_SECONDS
        known = postmortem.will_be_known(self._run)
        while (code := postmortem.exit_code(self._run)) is None and known and time.monotonic() < deadline:
            time.sleep(0.005)
        struck = isinstance(self._oom, postmortem.OomWatch) and self._oom.struck()
        try:
            return postmortem.explain(self._run, code, struck)
        except (LrtuiError, OSError) as error:
            return (printable(str(error)),)


class _Tail:
    """The newest steps: where they end, their losses, the rate and the norm of the last."""

    def __init__(self) -> None:
        self.step = 0
        self.lr: float | None = None
        self.grad_norm: float | None = None
        self._losses = array("d")

    def add(self, block: Block) -> None:
        if block.step != self.step:  # a rewind, or steps that a full disk refused
            self._losses, self.lr, self.grad_norm = array("d"), None, None
        self.step = block.step + len(block.loss)
        if block.loss:
            self._losses = (self._losses + block.loss[-TAIL:])[-TAIL:]
            self.lr, self.grad_norm = _finite(block.lr[-1]), _finite(block.grad_norm[-1])

    def train_loss(self, numbers: Numbers) -> float | None:
        """The mean of the last losses; right after a rewind, of the bucket before it."""
        if not self._losses:
            return _finite(numbers.branch.mean[-1]) if numbers.branch.mean else None
        known = [loss for loss in self._losses if isfinite(loss)]
        return sum(known) / len(known) if known else float("nan")

    def rate(self, numbers: Numbers) -> float | None:
        """The rate of the last step; right after a rewind, of the one before it."""
        if self.lr is None and numbers.branch.lr:
            return _finite(numbers.branch.lr[-1])
        return self.lr


def _finite(value: float) -> float | None:
    return value if isfinite(value) else None
