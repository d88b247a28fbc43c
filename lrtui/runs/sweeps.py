"""A sweep on disk: a run directory with a `sweep.json`, and a folder of metrics for each of its lanes.

```
checkpoints/<sweep>/
  config.toml                 what every lane has in common
  sweep.json                  the plan: rates, seeds, pruning, how lanes train
  events.jsonl                sweep_started, lanes_evaluated, lanes_cut, lane_kept, …, swept
  lanes/000/metrics-000.jsonl the steps of lane 0, as a run has them: `read_metrics(run.lane(0))`
  steps/000000500/            the state of every lane that trains: state.json, pack-000.safetensors, MANIFEST.json
  cut/000000125/              the states of the lanes that were cut there, in the same form
```
Lane `r·S + s` has rate number r and seed number s of S seeds. No torch here.
"""

from __future__ import annotations

import os
from bisect import insort_right
from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from lrtui.errors import UsageError
from lrtui.messages import (
    Event,
    LaneKept,
    LaneRow,
    LanesCut,
    LanesEvaluated,
    PruningChanged,
    Stopped,
    SweepResumed,
    SweepStarted,
    Swept,
)
from lrtui.runs.directory import RunDirectory, disk_errors, sync_directory
from lrtui.runs.events import UNREADABLE, EventReader
from lrtui.runs.plain_files import read_plain

#: changes by hand, which a resume carries out again at their steps
ByHand = LanesCut | LaneKept | PruningChanged


class SweepPlan(msgspec.Struct, frozen=True, kw_only=True):
    """`sweep.json`. `mode` is lanes, turns or processes, `because` says why; `devices` are as PyTorch names them.
    `engine` is local, ray or ray:ADDRESS; with Ray, there is a worker for each of the devices.

    `chunk` is how many steps lie between two boundaries at most: it decides where lanes are compacted, and so bits.
    """

    format: int = 1
    rates: list[float]
    seeds: list[int]
    eta: int = 0
    rungs: list[int] = []
    mode: str = "lanes"
    because: str = ""
    chunk: int = 1
    devices: list[str] = []
    engine: str = "local"

    @property
    def lanes(self) -> int:
        return len(self.rates) * len(self.seeds)

    def rows(self) -> list[LaneRow]:
        """Every lane as it begins."""
        pairs = [(rate, seed) for rate in self.rates for seed in self.seeds]
        return [LaneRow(lane=lane, rate=rate, seed=seed) for lane, (rate, seed) in enumerate(pairs)]


