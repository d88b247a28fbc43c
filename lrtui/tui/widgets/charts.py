"""The loss above the rate, each on axes of its own choosing, drawn anew only when the run or the look has changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical

from lrtui.tui.charts import ChartLook, loss_lines, rate_lines
from lrtui.tui.state import RunView
from lrtui.tui.widgets.chart import Chart

if TYPE_CHECKING:
    from lrtui.plot import Look


class Charts(Vertical):
    """Two charts, `loss` and `rate`: these are their ids, and their names here."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        # a rate falls by decades, and reads as a line only on a log axis
        self.looks = {"loss": ChartLook(), "rate": ChartLook(log_y=True)}
        self._drawn: dict[str, object] = {}

    def compose(self) -> ComposeResult:
        yield Chart(id="loss")
        yield Chart(id="rate")

    def show_run(self, view: RunView | None) -> None:
        if view is None:
            return
        history = view.history
        run = (view.name, view.condition, view.step, view.total, history.changes, history.rewinds, history.evaluations)
        for name in self.looks:
            shown = (run, self.looks[name])
            if self._drawn.get(name) != shown:
                self._drawn[name] = shown
                self.query_one(f"#{name}", Chart).show(self.drawing(name, view))

    def drawing(self, name: str, view: RunView) -> Callable[[Look], str]:
        """What draws the chart `name` of `view`, on the axes and with the smoothing chosen."""
        own = self.looks[name]

        def draw(look: Look) -> str:
            return loss_lines(view, own.on(look), own.smoothing) if name == "loss" else rate_lines(view, own.on(look))

        return draw

    def toggle_log_x(self, name: str) -> None:
        self.looks[name] = replace(self.looks[name], log_x=not self.looks[name].log_x)

    def toggle_log_y(self, name: str) -> None:
        self.looks[name] = replace(self.looks[name], log_y=not self.looks[name].log_y)

    def next_smoothing(self) -> None:
        """Smooth the loss more, and after the most not at all."""
        self.looks["loss"] = self.looks["loss"].smoother()
