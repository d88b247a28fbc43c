"""What survived: the fold of a run's events into the ledger, the rewinds and the ending a resume or a replay needs.

A run that was steered, undone, rolled back, killed and resumed has a log of everything that happened; only part of it
is still true of the weights. The rules of which part live here, once.
"""

from bisect import insort_right
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from lrtui.lr.ledger import Entry
from lrtui.messages import (
    Evaluated,
    Event,
    Finished,
    RateChanged,
    Rewound,
    RunResumed,
    RunStarted,
    ScriptDone,
    Stopped,
)
from lrtui.runs.directory import RunDirectory
from lrtui.runs.events import EventReader


class Deed(NamedTuple):
    """A change, or a way back; `taken_back` is what undid a change (undo, rollback, resume), empty where it stands."""

    event: RateChanged | Rewound
    taken_back: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The surviving story of a run.

    `changes` are the events of `entries`, one each; `deeds` are these, those that were taken back and the rewinds, in
    the order in which they happened. `rewinds` tell to which steps training went back, in order.
    `inexact` are the resumes that survive and were not exact.
    `script` is the `--at` script and `script_done` the indices of its lines that must not run again. `finished` and
    `stopped` tell how the last attempt ended; both None means live or killed. `steps` is where training ends, with
    every extension and cool-down. `last_step` is the step of the last event, after rewinds: steps trained since then
    are in the metrics. `skipped` counts unreadable lines.
    """

    started: RunStarted | None = None
    entries: tuple[Entry, ...] = ()
    changes: tuple[RateChanged, ...] = ()
    deeds: tuple[Deed, ...] = ()
    rewinds: tuple[Rewound, ...] = ()
    evaluations: tuple[Evaluated, ...] = ()
    inexact: tuple[RunResumed, ...] = ()
    script: tuple[str, ...] = ()
    script_done: frozenset[int] = frozenset()
    finished: Finished | None = None
    stopped: Stopped | None = None
    steps: int = 0
    last_step: int = 0
    skipped: int = 0


@dataclass(slots=True)
class HistoryFold:
    """The fold in progress: `add` events in their order, then take `history()`; adding may go on afterwards."""

    _started: RunStarted | None = None
    _changes: list[RateChanged] = field(default_factory=list)
    _deeds: list[Deed] = field(default_factory=list)
    _rewinds: list[Rewound] = field(default_factory=list)
    _evaluations: list[Evaluated] = field(default_factory=list)
    _inexact: list[RunResumed] = field(default_factory=list)
    _script_done: set[int] = field(default_factory=set)
    _ending: Finished | Stopped | None = None
    #: (number of entries, the total there): what a start and each resume said
    _totals: list[tuple[int, int]] = field(default_factory=list)
    _last_step: int = 0

    def add(self, event: Event) -> None:
        self._last_step = event.to if isinstance(event, Rewound) else event.step
        if isinstance(event, RateChanged | Rewound | ScriptDone) and event.script is not None:
            self._script_done.add(event.script)
        match event:
            case RunStarted():
                self._started, self._totals, self._ending = event, [(0, event.steps)], None
            case RunResumed():
                # The ledger stays whole: entries beyond the checkpoint are applied again as training reaches them.
                self._ending = None
                self._drop_totals_after(event.entries)
                self._totals.append((event.entries, event.steps))
                self._drop_evaluations_after(event.step)
                self._drop_inexact_after(event.step)
                if event.badge != "exact":
                    self._inexact.append(event)
            case RateChanged(replayed=False):
                # after a resume, a new change may come before known ones that are still to be applied again
                insort_right(self._changes, event, key=lambda change: change.entry.step)
                self._deeds.append(Deed(event))
            case Rewound():
                self._take_back(event)
                self._drop_totals_after(event.entries)
                self._rewinds.append(event)
                self._drop_evaluations_after(event.to)
                self._drop_inexact_after(event.to)
            case Evaluated():
                self._drop_evaluations_after(event.step - 1)
                self._evaluations.append(event)
            case Finished() | Stopped():
                self._ending = event

    def _take_back(self, rewound: Rewound) -> None:
        kept = max(rewound.entries, 0)
        gone = {id(change) for change in self._changes[kept:]}
        del self._changes[kept:]
        if gone:
            cause = rewound.cause
            self._deeds = [Deed(deed.event, cause) if id(deed.event) in gone else deed for deed in self._deeds]
        self._deeds.append(Deed(rewound))

    def _drop_evaluations_after(self, step: int) -> None:
        while self._evaluations and self._evaluations[-1].step > step:
            self._evaluations.pop()

    def _drop_totals_after(self, entries: int) -> None:
        while len(self._totals) > 1 and self._totals[-1][0] > entries:
            self._totals.pop()

    def _steps(self) -> int:
        since, steps = self._totals[-1] if self._totals else (0, 0)
        return total_steps(steps, [change.entry for change in self._changes[since:]])

    def _drop_inexact_after(self, step: int) -> None:
        self._inexact = [resumed for resumed in self._inexact if resumed.step <= step]

    def history(self, skipped: int = 0) -> History:
        return History(
            started=self._started,
            entries=tuple(change.entry for change in self._changes),
            changes=tuple(self._changes),
            deeds=tuple(self._deeds),
            rewinds=tuple(self._rewinds),
            evaluations=tuple(self._evaluations),
            inexact=tuple(self._inexact),
            script=tuple(self._started.script) if self._started else (),
            script_done=frozenset(self._script_done),
            finished=self._ending if isinstance(self._ending, Finished) else None,
            stopped=self._ending if isinstance(self._ending, Stopped) else None,
            steps=self._steps(),
            last_step=self._last_step,
            skipped=skipped,
        )


def total_steps(steps: int, entries: Iterable[Entry]) -> int:
    """Where a run of `steps` steps ends after these entries: `lr.ledger.Rate.total`, without needing the schedule."""
    planned = total = steps
    for entry in entries:
        match entry.kind:
            case "cooldown":
                total = entry.step + (entry.steps or 0)
            case "extend":
                total = planned = planned + (entry.steps or 0)
            case "release" | "reshape":
                total = planned
    return total


def fold_history(events: Iterable[Event]) -> History:
    """The history that these events, in the order they were written, leave behind."""
    fold = HistoryFold()
    for event in events:
        fold.add(event)
    return fold.history()


def read_history(run: RunDirectory) -> History:
    """The history of a run on disk, live or dead. Raises DiskError where its log cannot be read."""
    reader = EventReader(run.events)
    history = fold_history(reader.poll())
    return replace(history, skipped=reader.skipped)
