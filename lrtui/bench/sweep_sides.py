"""Sweeps as a side of the bench, and the runs that one would do without them."""

from __future__ import annotations

import itertools
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from lrtui.bench.rows import SWEEP_STEPS
from lrtui.config.load import override
from lrtui.engine.build import Workplace, make_workplace
from lrtui.engine.session import Session
from lrtui.errors import LrtuiError
from lrtui.lr.halving import grid
from lrtui.messages import Event, Finished, Swept
from lrtui.runs.directory import create_run
from lrtui.worker.host import Pulse
from lrtui.worker.recorder import Recorder
from lrtui.worker.sweep_begin import SweepOptions, begin_sweep
from lrtui.worker.sweep_host import SweepHost

if TYPE_CHECKING:
    from lrtui.bench.rows import Row
    from lrtui.config.schema import Config

LOW, HIGH = 1e-3, 1.0  # rates that no lane of the names MLP is lost at, so that all of them train to the end


class SweepSide:
    """Whole sweeps of SWEEP_STEPS steps, each through the host and its files."""

    def __init__(self, row: Row, config: Config, folder: Path) -> None:
        self.config = override(config, {"train": {"steps": SWEEP_STEPS}})
        self.folder, self.options = folder, SweepOptions(rates=grid(LOW, HIGH, row.lanes), eta=row.eta)
        self.host: SweepHost | None = None

    def ready(self) -> None:
        torch.use_deterministic_algorithms(self.config.train.deterministic, warn_only=True)
        self.host = self.host or begin_sweep(self.config, self.folder, self.options)

    def work(self) -> int:
        """One sweep counts as one run: what it costs more is the ratio's business."""
        host = self.host or begin_sweep(self.config, self.folder, self.options)
        self.host = None
        *_, end = host.events()
        if not isinstance(end, Swept) or end.winner is None:
            raise LrtuiError(f"the sweep of the bench did not come to its end: {end}")
        return SWEEP_STEPS


class RunsSide:
    """The same rates as runs of ours, one after another; all of them together count as one run, as the sweep does.

    The text is read once for all, as a sweep does.
    """

    def __init__(self, row: Row, place: Workplace, folder: Path) -> None:
        train, rates = {"steps": SWEEP_STEPS}, grid(LOW, HIGH, row.lanes)
        self.configs = [override(place.config, {"train": train, "optim": {"lr": rate}}) for rate in rates]
        self.data, self.folder = place.data, folder

    def ready(self) -> None:
        torch.use_deterministic_algorithms(self.configs[0].train.deterministic, warn_only=True)

    def work(self) -> int:
        """All runs, each begun and ended."""
        for config in self.configs:
            place = make_workplace(config, self.data)
            session = Session(place.config, place.train, self.data.vocabulary, place.evaluation, pulse=Pulse())
            with closing(Recorder(create_run(self.folder), 0)) as recorder:
                events = [event for event in session.run() if isinstance(event, Event)]
                for warned in itertools.chain.from_iterable(map(recorder.record, events)):
                    raise LrtuiError(f"the bench cannot write its metrics: {warned}")
            if not isinstance(events[-1], Finished):
                raise LrtuiError(f"a run of the bench did not come to its end: {events[-1]}")
        return SWEEP_STEPS