def write_plan(run: RunDirectory, plan: SweepPlan) -> None:
    """Mark `run` as a sweep. Raises DiskError."""
    with disk_errors("write", run.sweep_json), run.sweep_json.open("wb") as file:
        file.write(msgspec.json.encode(plan) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    sync_directory(run.path)


def read_plan(run: RunDirectory) -> SweepPlan | None:
    """The plan of a sweep; None for a run, and for a plan that cannot be read."""
    try:
        return msgspec.json.decode(read_plain(run.sweep_json), type=SweepPlan)
    except (OSError, *UNREADABLE):
        return None


def is_sweep(run: RunDirectory) -> bool:
    """Whether the directory is that of a sweep. One look at the disk."""
    return run.sweep_json.is_file()


def refuse_sweep(run: RunDirectory) -> None:
    """Raises UsageError where `run` is a sweep, for what only a run can do."""
    if is_sweep(run):
        raise UsageError(f"{run.name} is a sweep, not a run", f"Make a run of a lane: lrtui promote {run.name} [LANE].")


# -- the story of a sweep -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepHistory:
    """What survives of a sweep's log: `rows` as they stand, changes `by_hand` in order, and how it ended.

    `evaluations` are (step, lane → validation loss). `swept` and `stopped` are None while it is live or was killed.
    """

    started: SweepStarted | None = None
    rows: tuple[LaneRow, ...] = ()
    by_hand: tuple[ByHand, ...] = ()
    cuts: tuple[LanesCut, ...] = ()
    evaluations: tuple[tuple[int, dict[int, float | None]], ...] = ()
    eta: int = 0
    rungs: tuple[int, ...] = ()
    swept: Swept | None = None
    stopped: Stopped | None = None
    last_step: int = 0
    skipped: int = 0


@dataclass(slots=True)
class SweepFold:
    """The fold in progress: `add` events in their order, then take `history()`; adding may go on afterwards.

    A resume from step s takes back what the log has of later steps; only what was done by hand stays, to be done again.
    """

    _started: SweepStarted | None = None
    _cuts: list[LanesCut] = field(default_factory=list)
    _by_hand: list[ByHand] = field(default_factory=list)
    _evaluations: list[tuple[int, dict[int, float | None]]] = field(default_factory=list)
    _swept: Swept | None = None
    _stopped: Stopped | None = None
    _last_step: int = 0

    def add(self, event: Event) -> None:
        self._last_step = event.step
        match event:
            case SweepStarted():
                self._started = event
            case SweepResumed():
                self._swept = self._stopped = None
                self._take_back_cuts(event)
                self._evaluations = [pair for pair in self._evaluations if pair[0] <= event.step]
            case LanesCut():
                self._cuts.append(event)
                if event.cause == "killed" and not event.replayed:
                    self._hand(event)
            case LaneKept(replayed=False) | PruningChanged(replayed=False):
                self._hand(event)
            case LanesEvaluated():
                self._evaluations.append((event.step, dict(zip(event.lanes, event.val_losses, strict=False))))
            case Swept():
                self._swept = event
            case Stopped():
                self._stopped = event

    def _take_back_cuts(self, event: SweepResumed) -> None:
        done = [cut for cut in self._by_hand[: event.entries] if isinstance(cut, LanesCut)]
        known = {(cut.step, *cut.lanes) for cut in done}

        def stays(cut: LanesCut) -> bool:
            return (cut.step, *cut.lanes) in known if cut.cause == "killed" else cut.step <= event.step

        self._cuts = [cut for cut in self._cuts if stays(cut)]

    def _hand(self, event: ByHand) -> None:
        # after a resume, a new change may come before known ones that are still to be done again
        insort_right(self._by_hand, event, key=lambda done: done.step)

    def history(self, skipped: int = 0) -> SweepHistory:
        started, pruning = self._started, [done for done in self._by_hand if isinstance(done, PruningChanged)]
        eta, rungs = (pruning[-1].eta, pruning[-1].rungs) if pruning else (0, [])
        if started is not None and not pruning:
            eta, rungs = started.eta, started.rungs
        return SweepHistory(
            started=started,
            rows=tuple(self._rows()),
            by_hand=tuple(self._by_hand),
            cuts=tuple(self._cuts),
            evaluations=tuple(self._evaluations),
            eta=eta,
            rungs=tuple(rungs),
            swept=self._swept,
            stopped=self._stopped,
            last_step=self._last_step,
            skipped=skipped,
        )

    def _rows(self) -> list[LaneRow]:
        if self._swept is not None:
            return list(self._swept.table)
        if self._started is None:
            return []
        rows = SweepPlan(rates=self._started.rates, seeds=self._started.seeds).rows()

        def change(lane: int, **values: object) -> None:
            if 0 <= lane < len(rows):
                rows[lane] = msgspec.structs.replace(rows[lane], **values)

        for _, losses in self._evaluations:
            for lane, val in losses.items():
                change(lane, val=val)
        for done in self._by_hand:
            if isinstance(done, LaneKept):
                change(done.lane, kept=True)
        for cut in self._cuts:
            state = cut.cause
            for lane, died, loss in zip(cut.lanes, cut.died, cut.losses, strict=False):
                change(lane, state=state, died=died, loss=loss, rung=cut.rung)
        return rows


def fold_sweep(events: Iterable[Event]) -> SweepHistory:
    """The history that these events, in the order they were written, leave behind."""
    fold = SweepFold()
    for event in events:
        fold.add(event)
    return fold.history()


def read_sweep(run: RunDirectory) -> SweepHistory:
    """The history of a sweep on disk, live or dead. Raises DiskError where its log cannot be read."""
    reader, fold = EventReader(run.events), SweepFold()
    for event in reader.poll():
        fold.add(event)
    return fold.history(reader.skipped)
