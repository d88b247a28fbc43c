"""A state to experiment on, in this process and in memory alone: fresh, or as a run's newest checkpoint has it.

No lock is taken and no file is written, so any number of experiments may look at one run, and a read-only home will do.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lrtui.config.load import load_config
from lrtui.engine import shelf
from lrtui.engine.build import Workplace, load_data, make_workplace
from lrtui.engine.checkpoint import read_checkpoint
from lrtui.engine.live import Live
from lrtui.engine.range_test import find
from lrtui.errors import CheckpointError, CorpusError, UsageError
from lrtui.lr.ledger import fold
from lrtui.messages import Event, Find
from lrtui.runs.directory import disk_errors, open_run
from lrtui.runs.history import History, read_history
from lrtui.worker.begin import Progress
from lrtui.worker.host import Pulse

if TYPE_CHECKING:
    from lrtui.config.schema import Config


@dataclass(frozen=True)
class Specimen:
    """A live state that nobody else sees. `skipped` says which checkpoints of the run could not be trusted."""

    live: Live
    ln_v: float
    skipped: tuple[str, ...] = ()

    def find(self, command: Find) -> Iterator[Event]:
        """The range test that `command` asks for. Raises UsageError for a range that cannot be."""
        return find(self.live, command, self.ln_v, tell=Pulse())


def fresh(config: Config, home: Path, progress: Progress | None = None) -> Specimen:
    """The state that a run with `config` would begin with. Raises ConfigError, CorpusError, DeviceError."""
    return _specimen(make_workplace(config, load_data(config, home, progress)))


def newest(home: Path, name: str, progress: Progress | None = None) -> Specimen:
    """The state that `lrtui resume NAME` would go on from.

    Raises UsageError for a run that never began, CorpusError where its text has changed, CheckpointError.
    """
    run = open_run(home, name)
    with disk_errors("read", run.config_toml):
        config = load_config(run.config_toml)
    history = read_history(run)
    if history.started is None:
        raise UsageError(f"run {run.name} never began: there is no state to experiment on")
    data = load_data(config, home, progress)
    if data.sha256 != history.started.corpus_sha256:
        raise CorpusError(f"the text {data.name} has changed since run {run.name} began (its sha256 differs)")
    specimen = _specimen(make_workplace(config, data), history)
    live, flat = specimen.live, specimen.live.train.flat
    if shelf.is_untouched(run, history.rewinds):
        if run.beginning.exists():
            live.restore(read_checkpoint(run.beginning, flat)[0])
        return specimen
    found = shelf.find(run, flat, history.rewinds)
    if found.meta.vocabulary != data.vocabulary.to_dict():
        raise CheckpointError(f"checkpoint {found.folder.name} of {run.name} was made with another vocabulary")
    live.restore(found.snapshot)
    live.rate = fold(live.schedule, history.entries)  # what a resume applies again counts for the steps that are left
    return Specimen(live, specimen.ln_v, found.skipped)


def _specimen(place: Workplace, history: History | None = None) -> Specimen:
    started = history.started if history else None
    live = Live(place.config, place.train, started.schedule if started else place.config.lr_schedule())
    return Specimen(live, math.log(place.data.vocabulary.size))
