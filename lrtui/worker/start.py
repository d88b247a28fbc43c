"""How a run begins in this process: new, resumed, or warm-started from another."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lrtui.config.load import load_config
from lrtui.config.toml import dump_toml
from lrtui.engine import shelf
from lrtui.engine.build import Workplace, load_data, make_workplace
from lrtui.engine.checkpoint import Origin, read_checkpoint
from lrtui.engine.device import difference, fingerprint
from lrtui.engine.inbox import Inbox, parse_script
from lrtui.engine.session import Session
from lrtui.engine.state import Snapshot
from lrtui.engine.warm import warm_start
from lrtui.engine.writer import CheckpointWriter
from lrtui.errors import CheckpointError, CorpusError, UsageError
from lrtui.messages import Event, Rewound, RunResumed, RunStarted, Warned
from lrtui.runs.directory import RunDirectory, create_run, disk_errors, open_run
from lrtui.runs.history import History, read_history
from lrtui.runs.lock import RunLock
from lrtui.text.baselines import baselines
from lrtui.worker.host import Host, Pulse
from lrtui.worker.resume_plan import ResumeOptions, new_entries

if TYPE_CHECKING:
    from lrtui.config.schema import Config

Progress = Callable[[str, int, int], None]


def begin(
    config: Config,
    home: Path,
    name: str | None = None,
    *,
    script: Sequence[str] = (),
    init_from: str | None = None,
    progress: Progress | None = None,
) -> Host:
    """A new run, ready to be iterated. Nothing is left on the disk when anything is wrong with what was asked.

    Raises UsageError, ConfigError, CorpusError, DeviceError, CheckpointError, DiskError.
    """
    inbox = Inbox(parse_script(script))
    config = _anchored(config)
    data = load_data(config, home, progress)
    place = make_workplace(config, data)
    source = warm_start(place, home, init_from) if init_from else None
    run = create_run(home, name)
    lock = RunLock(run).acquire()
    _write_config(run, place.config)
    print_of_machine = fingerprint(place.config, place.device)
    started = RunStarted(
        0,
        run=run.name,
        parameters=place.train.model.parameter_count(),
        steps=config.train.steps,
        vocabulary=data.vocabulary.size,
        corpus=data.name,
        corpus_sha256=data.sha256,
        baselines=baselines(data),
        fingerprint=print_of_machine,
        schedule=config.lr_schedule(),
        script=list(script),
    )
    opening: list[Event] = [started]
    if source is not None:
        opening.append(Warned(0, message=f"the weights come from {source}; the optimizer is fresh: expect a bump"))
    return Host(
        run,
        lock,
        place,
        Session(place.config, place.train, data.vocabulary, place.evaluation, pulse=Pulse()),
        inbox,
        _origin(place, print_of_machine),
        opening,
        CheckpointWriter(),
        keep_first=source is not None,
    )


def resume(home: Path, name: str, options: ResumeOptions, progress: Progress | None = None) -> Host:
    """A run that goes on from its newest checkpoint that can be trusted, or from `options.step`.

    Raises UsageError, CorpusError, CheckpointError, DiskError and what `begin` raises.
    """
    run = open_run(home, name)
    with disk_errors("read", run.config_toml):
        config = load_config(run.config_toml)
    lock = RunLock(run).acquire()
    try:
        return _resume(run, lock, config, home, options, progress)
    except BaseException:
        lock.release()
        raise


def _resume(
    run: RunDirectory, lock: RunLock, config: Config, home: Path, options: ResumeOptions, progress: Progress | None
) -> Host:
    history = read_history(run)
    if history.started is None:
        raise UsageError(f"run {run.name} never began", f"Delete it (lrtui delete {run.name}) and start it again.")
    data = load_data(config, home, progress)
    if data.sha256 != history.started.corpus_sha256:
        raise CorpusError(
            f"the text {data.name} has changed since run {run.name} began (its sha256 differs)",
            "Bring the old text back, or start a new run with --init-from.",
        )
    place = make_workplace(config, data)
    point = _resume_point(run, place, history, options)
    entries = len(point.snapshot.progress.entries) if point.snapshot else 0
    schedule = history.started.schedule
    known = () if options.step is not None else history.entries[entries:]
    fresh = new_entries(schedule, point.snapshot, known, config, options)
    writer = CheckpointWriter()
    rewinds = list(history.rewinds)
    session = Session(
        place.config,
        place.train,
        data.vocabulary,
        place.evaluation,
        schedule=schedule,
        fresh=fresh,
        replay=known,
        pulse=Pulse(),
        recall=_recall(run, place, writer, rewinds),
    )
    if point.snapshot is not None:
        session.live.restore(point.snapshot, weights_only=options.weights_only)
    here = session.live.step
    opening: list[Event] = []
    if options.step is not None and options.step < history.last_step:
        rewound = Rewound(history.last_step, to=here, entries=entries, cause="resume")
        rewinds.append(rewound)
        opening.append(rewound)
    now = fingerprint(place.config, place.device)
    total = session.live.rate.total
    opening.append(
        RunResumed(
            here,
            run=run.name,
            badge="weights only" if options.weights_only else difference(point.fingerprint, now),
            steps=total,
            entries=entries,
            fingerprint=now,
            skipped=list(point.skipped),
        )
    )
    inbox = Inbox(parse_script(history.script, history.script_done))
    return Host(run, lock, place, session, inbox, _origin(place, now, schedule), opening, writer, rewinds)


@dataclass(frozen=True)
class ResumePoint:
    """Where a run goes on: a state (None: its very beginning), on what machine it was made, what was passed over."""

    snapshot: Snapshot | None
    fingerprint: dict[str, str]
    skipped: tuple[str, ...] = ()


def _resume_point(run: RunDirectory, place: Workplace, history: History, options: ResumeOptions) -> ResumePoint:
    assert history.started is not None
    if not shelf.folders(run) and options.step is None:
        # killed before its first checkpoint: the beginning is a function of the seed, so nothing is lost but time
        return ResumePoint(None, history.started.fingerprint)
    found = shelf.find(run, place.train.flat, history.rewinds, step=options.step, weights_only=options.weights_only)
    if found.meta.vocabulary != place.data.vocabulary.to_dict():
        raise CheckpointError(f"checkpoint {found.folder.name} of {run.name} was made with another vocabulary")
    return ResumePoint(found.snapshot, found.meta.fingerprint, found.skipped)


def _recall(
    run: RunDirectory, place: Workplace, writer: CheckpointWriter, rewinds: list[Rewound]
) -> Callable[[int, int], Snapshot | None]:
    """Finds the state before a change on the disk, for an undo after a resume."""

    def recall(step: int, entries: int) -> Snapshot | None:
        writer.wait()
        try:
            snapshot, meta = read_checkpoint(run.undo_state(step, entries), place.train.flat)
        except CheckpointError:
            return None
        return snapshot if shelf.on_line(meta, rewinds) else None

    return recall


def _origin(place: Workplace, machine: dict[str, str], schedule: object = None) -> Origin:
    return Origin(
        schedule=schedule or place.config.lr_schedule(),  # type: ignore[arg-type]
        vocabulary=place.data.vocabulary.to_dict(),
        corpus_sha256=place.data.sha256,
        fingerprint=machine,
    )


def _anchored(config: Config) -> Config:
    """A corpus path that means the same from every folder: the run may be resumed from another one."""
    if config.corpus.path is None:
        return config
    path = str(Path(config.corpus.path).expanduser().absolute())
    return config.model_copy(update={"corpus": config.corpus.model_copy(update={"path": path})})


def _write_config(run: RunDirectory, config: Config) -> None:
    with disk_errors("write", run.config_toml), run.config_toml.open("w", encoding="utf-8") as file:
        file.write(dump_toml(config))
        file.flush()
        os.fsync(file.fileno())
