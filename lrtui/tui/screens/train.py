"""The training screen: everything of one run, and the keys that steer it.

A timer looks at the run's directory in a thread; what came is folded into a view, and each widget shows what of it
changed. The screen stands before the first look is done, however long the run is.
"""

from __future__ import annotations

from typing import Any

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from lrtui.messages import Stop
from lrtui.tui.key_labels import key_labels
from lrtui.tui.keys import bindings
from lrtui.tui.screens.asking import no_run_text
from lrtui.tui.screens.eye import Eye
from lrtui.tui.screens.gauge import SECONDS_BETWEEN_MEASURES, Gauge
from lrtui.tui.screens.leaving import ask_to_leave, ask_to_stop
from lrtui.tui.screens.prompt import Prompt
from lrtui.tui.screens.racing import RacingScreen
from lrtui.tui.seeing import ENDED
from lrtui.tui.state import RunView
from lrtui.tui.widgets.charts import Charts
from lrtui.tui.widgets.ending import EndingPane
from lrtui.tui.widgets.figures import Figures
from lrtui.tui.widgets.headline import Headline
from lrtui.tui.widgets.key_bar import KeyBar
from lrtui.tui.widgets.log import LogPane
from lrtui.tui.widgets.particulars import Particulars
from lrtui.tui.widgets.sample import SamplePane

_ZOOMED = ("loss", "rate", "particulars", "log", "sample")


class TrainScreen(RacingScreen):
    """One run, live or long over. `watch_run` opens it; `steers` tells whether leaving needs a question."""

    CSS_PATH = "train.tcss"
    AUTO_FOCUS = ""
    BINDINGS = bindings("train")
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-middle"), (160, "-wide")]  # noqa: RUF012 - Textual's declaration
    VERTICAL_BREAKPOINTS = [(0, "-tiny"), (18, "-low"), (30, "-tall"), (50, "-high")]  # noqa: RUF012 - Textual's declaration

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self._leaving = ""  # the run whose end is waited for
        self.gauge = Gauge(self)

    def compose(self) -> ComposeResult:
        yield Headline(id="headline")
        yield EndingPane(id="ending")
        with Horizontal(id="upper"):
            yield Charts(id="charts")
            with Vertical(id="side"):
                yield Particulars(id="particulars")
                yield LogPane(id="log")
        yield SamplePane(id="sample")
        yield Static(no_run_text(self.keymap), id="nothing", markup=False)
        yield Figures(id="figures")
        yield KeyBar("train")

    def on_mount(self) -> None:
        self.set_class(self.view is None, "-empty")
        self.set_interval(SECONDS_BETWEEN_MEASURES, lambda: self.gauge.measure_now(self.run, self.view))

    def on_screen_resume(self) -> None:
        self.show_run()

    @property
    def steers(self) -> bool:
        """Whether a training goes on that this screen commands."""
        return self.view is not None and not self.read_only and self.view.condition not in ENDED

    # -- showing ----------------------------------------------------------------------------------------------------

    def show_run(self) -> None:
        """Show the view as it is now, where this screen, or its zoom, is what the terminal shows."""
        from lrtui.tui.screens.zoom import ZoomScreen

        if not self.is_mounted:
            return
        self.app.run_was_seen()
        view, top = self.view, self.app.screen
        if isinstance(top, ZoomScreen):
            top.show_run(view)
        elif self.is_in_sight:
            self._show(view)
        if isinstance(top, Prompt):
            top.follow()
        self.follow_race()
        if view is not None and view.name == self._leaving and view.condition in ENDED:
            self._leaving = ""
            if view.condition not in ("crashed", "deleted"):  # or else why it died is to be read here
                self.app.exit(0)

    def _show(self, view: RunView | None) -> None:
        dead = view is not None and view.condition in ("crashed", "deleted")
        self.set_class(view is None, "-empty")
        self.set_class(dead, "-dead")
        self.query_one(Headline).show_run(view, self.read_only)
        self.query_one(KeyBar).name_keys(key_labels(view, self.read_only))
        for part in self._parts():
            part.show_run(view)
        if view is not None and dead:
            resumes = "" if self.read_only else "resume"
            self.query_one(EndingPane).show_ending(view.ending, view.condition, "run", resumes)

    def _parts(self) -> tuple[Particulars | LogPane | SamplePane | Figures | Charts, ...]:
        one = self.query_one
        return one(Particulars), one(LogPane), one(SamplePane), one(Figures), one(Charts)

    def say(self, told: str) -> None:
        self.query_one(Figures).show_asked(told)

    # -- keys that change what is shown -----------------------------------------------------------------------------

    @property
    def charts(self) -> Charts:
        return self.query_one(Charts)

    def _focused_pane(self) -> str:
        focused = self.focused.id if self.focused is not None else None
        return focused if focused in _ZOOMED else "loss"

    def _focused_chart(self) -> str:
        return "rate" if self._focused_pane() == "rate" else "loss"

    def action_log_x(self) -> None:
        self.charts.toggle_log_x(self._focused_chart())
        self.show_run()

    def action_log_y(self) -> None:
        self.charts.toggle_log_y(self._focused_chart())
        self.show_run()

    def action_smooth(self) -> None:
        self.charts.next_smoothing()
        self.show_run()

    def action_older(self) -> None:
        self.query_one(SamplePane).move(-1)

    def action_newer(self) -> None:
        self.query_one(SamplePane).move(1)

    def action_zoom(self) -> None:
        from lrtui.tui.screens.zoom import ZoomScreen

        if self.view is not None:
            self.app.push_screen(ZoomScreen(self, self._focused_pane()))

    # -- going on and stopping --------------------------------------------------------------------------------------

    def action_resume(self) -> None:
        """Go on with a run that nobody trains; one that has finished, or was changed, is asked how."""
        view = self.view
        if view is None or self.read_only:
            self.steered()  # says why not
        elif view.condition == "deleted":
            self.steered()
        elif view.condition in ENDED:
            from lrtui.tui.screens.resume import go_on

            self.run_worker(go_on(self.app, view.name), group="resume")
        else:
            self.app.tell(f"{view.name} is training already")

    def action_stop(self) -> None:
        """Ask once, then stop, save and leave."""
        if self.steered() is not None:
            ask_to_stop(self.app, "training", self.stop_and_leave)

    def action_leave(self) -> None:
        """Leave at once where nothing is lost by it; else ask what becomes of the training."""
        if self.steers and self.view is not None:
            ask_to_leave(self.app, self.view.name, "training", self.keymap, self.stop_and_leave)
        else:
            self.app.exit(0)

    def stop_and_leave(self) -> None:
        """Have the worker save and end; leave when it has."""
        if self.view is not None and self.stop_and_save():
            self._leaving = self.view.name

    def on_eye_refused(self, message: Eye.Refused) -> None:
        if isinstance(message.command, Stop):
            self._leaving = ""
