"""The directory of a run or of a sweep, looked at again and again: whether it is still the same one, what of it cannot
be read, and why nobody trains in it any more.

A directory may be deleted, replaced, torn or forbidden meanwhile: that is something to tell, never an error.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from lrtui.errors import DiskError, LrtuiError
from lrtui.messages import Event
from lrtui.printable import printable
from lrtui.runs.config_table import read_config_table
from lrtui.runs.directory import RunDirectory, disk_error
from lrtui.runs.events import EventReader
from lrtui.runs.lock import holder, is_live
from lrtui.runs.metrics import MetricsReader

#: A lock is free a moment before its dead holder can be asked how it ended.
_PATIENCE_SECONDS = 0.2
_DELETED = "the run has been deleted"
_T = TypeVar("_T")


class DirectoryWatch:
    """What looks at any directory have in common; `clock` is monotonic, in seconds. Use it from one thread at a time.

    A subclass reads what is in the directory, between `_arrive` and `_ended`.
    """

    def __init__(self, run: RunDirectory, clock: Callable[[], float] = time.monotonic) -> None:
        self._run, self._clock = run, clock
        self._identity: tuple[int, int] | None = None
        self._deleted = False
        self._begin()

    def _begin(self) -> None:
        """Know nothing yet."""
        self._told: set[str] = set()
        self._problems: list[str] = []
        self._ending: tuple[str, ...] = ()
        self._holder: object = None
        self._oom: object = None
        self._log = EventReader(self._run.events)
        self._config = read_config_table(self._run)

    def _told_its_end(self) -> bool:
        """Whether the log says how training ended."""
        raise NotImplementedError

    def _arrive(self) -> tuple[bool, bool]:
        """Begin a look: whether another directory stands there now, and whether somebody trains in it."""
        self._problems = []
        anew = self._is_another()
        return anew, self._identity is not None and is_live(self._run)

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

    def _new_events(self) -> list[Event]:
        """What the log has gained; the config is read again where it could not be."""
        if not self._config:
            self._config = read_config_table(self._run)
        events = list(self._readable(self._log.poll()))
        self._skipped("events.jsonl", self._log.skipped)
        return events

    def _readable(self, found: Iterable[_T]) -> Iterator[_T]:
        """What was found, one after another, up to what cannot be read: that is told."""
        try:
            yield from found
        except DiskError as error:
            self._problem(error.message)
        except OSError as error:
            self._problem(disk_error("read", self._run.path, error).message)

    def _lost_metrics(self, metrics: MetricsReader) -> None:
        for sentence in metrics.lost.values():
            self._problem(sentence)
        self._skipped("the metrics", metrics.skipped)

    def _skipped(self, where: str, count: int) -> None:
        if count:
            self._problem(f"lines of {where} that make no sense are left out")

    def _problem(self, sentence: str) -> None:
        if sentence not in self._told:
            self._told.add(sentence)
            self._problems.append(printable(sentence))

    # -- the worker -------------------------------------------------------------------------------------------------

    def _ended(self, live: bool) -> tuple[str, ...]:
        """Why nobody trains, where nobody does and the log does not say so."""
        from lrtui.worker import postmortem

        if live:
            self._ending = ()
            owner = holder(self._run)
            if owner != self._holder:
                self._holder = owner
                self._oom = postmortem.OomWatch.of(owner.pid if owner else "self")
            return ()
        if self._told_its_end():
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
