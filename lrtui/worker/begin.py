"""A new run in this process, cold or warm-started from another."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from lrtui.config.toml import dump_toml
from lrtui.engine.build import Workplace, load_data, make_workplace
from lrtui.engine.checkpoint import Origin, write_state
from lrtui.engine.inbox import out_of_reach, parse_script
from lrtui.engine.ranks import Ranks
from lrtui.engine.session import Session
from lrtui.engine.warm import warm_start
from lrtui.engine.writer import CheckpointWriter
from lrtui.lr.schedule import Schedule
from lrtui.messages import Event, RunStarted, Warned
from lrtui.runs.directory import RunDirectory, check_name, create_run, disk_errors
from lrtui.runs.lock import RunLock
from lrtui.text.baselines import baselines
from lrtui.worker.control import WorkerInbox
from lrtui.worker.host import Host, Pulse

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
    ranks: Ranks | None = None,
) -> Host:
    """A new run, ready to be iterated. Nothing is left on the disk when anything is wrong with what was asked.

    Raises UsageError, ConfigError, CorpusError, DeviceError, CheckpointError, DiskError.
    """
    scripted = parse_script(script)
    inbox = WorkerInbox(scripted)
    if name is not None:
        check_name(name)
    config = anchored(config)
    place = make_workplace(config, load_data(config, home, progress), ranks=ranks)
    warm = warm_start(place, home, init_from) if init_from else None
    origin = origin_of(place, config.lr_schedule())
    notes = [*place.notes, *out_of_reach(scripted, script, config.train.steps), *(warm.sentences if warm else ())]
    opening: list[Event] = [_started(place, origin, script), *(Warned(0, message=note) for note in notes)]
    session = Session(
        place.config,
        place.train,
        place.data.vocabulary,
        place.evaluation,
        pulse=Pulse(),
        recall=lambda step, entries: host.recall(step, entries),
    )
    with new_run(home, name) as (run, lock):
        write_config(run, place.config)
        if warm is not None:
            write_state(run.beginning, session.live.capture(), place.train.flat, origin)
        opening[0] = msgspec.structs.replace(opening[0], run=run.name)
        host = Host(run, lock, place, session, inbox, origin, opening, CheckpointWriter())
    return host


@contextmanager
def new_run(home: Path, name: str | None) -> Iterator[tuple[RunDirectory, RunLock]]:
    """The directory of a new run, and its lock, held also at the end. After an error inside, neither is left."""
    run = create_run(home, name)
    lock = RunLock(run)
    try:
        yield run, lock.acquire()
    except BaseException:
        shutil.rmtree(run.path, ignore_errors=True)  # it never was a run
        lock.release()
        raise


def _started(place: Workplace, origin: Origin, script: Sequence[str]) -> RunStarted:
    data = place.data
    return RunStarted(
        0,
        run="",
        parameters=place.train.model.parameter_count(),
        steps=place.config.train.steps,
        vocabulary=data.vocabulary.size,
        corpus=data.name,
        corpus_sha256=data.sha256,
        baselines=baselines(data),
        fingerprint=origin.fingerprint,
        schedule=origin.schedule,
        script=list(script),
    )


def origin_of(place: Workplace, schedule: Schedule) -> Origin:
    """What every checkpoint of a run that began with `schedule` repeats; the fingerprint is this machine's."""
    return Origin(
        schedule=schedule,
        vocabulary=place.data.vocabulary.to_dict(),
        corpus_sha256=place.data.sha256,
        fingerprint=place.fingerprint,
    )


def anchored(config: Config) -> Config:
    """A corpus path that means the same from every folder: the run may be resumed from another one."""
    if config.corpus.path is None:
        return config
    path = str(Path(config.corpus.path).expanduser().absolute())
    return config.model_copy(update={"corpus": config.corpus.model_copy(update={"path": path})})


def write_config(run: RunDirectory, config: Config) -> None:
    """Write config.toml. Raises DiskError."""
    with disk_errors("write", run.config_toml), run.config_toml.open("w", encoding="utf-8") as file:
        file.write(dump_toml(config))
        file.flush()
        os.fsync(file.fileno())
