"""What can be done with the run under the cursor of a list: opened, resumed, branched from, deleted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from textual import work

from lrtui.errors import LrtuiError, UsageError
from lrtui.runs.catalog import RunSummary, delete_run
from lrtui.runs.directory import open_run
from lrtui.tui.screens.choice import Answer, Choice
from lrtui.tui.screens.place import Place
from lrtui.words import size_text

if TYPE_CHECKING:
    from lrtui.tui.app import LrtuiApp


class ChosenRunScreen(Place):
    """A screen on which one run is chosen, and the keys that act on it."""

    app: LrtuiApp

    @property
    def chosen(self) -> RunSummary | None:
        """The run that keys act on."""
        raise NotImplementedError

    def look_again(self) -> None:
        """Called after the runs of the home have changed."""
        raise NotImplementedError

    def asked_for(self) -> RunSummary | None:
        """The chosen run; None, and it is said so, where there is none."""
        if self.chosen is None:
            self.app.tell("No run is chosen: 5 starts one.", "warning")
        return self.chosen

    def only_run(self) -> RunSummary | None:
        """The chosen run; None, and it is said so, where there is none, or where it is a sweep."""
        run = self.asked_for()
        if run is not None and run.kind == "sweep":
            self.app.tell(f"{run.name} is a sweep: open it, and make a run of a lane", "warning")
            return None
        return run

    def action_open(self) -> None:
        if run := self.asked_for():
            self.app.open_run(run.name)

    def action_resume(self) -> None:
        run = self.asked_for()
        if run is not None and run.kind == "sweep" and run.state == "finished":
            self.app.tell(f"{run.name} has finished: open it, and promote a lane", "warning")
        elif run is not None and run.kind == "sweep" and run.state == "live":
            self.app.tell(f"{run.name} is training already. Open it with enter.", "error")
        elif run is not None and run.kind == "sweep":
            self.app.start_worker(["resume", run.name])
        elif run is not None:
            self._go_on(run.name, ask=False)

    def action_extend(self) -> None:
        if run := self.only_run():
            self._go_on(run.name, ask=True)

    @work(group="resume", exclusive=True)
    async def _go_on(self, name: str, *, ask: bool) -> None:
        from lrtui.tui.screens.resume import go_on

        await go_on(self.app, name, ask=ask)

    def action_branch(self) -> None:
        if run := self.only_run():
            self._branch(run.name)

    @work(group="branch", exclusive=True)
    async def _branch(self, name: str) -> None:
        from lrtui.runs.run_config import read_config
        from lrtui.tui.screens.checkpoints import Checkpoints, read_checkpoints

        try:
            run = open_run(self.app.home, name)
            there = await asyncio.to_thread(read_checkpoints, run)
            if not there:
                raise UsageError(f"{name} has no checkpoint to branch from", "A live run saves one with c.")
            config = await asyncio.to_thread(read_config, run)
        except LrtuiError as error:
            self.app.tell(error.sentence, "error")
            return

        def chosen(step: int | None) -> None:
            if step is not None:
                self.app.new_run(config, f"{name}@{step}")

        self.app.push_screen(Checkpoints(f"A new run from which checkpoint of {name}?", there), chosen)

    # -- deleting ---------------------------------------------------------------------------------------------------

    def action_delete(self) -> None:
        run = self.asked_for()
        if run is None:
            return
        if run.state == "live":
            self.app.tell(f"{run.name} is live: stop it first (enter, then Q).", "warning")
            return
        detail = f"{run.step:,} steps, {size_text(run.bytes)}: metrics, samples and checkpoints"
        self._ask(f"Delete {run.name}?", detail, "d", "delete it", lambda: self._ask_again(run))

    def _ask_again(self, run: RunSummary) -> None:
        detail = "Nothing brings it back."
        self._ask(f"Delete {run.name} for good?", detail, "y", f"yes, delete {run.name}", lambda: self._delete(run))

    def _ask(self, question: str, detail: str, key: str, label: str, then: Callable[[], object]) -> None:
        def answered(answer: str | None) -> None:
            if answer == "delete":
                then()

        # Another key each time, and keeping first: neither enter twice nor a key held down deletes anything.
        answers = [Answer("keep", "k", "keep it"), Answer("delete", key, label)]
        self.app.push_screen(Choice(question, answers, detail=detail), answered)

    @work(group="delete")
    async def _delete(self, run: RunSummary) -> None:
        try:
            await asyncio.to_thread(delete_run, self.app.home, run.name)
        except LrtuiError as error:
            self.app.tell(error.sentence, "error")
        else:
            self.app.tell(f"{run.name} is deleted: {size_text(run.bytes)}")
        self.look_again()
