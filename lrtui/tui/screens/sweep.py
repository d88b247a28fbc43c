"""The sweep screen: the losses of all lanes, loss against rate, a table, and the keys that cut, keep and promote lanes.

A timer looks at the sweep's directory in a thread; what came is folded into a view, and each widget shows what of it
changed. Charts of many lanes take long to draw: they are drawn so seldom that it costs a small share of the time.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from lrtui.tui.charts import ChartLook
from lrtui.tui.keys import bindings
from lrtui.tui.screens.gauge import SECONDS_BETWEEN_MEASURES, Gauge
from lrtui.tui.screens.prompt import Prompt
from lrtui.tui.screens.sweep_promoting import SweepPromotingPlace
from lrtui.tui.seeing import ENDED
from lrtui.tui.sweep_pictures import lanes_lines, rates_lines
from lrtui.tui.sweep_rows import SweepLine
from lrtui.tui.sweep_state import SweepView
from lrtui.tui.sweep_words import key_labels, no_sweep_text
from lrtui.tui.widgets.chart import Chart
from lrtui.tui.widgets.ending import EndingPane
from lrtui.tui.widgets.key_bar import KeyBar
from lrtui.tui.widgets.lane_table import LaneTable
from lrtui.tui.widgets.log import log_lines
from lrtui.tui.widgets.pane import Pane
from lrtui.tui.widgets.sweep_lines import SweepFigures, SweepHeadline
from lrtui.tui.widgets.tints import tint

if TYPE_CHECKING:
    from lrtui.figure import Look

#: Charts that took so many seconds to draw rest for so many times as long, but never longer than this many seconds.
_REST, _LONGEST_REST = 15, 2.0
_PANES = ("lanes", "rates", "table", "log")


class SweepScreen(SweepPromotingPlace):
    """One sweep, live or long over. `watch_sweep` opens it; `steers` tells whether leaving needs a question."""

    CSS_PATH = "sweep.tcss"
    AUTO_FOCUS = "#table"
    BINDINGS = bindings("sweep")
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-middle"), (160, "-wide")]  # noqa: RUF012 - Textual's declaration
    VERTICAL_BREAKPOINTS = [(0, "-tiny"), (18, "-low"), (30, "-tall")]  # noqa: RUF012 - Textual's declaration

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.looks = {"lanes": ChartLook(), "rates": ChartLook()}
        self._log_x: bool | None = None  # as suits the sweep, until a key says otherwise
        self._drawn: dict[str, object] = {}
        self._rests_until = 0.0
        self.gauge = Gauge(self)

    def compose(self) -> ComposeResult:
        yield SweepHeadline(id="headline")
        yield EndingPane(id="ending")
        with Horizontal(id="upper"):
            with Vertical(id="charts"):
                yield Chart(id="lanes")
                yield Chart(id="rates")
            yield LaneTable(id="table")
        yield Pane(id="log")
        yield Static(no_sweep_text(self.keymap), id="nothing", markup=False)
        yield SweepFigures(id="figures")
        yield KeyBar("sweep")

    def on_mount(self) -> None:
        self.set_class(self.view is None, "-empty")
        self.set_interval(SECONDS_BETWEEN_MEASURES, lambda: self.gauge.measure_now(self.run, self.view))

    def on_screen_resume(self) -> None:
        self.show_sweep()

    def on_resize(self) -> None:
        self.call_after_refresh(self.show_sweep)

    @property
    def table(self) -> LaneTable:
        return self.query_one(LaneTable)

    @property
    def chosen(self) -> SweepLine | None:
        return self.table.chosen

    # -- showing ----------------------------------------------------------------------------------------------------

    def show_sweep(self) -> None:
        """Show the view as it is now, where this screen is what the terminal shows."""
        if not self.is_mounted:
            return
        view, top = self.view, self.app.screen
        if self.is_in_sight:
            self._show(view)
        if isinstance(top, Prompt):
            top.follow()
        if view is not None and view.name == self._leaving and view.condition in ENDED:
            self._leaving = ""
            if view.condition in ("finished", "stopped"):  # or else why it died is to be read here
                self.app.exit(0)

    def _show(self, view: SweepView | None) -> None:
        dead = view is not None and view.condition in ("crashed", "deleted")
        self.set_class(view is None, "-empty")
        self.set_class(dead, "-dead")
        self.query_one(SweepHeadline).show_sweep(view, self.read_only)
        self.query_one(SweepFigures).show_sweep(view)
        self.query_one(KeyBar).name_keys(key_labels(view, self.read_only))
        if view is None:
            return
        self.table.show_sweep(view)
        self._show_log(view)
        self._show_charts(view)
        if dead:
            resumes = "" if self.read_only else "sweep_resume"
            self.query_one(EndingPane).show_ending(view.ending, view.condition, "sweep", resumes)

    def _show_log(self, view: SweepView) -> None:
        pane = self.query_one("#log", Pane)
        if pane.size.height > 0:
            pane.show(log_lines(view, pane.size.width, pane.size.height, lambda level: tint(self, level)), "Log")

    def _show_charts(self, view: SweepView, *, at_once: bool = False) -> None:
        line = self.table.chosen_by_hand
        chosen = line.lanes[0] if line is not None else None
        shown = (view.name, view.condition, view.step, view.rows, view.history.rungs, chosen, self._log_x)
        if not at_once and view.condition == "training" and time.monotonic() < self._rests_until:
            return
        began = time.thread_time()
        lanes, rates = self._chart_look("lanes", view), self._chart_look("rates", view)

        def draw_lanes(look: Look) -> str:
            return lanes_lines(view, look, lanes, chosen)

        def draw_rates(look: Look) -> str:
            return rates_lines(view, look, rates, chosen)

        for name, draw in (("lanes", draw_lanes), ("rates", draw_rates)):
            if self._drawn.get(name) != (shown, self.looks[name]):
                self._drawn[name] = (shown, self.looks[name])
                self.query_one(f"#{name}", Chart).show(draw)
        self._rests_until = time.monotonic() + min(_LONGEST_REST, _REST * (time.thread_time() - began))

    def _chart_look(self, name: str, view: SweepView) -> ChartLook:
        """On which axes a chart is drawn: where rungs thin the lanes out early, most happens at the beginning."""
        own = self.looks[name]
        started = view.history.started
        log_x = bool(started and started.rungs) if self._log_x is None else self._log_x
        return replace(own, log_x=log_x) if name == "lanes" else own

    def say(self, told: str) -> None:
        self.query_one(SweepFigures).show_asked(told)

    @on(LaneTable.Moved)
    def _cursor_moved(self) -> None:
        self._redraw()

    @on(LaneTable.Opened)
    def _lane_opened(self) -> None:
        self.action_promote()

    def _redraw(self) -> None:
        if self.view is not None:
            self._show_charts(self.view, at_once=True)

    # -- keys that change what is shown -----------------------------------------------------------------------------

    def _focused(self) -> str:
        focused = self.focused.id if self.focused is not None else None
        return focused if focused in _PANES else "lanes"

    def action_log_x(self) -> None:
        if self.view is not None:
            self._log_x = not self._chart_look("lanes", self.view).log_x
            self._redraw()

    def action_log_y(self) -> None:
        name = "rates" if self._focused() == "rates" else "lanes"
        self.looks[name] = replace(self.looks[name], log_y=not self.looks[name].log_y)
        self._redraw()

    def action_smooth(self) -> None:
        self.looks["lanes"] = self.looks["lanes"].smoother()
        self._redraw()

    def action_order(self) -> None:
        self.table.turn_order()

    def action_rates(self) -> None:
        if self.view is not None and self.view.seeds > 1:
            self.table.show_rates()
        else:
            self.app.tell("each rate has one lane: a sweep with --seeds has several", "warning")

    def action_zoom(self) -> None:
        """The focused pane alone, or all of them again."""
        zoomed, focused = not self.has_class("-zoom"), self._focused()
        for name in _PANES:
            self.query_one(f"#{name}").set_class(zoomed and name == focused, "-zoomed")
        self.query_one("#charts").set_class(zoomed and focused in self.looks, "-zoomed")
        self.query_one("#upper").set_class(zoomed and focused != "log", "-zoomed")
        self.set_class(zoomed, "-zoom")
        self.call_after_refresh(self.show_sweep)
