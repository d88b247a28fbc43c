"""Several runs in one chart: their losses and their rates over the same steps, each with a hue of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from rich.style import Style
from rich.text import Text
from textual import work
from textual.app import ComposeResult

from lrtui.errors import LrtuiError
from lrtui.runs.directory import open_run
from lrtui.tui.charts import ChartLook, compare_lines
from lrtui.tui.keys import bindings
from lrtui.tui.screens.place import Place
from lrtui.tui.state import RunView, opening, reduce
from lrtui.tui.watch import Watch
from lrtui.tui.widgets.chart import Chart
from lrtui.tui.widgets.key_bar import KeyBar
from lrtui.tui.widgets.pane import Pane
from lrtui.tui.wrapping import cut
from lrtui.words import loss_text, rate_text

if TYPE_CHECKING:
    from lrtui.figure import Look
    from lrtui.tui.app import LrtuiApp

#: Live runs keep growing; a comparison need not follow every step.
SECONDS_BETWEEN_LOOKS = 1.0
_SMALLEST = 12
#: the theme's colours that a chart gives its curves, in their order
_HUES = ("text-primary", "text-warning", "text-success", "text-error", "text-secondary", "text-accent")


class CompareScreen(Place):
    """Shows the runs of these names until escape; one that cannot be read, or is deleted, is told and left out."""

    CSS = """
    CompareScreen { layout: vertical; }
    CompareScreen #losses { height: 2fr; }
    CompareScreen #rates { height: 1fr; min-height: 7; }
    CompareScreen #figures { height: auto; max-height: 8; }
    CompareScreen.-tiny #figures { display: none; }
    """
    AUTO_FOCUS = "#losses"
    BINDINGS = bindings("compare")
    VERTICAL_BREAKPOINTS = [(0, "-tiny"), (24, "-tall")]  # noqa: RUF012

    app: LrtuiApp

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self.loss_look, self.rate_look = ChartLook(), ChartLook(log_y=True)
        self.views: dict[str, RunView] = {name: opening(name) for name in names}
        self._watches: dict[str, Watch] = {}
        self._looking = False
        self._drawn: object = None

    def compose(self) -> ComposeResult:
        yield Chart(id="losses")
        yield Chart(id="rates")
        yield Pane(id="figures")
        yield KeyBar("compare")

    def on_mount(self) -> None:
        self.set_interval(max(SECONDS_BETWEEN_LOOKS, 1 / self.app.settings.hz), self.look_again)
        self.look_again()

    def on_resize(self) -> None:
        self.call_after_refresh(self._show_figures)

    def look_again(self) -> None:
        """Look at every run anew, in a thread."""
        if not self._looking:
            self._looking = True
            self._look()

    @work(group="look")
    async def _look(self) -> None:
        try:
            for name in tuple(self.views):
                await self._look_at(name)
        finally:
            self._looking = False
        self.show_runs()

    async def _look_at(self, name: str) -> None:
        try:
            self.views[name] = await asyncio.to_thread(self._seen, name, self.views[name])
        except LrtuiError as error:
            self.app.tell(f"{error.message}: it is left out", "warning")
            del self.views[name]
            self._watches.pop(name, None)

    def _seen(self, name: str, view: RunView) -> RunView:
        # Opened each time: a run that was deleted is no longer shown.
        run = open_run(self.app.home, name)
        watch = self._watches.get(name) or self._watches.setdefault(name, Watch(run))
        return reduce(view, watch.look())

    def show_runs(self) -> None:
        """Draw what is known, if that is more than what is drawn."""
        views = tuple(self.views.values())
        shown = [(view.name, view.condition, view.step, view.history.evaluations) for view in views]
        drawn = (shown, self.loss_look, self.rate_look)
        if drawn == self._drawn:
            return
        self._drawn = drawn
        loss, rate = self.loss_look, self.rate_look

        def draw_losses(look: Look) -> str:
            return compare_lines(views, loss.on(look), _unseen(look), loss.smoothing)[0]

        def draw_rates(look: Look) -> str:
            return compare_lines(views, _unseen(look), rate.on(look))[1]

        self.query_one("#losses", Chart).show(draw_losses)
        self.query_one("#rates", Chart).show(draw_rates)
        self._show_figures()

    def _show_figures(self) -> None:
        pane = self.query_one("#figures", Pane)
        pane.styles.height = len(self.views) + 2
        width = pane.size.width
        names = max((len(view.name) for view in self.views.values()), default=0)
        names = max(1, min(names, width - 60))
        lines = []
        for hue, view in enumerate(self.views.values()):
            name = cut(view.name, names).ljust(names)
            lines.append(Text.assemble(("── ", self._hue(hue)), cut(f"{name}  {_figures(view)}", width - 3)))
        pane.show(lines, "Runs")

    def _hue(self, hue: int) -> Style:
        if self.app.settings.palette == "colour-blind":
            from lrtui.figure import HUES

            return Style(color=f"color({HUES[hue % len(HUES)]})")
        value = self.app.theme_variables.get(_HUES[hue % len(_HUES)], "")
        return Style(color=value) if value.startswith("#") else Style()

    # -- what keys do -----------------------------------------------------------------------------------------------

    def action_log_x(self) -> None:
        # Both: what stands above belongs to what stands below.
        log_x = not self.loss_look.log_x
        self.loss_look = replace(self.loss_look, log_x=log_x)
        self.rate_look = replace(self.rate_look, log_x=log_x)
        self.show_runs()

    def action_log_y(self) -> None:
        if self.focused is not None and self.focused.id == "rates":
            self.rate_look = replace(self.rate_look, log_y=not self.rate_look.log_y)
        else:
            self.loss_look = replace(self.loss_look, log_y=not self.loss_look.log_y)
        self.show_runs()

    def action_smooth(self) -> None:
        self.loss_look = self.loss_look.smoother()
        self.app.tell(f"smoothing {self.loss_look.smoothing:g}")
        self.show_runs()

    def action_close(self) -> None:
        self.dismiss(None)


def _unseen(look: Look) -> Look:
    """The look of the chart of a pair that is not wanted now: as small as it can be."""
    return replace(look, width=_SMALLEST, height=_SMALLEST)


def _figures(view: RunView) -> str:
    measured = [event.val_loss for event in view.history.evaluations if event.val_loss is not None]
    told = [
        f"{view.condition:<9}",
        f"step {view.step:,}/{view.total:,}",
        f"loss {loss_text(view.train_loss)}",
        f"best val {loss_text(min(measured, default=None))}",
        f"lr {rate_text(view.lr)}",
    ]
    return "  ".join(told)
