"""A lane becomes a run of its own: a directory with its state, its ledger and its history, which a resume goes on from.

Its state is both a checkpoint and the run's beginning, so that a replay, too, goes on from there: the steps before were
trained as a lane, and only to rounding as a solo run would have trained them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lrtui.axes import short_rate
from lrtui.config.load import override
from lrtui.engine.build import Workplace
from lrtui.engine.checkpoint import Origin, write_checkpoint, write_state
from lrtui.engine.device import fingerprint
from lrtui.engine.state import Snapshot, state_sha256
from lrtui.engine.sweep import Promotion
from lrtui.engine.sweep_state import find_lane
from lrtui.errors import UsageError
from lrtui.lr.ledger import fold
from lrtui.messages import Evaluated, Event, LaneRow, RateChanged, RunStarted, Stepped, Stopped, Warned, finite_or_nones
from lrtui.runs.directory import RUN_NAME, RunDirectory, run_names
from lrtui.runs.events import EventLog
from lrtui.runs.metrics import MetricsWriter, read_metrics
from lrtui.runs.sweeps import SweepHistory, read_sweep
from lrtui.runs.unborn import unborn_run
from lrtui.worker.begin import write_config

if TYPE_CHECKING:
    from lrtui.config.schema import Config

BLOCK = 1000  # steps in a line of the metrics


@dataclass(frozen=True)
class Nursery:
    """What promotion needs to know of a sweep: its directory, its home, and the place its lanes train in."""

    home: Path
    run: RunDirectory
    place: Workplace

    def promote(self, promotion: Promotion) -> tuple[str, int]:
        """Write the run; its name, and the step of its state. Raises UsageError, CheckpointError, DiskError."""
        row, snapshot = promotion.row, promotion.snapshot
        if snapshot is None:
            snapshot = find_lane(self.run, self.place.train.flat, row)
        if snapshot is None:
            why = f"it was lost at step {row.died}" if row.state == "diverged" else "its state is not kept"
            raise UsageError(f"lane {row.lane} cannot be promoted: {why}")
        history = read_sweep(self.run)
        config = lane_config(self.place.config, row)
        name = promotion.name or self._name(row, len(history.started.seeds) if history.started else 1)
        self._write(name, row, snapshot.to_cpu(), config, history)
        return name, snapshot.step

    def _name(self, row: LaneRow, seeds: int) -> str:
        """A free name that tells the rate, and the seed where there are several."""
        tail = f"-{short_rate(row.rate)}" + (f"-s{row.seed}" if seeds > 1 else "")
        taken = set(run_names(self.home))
        ends = (tail if number == 1 else f"{tail}-{number}" for number in itertools.count(1))
        names = (self.run.name[: 64 - len(end)] + end for end in ends)
        name = next(name for name in names if name not in taken)
        assert RUN_NAME.fullmatch(name), name
        return name

    def _write(self, name: str, row: LaneRow, snapshot: Snapshot, config: Config, history: SweepHistory) -> None:
        flat, data = self.place.train.flat, self.place.data
        origin = Origin(
            schedule=config.lr_schedule(),
            vocabulary=data.vocabulary.to_dict(),
            corpus_sha256=data.sha256,
            fingerprint=fingerprint(config, self.place.device),
        )

        with unborn_run(self.home, name) as run:
            write_config(run, config)
            write_state(run.beginning, snapshot, flat, origin)
            write_checkpoint(run, snapshot, flat, origin, pinned=True)
            lost = _copy_metrics(self.run.lane(row.lane), run, snapshot.step)
            with EventLog(run) as log:
                *story, end = self._story(name, row, snapshot, config, origin, history)
                for event in (*story, *(Warned(snapshot.step, message=sentence) for sentence in lost), end):
                    log.append(event)

    def _story(
        self, name: str, row: LaneRow, snapshot: Snapshot, config: Config, origin: Origin, history: SweepHistory
    ) -> Iterator[Event]:
        started = history.started
        assert started is not None, "a sweep that trains has begun"
        yield RunStarted(
            0,
            run=name,
            parameters=started.parameters,
            steps=config.train.steps,
            vocabulary=started.vocabulary,
            corpus=started.corpus,
            corpus_sha256=started.corpus_sha256,
            baselines=started.baselines,
            fingerprint=origin.fingerprint,
            schedule=origin.schedule,
        )
        told: list[Event] = [*_evaluations(row.lane, snapshot.step, history), *_changes(snapshot, config)]
        yield from sorted(told, key=lambda event: event.step)
        yield Warned(snapshot.step, message=f"promoted from lane {row.lane} of the sweep {self.run.name}")
        sha256 = state_sha256(snapshot.values, snapshot.buffers, self.place.train.flat)
        yield Stopped(snapshot.step, cause="promoted", state_sha256=sha256, resume=f"lrtui resume {name}")


def lane_config(config: Config, row: LaneRow) -> Config:
    """The configuration of the solo run that a lane is."""
    return override(config, {"optim": {"lr": row.rate}, "train": {"seed": row.seed}})


def _evaluations(lane: int, step: int, history: SweepHistory) -> Iterator[Evaluated]:
    best: float | None = None
    for at, losses in history.evaluations:
        if at > step or lane not in losses:
            continue
        val = losses[lane]
        better = val is not None and (best is None or val < best)
        best = val if better else best
        yield Evaluated(at, train_loss=None, val_loss=val, best=better)


def _changes(snapshot: Snapshot, config: Config) -> Iterator[RateChanged]:
    """The ledger as its events: a plateau may have cut the rate."""
    schedule, entries = config.lr_schedule(), snapshot.progress.entries
    for i, entry in enumerate(entries):
        old, new = fold(schedule, entries[:i]), fold(schedule, entries[: i + 1])
        yield RateChanged(entry.step, entry=entry, old=old(entry.step), new=new(entry.step), cause=entry.cause)


def _copy_metrics(lane: RunDirectory, run: RunDirectory, step: int) -> list[str]:
    """The lane's surviving steps before `step`, as one segment; what of them could not be read, in sentences."""
    series = read_metrics(lane)
    kept = sum(at < step for at in series.step)
    with MetricsWriter(run, 0) as writer:
        for i in range(0, kept, BLOCK):
            part = slice(i, min(i + BLOCK, kept))
            writer.write(
                Stepped(
                    series.step[i],
                    n=part.stop - part.start,
                    loss=finite_or_nones(series.loss[part]),
                    lr=list(series.lr[part]),
                    grad_norm=finite_or_nones(series.grad_norm[part]),
                )
            )
    return series.problems
