"""A state to experiment on, in this process and in memory alone: fresh, or as a run's newest checkpoint has it.

No lock is taken and no file is written, so any number of experiments may look at one run, and a read-only home will do.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from lrtui.engine.build import Workplace, load_data, make_workplace
from lrtui.engine.experiment import Bench, experiment
from lrtui.engine.live import Live
from lrtui.errors import UsageError
from lrtui.lr.ledger import fold
from lrtui.messages import Confirm, Event, Find, RunStarted
from lrtui.runs.directory import open_run
from lrtui.runs.history import read_history
from lrtui.runs.run_config import read_config
from lrtui.runs.sweeps import refuse_sweep
from lrtui.worker.begin import Progress
from lrtui.worker.host import Pulse
from lrtui.worker.resume import resume_point, same_workplace
from lrtui.worker.resume_plan import ResumeOptions

if TYPE_CHECKING:
    from lrtui.config.schema import Config


@dataclass(frozen=True)
class Specimen:
    """A live state that nobody else sees. `skipped` says which checkpoints of the run could not be trusted."""

    bench: Bench
    skipped: tuple[str, ...] = ()

    def experiment(self, command: Find | Confirm) -> Iterator[Event]:
        """What `command` asks for. Raises UsageError for what cannot be."""
        return experiment(self.bench, command, tell=Pulse())


def fresh(config: Config, home: Path, progress: Progress | None = None) -> Specimen:
    """The state that a run with `config` would begin with. Raises ConfigError, CorpusError, DeviceError."""
    return _specimen(make_workplace(config, load_data(config, home, progress)))


def newest(home: Path, name: str, progress: Progress | None = None) -> Specimen:
    """The state that `lrtui resume NAME` would go on from.

    Raises UsageError for a run that never began, CorpusError where its text has changed, CheckpointError.
    """
    run = open_run(home, name)
    refuse_sweep(run)
    config = read_config(run)
    history = read_history(run)
    if history.started is None:
        raise UsageError(f"run {run.name} never began: there is no state to experiment on")
    place = same_workplace(run, config, history.started, home, progress)
    specimen = _specimen(place, history.started)
    point = resume_point(run, place, history, history.started, ResumeOptions())
    if point.snapshot is not None:
        specimen.bench.live.restore(point.snapshot)
    # what a resume would apply again counts for the steps that are left
    specimen.bench.live.rate = fold(history.started.schedule, history.entries)
    return replace(specimen, skipped=point.skipped)


def _specimen(place: Workplace, started: RunStarted | None = None) -> Specimen:
    live = Live(place.config, place.train, started.schedule if started else place.config.lr_schedule())
    return Specimen(Bench(live, math.log(place.data.vocabulary.size), place.evaluation["val"]))
