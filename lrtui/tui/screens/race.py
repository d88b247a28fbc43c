"""A race on the whole screen: the curves of its lanes, a table, a sample of the lane that is chosen, and the choice."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from lrtui.messages import Command, DropRace, KeepLane
from lrtui.tui.keys import bindings, keymap_of
from lrtui.tui.race_charts import race_chart
from lrtui.tui.race_texts import HEADING, cells, next_line, title, verdict
from lrtui.tui.races import RaceView
from lrtui.tui.state import RunView
from lrtui.tui.widgets.chart import Chart
from lrtui.tui.widgets.headline import Headline
from lrtui.tui.widgets.pane import Pane
from lrtui.tui.widgets.tints import curve_style, tint
from lrtui.tui.wrapping import cut, wrapped

if TYPE_CHECKING:
    from lrtui.tui.screens.racing import RacingScreen

_LEGEND = "── "
_EDGES = 4  # cells of a pane that are not its text


class RaceScreen(ModalScreen[None]):
    """The race that is on in the run of `train`; it follows the run, and closes when the race has ended.

    Until a lane is chosen, the one that leads is.
    """

    CSS_PATH = "race.tcss"
    BINDINGS = bindings("race") + [key for key in bindings("everywhere") if getattr(key, "id", "") == "quit"]
    AUTO_FOCUS = "#race-curves"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012 - Textual's declaration
    VERTICAL_BREAKPOINTS = [(0, "-tiny"), (22, "-low"), (32, "-tall")]  # noqa: RUF012 - Textual's declaration

    def __init__(self, train: RacingScreen) -> None:
        super().__init__()
        self.train = train
        self._picked: int | None = None
        self._asked = ""  # what was decided and is not carried out yet

    def compose(self) -> ComposeResult:
        yield Headline(id="headline")
        with Horizontal(id="race-lanes"):
            yield Chart(id="race-curves")
            yield Pane(id="race-table")
        yield Pane(id="race-sample")
        yield Static("", id="race-verdict", markup=False)
        yield Static("", id="race-next", markup=False)

    def on_mount(self) -> None:
        self.call_after_refresh(self.show_run, self.train.view)

    def on_resize(self) -> None:
        self.call_after_refresh(self.show_run, self.train.view)

    @property
    def race(self) -> RaceView | None:
        return None if self.train.view is None else self.train.view.races.on

    @property
    def chosen(self) -> int | None:
        """The lane that would be kept: the one picked, or else the one that leads."""
        race = self.race
        return None if race is None else self._picked or race.leader

    # -- showing ----------------------------------------------------------------------------------------------------

    def show_run(self, view: RunView | None) -> None:
        """Show the race as far as it is known; leave where there is none any more."""
        if not self.is_mounted or not self.is_attached:
            return
        race = None if view is None else view.races.on
        if race is None:
            if self.app.screen is self:
                self.dismiss(None)
            return
        self.query_one(Headline).show_run(view, self.train.read_only)
        self.query_one("#race-curves", Chart).show(partial(race_chart, race))
        self._show_table(race)
        self._show_sample(race)
        width = max(8, self.size.width - 2)
        told = self._asked or verdict(race)
        line = next_line(race, self.chosen, keymap_of(self.app), read_only=self.train.read_only)
        self.query_one("#race-verdict", Static).update(Content(cut(told, width)))
        self.query_one("#race-next", Static).update(Content(cut(line, width)))

    def _show_table(self, race: RaceView) -> None:
        table = self.query_one("#race-table", Pane)
        rows = [cells(race, number) for number in range(1, len(race.lanes) + 1)]
        widths = [max(map(len, column)) for column in zip(HEADING, *rows, strict=True)]
        lines = [Text("     " + _row(HEADING, widths), "dim")]
        for number, row in enumerate(rows, 1):
            pointer = "▸ " if number == self.chosen else "  "
            level = "error" if race.lanes[number - 1].died is not None else "info"
            style = "bold" if number == self.chosen else tint(self, level)  # type: ignore[arg-type]
            mark = (_LEGEND, curve_style(self, number - 1))
            lines.append(Text.assemble((pointer, "bold"), mark, (_row(row, widths), style)))
        if self.has_class("-narrow"):
            table.styles.height = len(lines) + 2
        else:
            table.styles.height = None
        table.show(lines, title(race))

    def _show_sample(self, race: RaceView) -> None:
        pane, chosen = self.query_one("#race-sample", Pane), self.chosen
        if chosen is None or not race.samples[chosen - 1]:
            pane.show([], "Sample: the lanes write some on their way")
            return
        width = max(8, self.size.width - _EDGES)
        pane.show(list(wrapped(race.samples[chosen - 1], width, 40)), f"Sample · lane {chosen}")

    # -- keys -------------------------------------------------------------------------------------------------------

    def on_key(self, event: events.Key) -> None:
        """A digit chooses its lane."""
        race, digit = self.race, event.character or ""
        if race is None or not (digit.isascii() and digit.isdecimal()):
            return
        event.stop()
        if 1 <= int(digit) <= len(race.lanes):
            self._picked = int(digit)
            self.show_run(self.train.view)

    def action_choose(self, by: int) -> None:
        race = self.race
        if race is not None:
            lanes = len(race.lanes)
            self._picked = ((self.chosen or (0 if by > 0 else lanes + 1)) + int(by) - 1) % lanes + 1
            self.show_run(self.train.view)

    def action_keep(self) -> None:
        race, chosen = self.race, self.chosen
        if race is None or chosen is None:
            self.train.app.tell("no lane leads yet: choose one with its digit", "warning")
        elif (died := race.lanes[chosen - 1].died) is not None:
            self.train.app.tell(f"lane {chosen} was lost after {died:,} steps: choose another", "warning")
        else:
            self._decide(KeepLane(chosen), f"Lane {chosen} is to be kept …")

    def action_drop(self) -> None:
        if self.train.read_only:
            self.dismiss(None)
        else:
            self._decide(DropRace(), "The race is to be dropped …")

    def _decide(self, command: Command, told: str) -> None:
        if self.train.ask(command):
            self._asked = told
            self.show_run(self.train.view)

    def refused(self) -> None:
        """What was decided could not be carried out."""
        self._asked = ""

    def action_close(self) -> None:
        self.dismiss(None)

    def action_leave(self) -> None:
        self.dismiss(None)
        self.train.app.call_later(self.train.run_action, "leave")


def _row(row: tuple[str, ...], widths: list[int]) -> str:
    return "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
