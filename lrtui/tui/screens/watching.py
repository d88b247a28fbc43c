"""The eye on a run: its directory is looked at as often as the settings say and after every answer."""

from __future__ import annotations

import asyncio
from typing import Any

from lrtui.errors import LrtuiError
from lrtui.messages import Command
from lrtui.runs.directory import RunDirectory, open_run
from lrtui.tui.screens.eye import Eye
from lrtui.tui.screens.steering import SteeredScreen
from lrtui.tui.seeing import LogLine
from lrtui.tui.state import RunView, news, opening, reduce
from lrtui.tui.watch import Watch


class WatchingScreen(SteeredScreen):
    """Keeps `view` up to date with the run it was given, and calls `show_run` when there is something to show."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.run: RunDirectory | None = None
        self.eye = Eye(self, self._look)
        self._asked = self._on_the_way = 0  # commands so far, and those among them that nobody has answered

    def on_mount(self) -> None:
        self.set_interval(1 / self.app.settings.hz, self.look_now)
        self.look_now()

    def on_unmount(self) -> None:
        self.eye.leave()

    def watch_run(self, name: str, read_only: bool) -> None:
        """Show this run from now on. Raises UsageError where there is none of that name; then all stays as it is."""
        run = open_run(self.app.home, name)
        self.eye.follow(run, Watch(run), read_only=read_only)
        self.run, self.read_only = run, read_only
        self.view, self._expected, self.experiment = opening(run.name), None, None
        self._on_the_way = 0
        self.show_run()
        self.look_now()

    def show_run(self) -> None:
        """Show `view` as it is now."""

    def action_why(self) -> None:
        """Show what the diagnosis is read from."""
        from lrtui.tui.screens.examination import Examination

        if self.view is not None:
            self.app.push_screen(Examination(self.view))

    def send(self, command: Command) -> None:
        self._asked += 1
        self._on_the_way += 1
        self.eye.send(command)

    def on_eye_answered(self, message: Eye.Answered) -> None:
        if message.link is self.eye.link:
            self._on_the_way = max(0, self._on_the_way - 1)
            self.look_now()

    def on_eye_refused(self, message: Eye.Refused) -> None:
        if message.link is self.eye.link:
            self._on_the_way = max(0, self._on_the_way - 1)
            self._expected = None
            self.refused(message.command)
        self.app.tell(message.error.sentence, "error")

    def look_now(self) -> None:
        """Look at the directory, or once more when the look under way is done."""
        self.eye.look_now()

    async def _look(self, watch: Watch) -> None:
        before, asked = self.view, self._asked
        settled = not self._on_the_way  # then this look finds what became of everything that was asked
        assert before is not None
        try:
            view, fresh = await asyncio.to_thread(_looked, watch, before)
        except LrtuiError as error:
            view, fresh = before, [LogLine(before.step, error.sentence, "error")]
        if watch is self.eye.watch:
            self.view = view
            if settled and asked == self._asked:
                self._expected = None
                self.settled()
            for line in fresh:
                self.app.tell(line.text, line.level)
            self.show_run()


def _looked(watch: Watch, before: RunView) -> tuple[RunView, list[LogLine]]:
    """The view after one more look, and what deserves to be told; in a thread."""
    seen = watch.look()
    return reduce(before, seen), news(before, seen)
