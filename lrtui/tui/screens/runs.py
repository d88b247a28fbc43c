"""Every run of this home, live or long dead: opened, overlaid, resumed, branched from and deleted from here."""

from __future__ import annotations

import asyncio
from typing import Any

from textual import work
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static

from lrtui.errors import LrtuiError
from lrtui.printable import printable
from lrtui.runs.catalog import Catalog, RunSummary
from lrtui.runs.directory import open_run
from lrtui.tui.keys import bindings
from lrtui.tui.run_details import Details, fact_lines, read_details, story_lines
from lrtui.tui.run_rows import count_line, matching, ordered
from lrtui.tui.screens.chosen_run import ChosenRunScreen
from lrtui.tui.screens.prompt import Prompt
from lrtui.tui.widgets.key_bar import KeyBar
from lrtui.tui.widgets.pane import Pane
from lrtui.tui.widgets.run_table import RunTable
from lrtui.tui.widgets.tints import tint
from lrtui.tui.wrapping import cut

SECONDS_BETWEEN_LOOKS = 2.0
#: curves that differ by their hue
MOST_OVERLAID = 6


class RunsScreen(ChosenRunScreen):
    """The list above, the run under the cursor below."""

    CSS_PATH = "runs.tcss"
    AUTO_FOCUS = "#runs"
    BINDINGS = bindings("runs")
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-middle"), (160, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-tiny"), (20, "-low"), (30, "-tall")]  # noqa: RUF012

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.summaries: list[RunSummary] = []
        self.marked: list[str] = []
        self.words = ""
        self._catalog: Catalog | None = None
        self._details: Details | None = None
        self._timer: Timer | None = None
        self._looked = self._looking = self._again = False
        self._problem = ""

    def compose(self) -> ComposeResult:
        yield Static("", id="title", markup=False)
        yield RunTable(id="runs")
        with Horizontal(id="below"):
            yield Pane(id="facts")
            yield Pane(id="story")
        yield KeyBar("runs")

    def on_mount(self) -> None:
        self._timer = self.set_interval(SECONDS_BETWEEN_LOOKS, self._look_by_the_clock)
        self.look_again()

    def on_screen_resume(self) -> None:
        if self._timer is not None:
            self._timer.resume()
            self.look_again()

    def on_screen_suspend(self) -> None:
        if self._timer is not None:
            self._timer.pause()

    def on_resize(self) -> None:
        self.call_after_refresh(self._show_details)

    # -- looking ----------------------------------------------------------------------------------------------------

    @property
    def table(self) -> RunTable:
        return self.query_one(RunTable)

    def look_again(self) -> None:
        """Read the home anew, in a thread; after the look that is under way, which may have missed what is new."""
        if self._looking:
            self._again = True
            return
        self._looking, self._again = True, False
        self._look()

    def _look_by_the_clock(self) -> None:
        if not self._looking:  # where a look takes long, they do not follow each other without a pause
            self.look_again()

    @work(group="look")
    async def _look(self) -> None:
        self._catalog = self._catalog or Catalog(self.app.home)
        try:
            summaries = await asyncio.to_thread(self._catalog.look)
            self._problem = ""
        except LrtuiError as error:
            summaries, self._problem = [], error.sentence
        finally:
            self._looking = False
        self._looked = True
        self.summaries = ordered(summaries, [run.name for run in self.summaries])
        names = {run.name for run in summaries}
        self.marked = [name for name in self.marked if name in names]
        self.show_runs()
        if self._again:
            self.look_again()

    def show_runs(self) -> None:
        """Show the runs as they are known now."""
        shown = matching(self.summaries, self.words)
        title = f"Runs · {count_line(self.summaries)}"
        if self.words:
            title += f" · {len(shown)} with “{cut(self.words, 24)}”, escape shows all"
        self.table.show_runs(shown, self.marked, title)
        self._show_title()
        run = self.table.run
        if run is None:
            self._details = None
            self._show_details()
        elif self._details is None or _steady(self._details.summary) != _steady(run):
            self._read_details(run)

    def _show_title(self) -> None:
        if self._problem:
            told = self._problem
        elif self._looked and not self.summaries:
            told = f"No run lives in {self.app.home}: 5 starts one."
        else:
            told = str(self.app.home)
        self.query_one("#title", Static).update(
            Content.assemble(("lrtui", "bold $text-primary"), " · ", (cut(told, max(8, self.size.width - 12)), ""))
        )

    def on_run_table_moved(self) -> None:
        if self.table.run is not None:
            self._read_details(self.table.run)

    def on_run_table_opened(self) -> None:
        self.action_open()

    @work(group="details", exclusive=True)
    async def _read_details(self, run: RunSummary) -> None:
        try:
            directory = open_run(self.app.home, run.name)
        except LrtuiError:
            return  # deleted meanwhile: the next look leaves it out
        self._details = await asyncio.to_thread(read_details, directory, run)
        self._show_details()

    def _show_details(self) -> None:
        facts, story, details = self.query_one("#facts", Pane), self.query_one("#story", Pane), self._details
        if details is None:
            facts.show([], "")
            story.show([], "")
            return
        facts.show(fact_lines(details, facts.size.width, facts.size.height), details.summary.name)
        lines = story_lines(details, story.size.width, story.size.height, lambda level: tint(self, level))
        story.show(lines, "Story")

    # -- what keys do -----------------------------------------------------------------------------------------------

    @property
    def chosen(self) -> RunSummary | None:
        return self.table.run

    def action_mark(self) -> None:
        run = self.only_run()
        if run is None:
            return
        if run.name in self.marked:
            self.marked.remove(run.name)
        elif len(self.marked) == MOST_OVERLAID:
            self.app.tell(f"{MOST_OVERLAID} runs can be overlaid: escape takes all marks away.", "warning")
            return
        else:
            self.marked.append(run.name)
        self.table.action_move(1)
        self.show_runs()

    def action_overlay(self) -> None:
        from lrtui.tui.screens.compare import CompareScreen

        run = self.asked_for() if self.marked else self.only_run()
        if run is not None:
            self.app.push_screen(CompareScreen(self.marked or [run.name]))

    def action_filter(self) -> None:
        def told(words: str) -> str:
            return count_line(matching(self.summaries, words))

        def answered(words: str | None) -> None:
            if words is not None:
                self.words = printable(words)
                self.show_runs()

        hint = "words of name, state, model or corpus ·"
        self.app.push_screen(Prompt("Which runs?", self.words, check=told, hint=hint), answered)

    def action_clear(self) -> None:
        self.words, self.marked = "", []
        self.show_runs()


def _steady(run: RunSummary) -> tuple[object, ...]:
    """A summary without its age, which changes with the clock alone."""
    return (run.name, run.state, run.step, run.bytes, run.changes, run.best)
