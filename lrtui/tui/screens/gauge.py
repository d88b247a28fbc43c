"""The machine's measure on a screen: taken once a second, in a thread, while the screen is on top."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from textual.screen import Screen

from lrtui.runs.config_table import section
from lrtui.runs.directory import RunDirectory
from lrtui.runs.lock import holder
from lrtui.tui.host import HostMeter
from lrtui.tui.seeing import ENDED
from lrtui.tui.widgets.figures import Figures

if TYPE_CHECKING:  # nothing of sweeps is loaded before the first paint of a run
    from lrtui.tui.state import RunView
    from lrtui.tui.sweep_state import SweepView

SECONDS_BETWEEN_MEASURES = 1.0


class Gauge:
    """Shows in a screen's line of figures what the machine does, and the worker of the run or sweep that is open."""

    def __init__(self, screen: Screen[Any]) -> None:
        self._screen = screen
        self._meter = HostMeter()
        self.is_measuring = False

    def measure_now(self, run: RunDirectory | None, view: RunView | SweepView | None) -> None:
        """Take the measure and show it, unless one is being taken; nothing is open where `run` is None."""
        if run is not None and not self.is_measuring and self._screen.app.screen is self._screen:
            self.is_measuring = True
            self._screen.run_worker(self._measure(run, view), group="measure")

    async def _measure(self, run: RunDirectory, view: RunView | SweepView | None) -> None:
        live = view is not None and view.condition not in ENDED
        device = device_of(view) if view else ""
        try:
            told = await asyncio.to_thread(lambda: self._meter.poll(holder(run) if live else None, device))
        finally:
            self.is_measuring = False
        self._screen.query_one(Figures).show_host(told)


def device_of(view: RunView | SweepView) -> str:
    """Where training computes: `train.device`, or what a processor's fingerprint says."""
    kind = view.history.started.fingerprint.get("device", "") if view.history.started else ""
    return kind if kind.startswith(("cpu", "mps")) else str(section(view.config, "train").get("device", ""))
