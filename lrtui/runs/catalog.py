"""The runs of a home at a glance: state, progress, losses, size and age, from the directories alone.

A list must be quick and must not fail because one run is broken: only the log and the end of the metrics are read, and
what cannot be read is left empty.
"""

import contextlib
import itertools
import math
import os
import shutil
import time
from pathlib import Path
from typing import Any, Literal

import msgspec

from lrtui.errors import DiskError, UsageError
from lrtui.runs.config_table import planned_steps, read_config_table, section
from lrtui.runs.directory import RunDirectory, disk_errors, open_run, run_names, runs_folder
from lrtui.runs.events import UNREADABLE, SampleLine
from lrtui.runs.history import History, read_history
from lrtui.runs.lock import RunLock, is_live
from lrtui.runs.metrics import last_block
from lrtui.runs.plain_files import open_plain
from lrtui.runs.sweep_table import winner
from lrtui.runs.sweeps import SweepHistory, is_sweep, read_sweep

State = Literal["live", "finished", "saved", "crashed", "unreadable"]
_LAST_STEPS = 100
_TAIL_BYTES = 1 << 16


class RunSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One line of `lrtui runs`. Losses in nats, `age` in seconds since it last trained or told, `bytes` on disk.

    saved: it ended early and says how to resume. crashed: it ended without a word, and can be resumed all the same.
    `loss` is the mean of the last steps, `val` the last validation loss that was a number and `best` the lowest one.
    A sweep of `lanes` lanes is told by its best one.
    """

    name: str
    kind: Literal["run", "sweep"] = "run"
    lanes: int = 1
    state: State
    age: float
    bytes: int
    step: int = 0
    steps: int = 0
    model: str = ""
    corpus: str = ""
    parameters: int = 0
    loss: float | None = None
    lr: float | None = None
    val: float | None = None
    best: float | None = None
    best_step: int | None = None
    changes: int = 0


def list_runs(home: Path) -> list[RunSummary]:
    """Every run of this home, the one written last first. Raises DiskError where the home cannot be read."""
    now = time.time()
    runs = [RunDirectory(runs_folder(home) / name) for name in run_names(home)]
    return sorted((summarize(run, now) for run in runs), key=lambda summary: summary.age)


#: What tells that a run may read differently than before: its files by name, time and size, and who trains it.
_Signature = tuple[bool, tuple[tuple[str, int, int], ...]]


class Catalog:
    """The runs of a home for whoever looks again and again: a run that did not change is not read again."""

    def __init__(self, home: Path) -> None:
        self._home = home
        #: by name: what it looked like, what it said, and when it was written last (seconds since the epoch)
        self._known: dict[str, tuple[_Signature, RunSummary, float]] = {}

    def look(self) -> list[RunSummary]:
        """As `list_runs`; a run that is deleted meanwhile is left out. Raises DiskError as that does."""
        now, known = time.time(), {}
        for name in run_names(self._home):
            run = RunDirectory(runs_folder(self._home) / name)
            signature = _signature(run)
            if signature is None:
                continue
            before = self._known.get(name)
            if before is not None and before[0] == signature:
                known[name] = (signature, msgspec.structs.replace(before[1], age=max(0.0, now - before[2])), before[2])
            else:
                summary = summarize(run, now)
                known[name] = (signature, summary, now - summary.age)
        self._known = known
        return sorted((summary for _, summary, _ in known.values()), key=lambda summary: summary.age)


def _signature(run: RunDirectory) -> _Signature | None:
    """What changes whenever the run is written; None where it is gone. Checkpoints are renamed into their folders.

    Of a sweep whose lanes train, one of them tells for all.
    """
    files = []
    try:
        with os.scandir(run.path) as entries:
            for entry in entries:
                with contextlib.suppress(FileNotFoundError):
                    status = entry.stat(follow_symlinks=False)
                    files.append((entry.name, status.st_mtime_ns, status.st_size))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:
        pass  # it is listed as unreadable
    live = is_live(run)
    if live and is_sweep(run):
        files += _lane_files(run)
    return live, tuple(sorted(files))


def _lane_files(run: RunDirectory) -> list[tuple[str, int, int]]:
    """Name, time and size of the newest segment of the lane that was written last."""
    found = []
    with contextlib.suppress(OSError):
        for folder in run.lane(0).path.parent.iterdir():
            for path in folder.iterdir():
                status = path.stat()
                found.append((str(path), status.st_mtime_ns, status.st_size))
    return [max(found, key=lambda each: each[1])] if found else []


def summarize(run: RunDirectory, now: float | None = None) -> RunSummary:
    """The summary of one run; its state is `unreadable` where its files are."""
    size, written = _size_and_time(run.path)
    age = max(0.0, (time.time() if now is None else now) - written)
    try:
        if is_sweep(run):
            return _sweep_summary(run, read_sweep(run), age, size)
        return _summary(run, read_history(run), age, size)
    except DiskError:
        return RunSummary(name=run.name, state="unreadable", age=age, bytes=size)


def _summary(run: RunDirectory, history: History, age: float, size: int) -> RunSummary:
    # Not config.load: the list must name what an older or newer version wrote, and needs three keys of it.
    config = read_config_table(run)
    block = last_block(run)
    losses = [loss for loss in block.loss[-_LAST_STEPS:] if math.isfinite(loss)] if block else []
    measured = [(event.val_loss, event.step) for event in history.evaluations if event.val_loss is not None]
    best, best_step = min(measured, default=(None, None))
    started = history.started
    return RunSummary(
        name=run.name,
        state=_state(run, history.finished is not None, history.stopped is not None),
        age=age,
        bytes=size,
        step=block.step + len(block.loss) if block else history.last_step,
        steps=history.steps or planned_steps(config),
        model=model_label(section(config, "model")),
        corpus=started.corpus if started else "",
        parameters=started.parameters if started else 0,
        loss=math.fsum(losses) / len(losses) if losses else None,
        lr=block.lr[-1] if block and block.lr and math.isfinite(block.lr[-1]) else None,
        val=measured[-1][0] if measured else None,
        best=best,
        best_step=best_step,
        changes=len(history.entries),
    )


def _sweep_summary(run: RunDirectory, sweep: SweepHistory, age: float, size: int) -> RunSummary:
    """A sweep as its best lane so far: that of the winning rate, or while it trains the one with the least loss."""
    started, best = sweep.started, winner(sweep.rows)
    training = [row.lane for row in sweep.rows if row.state == "training"]
    lane = best.lane if best else training[0] if training else None
    block = last_block(run.lane(lane)) if lane is not None else None
    losses = [loss for loss in block.loss[-_LAST_STEPS:] if math.isfinite(loss)] if block else []
    vals = [row.val for row in sweep.rows if row.val is not None]
    label = model_label(section(read_config_table(run), "model"))
    return RunSummary(
        name=run.name,
        kind="sweep",
        lanes=len(sweep.rows),
        state=_state(run, sweep.swept is not None, sweep.stopped is not None),
        age=age,
        bytes=size,
        step=max(sweep.last_step, block.step + len(block.loss) if block else 0),
        steps=started.steps if started else 0,
        model=f"{len(sweep.rows)}× {label}",
        corpus=started.corpus if started else "",
        parameters=started.parameters if started else 0,
        loss=best.loss if best and best.loss is not None else math.fsum(losses) / len(losses) if losses else None,
        lr=best.rate if best else None,
        val=best.val if best else None,
        best=min(vals, default=None),
        best_step=None,
    )


def _state(run: RunDirectory, finished: bool, stopped: bool) -> State:
    if is_live(run):
        return "live"
    if finished:
        return "finished"
    return "saved" if stopped else "crashed"


def model_label(model: dict[str, Any]) -> str:
    """A model in a few characters, from its `[model]` table: `lstm 2×256`, `bigram`, `mlp 100`."""
    kind, hidden, layers = str(model.get("kind", "")), model.get("hidden"), model.get("layers")
    if kind in ("", "bigram") or hidden is None:
        return kind
    return f"{kind} {hidden}" if kind == "mlp" or layers is None else f"{kind} {layers}×{hidden}"


def _size_and_time(path: Path) -> tuple[int, float]:
    """Bytes of all files below, and when the newest that tells of the run was written; what vanishes counts nothing."""
    run, size, newest = RunDirectory(path), 0, 0.0
    beside = {run.worker_lock.name, run.worker_log.name}  # a resume that is refused writes these
    for folder, _, files in os.walk(path):
        for name in files:
            try:
                status = os.lstat(os.path.join(folder, name))
            except OSError:
                continue
            size += status.st_size
            if name not in beside:
                newest = max(newest, status.st_mtime)
    if not newest:
        try:
            newest = os.stat(path).st_mtime
        except OSError:
            newest = time.time()
    return size, newest


def last_sample(run: RunDirectory) -> SampleLine | None:
    """The newest sample of a run, read from the end of its file; None where it has none that can be read."""
    try:
        with open(open_plain(run.samples, os.O_RDONLY), "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL_BYTES))
            lines = file.read().split(b"\n")[:-1]
    except OSError:
        return None
    for line in reversed(lines):
        with contextlib.suppress(*UNREADABLE):
            return msgspec.json.decode(line, type=SampleLine)
    return None


def delete_run(home: Path, name: str) -> None:
    """Removes a run for good. Raises UsageError where it is unknown or live, DiskError where it cannot be removed."""
    run = open_run(home, name)
    if is_live(run):
        raise UsageError(f"{run.name} is live", f"End it first: `lrtui ctl {run.name} stop`.")
    with RunLock(run), disk_errors("delete", run.path):
        # Renamed first, so that a half-deleted run is never taken for one; such a name is no run's.
        doomed = _free_name(run)
        run.path.rename(doomed)
    with disk_errors("delete", doomed):
        shutil.rmtree(doomed)


def _free_name(run: RunDirectory) -> Path:
    names = (run.path.with_name(f".deleted-{run.name}-{number}") for number in itertools.count())
    return next(path for path in names if not path.exists())
