"""The eye on a run: its directory is looked at in a thread, as often as the settings say and after every answer."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from textual.message import Message

from lrtui.errors import LrtuiError
from lrtui.messages import Command
from lrtui.runs.directory import RunDirectory, open_run
from lrtui.tui.link import Link
from lrtui.tui.screens.steering import SteeredScreen
from lrtui.tui.state import LogLine, RunView, news, opening, reduce
from lrtui.tui.watch import Watch

_SECONDS_TO_SEND = 0.5
ENDED = ("finished", "stopped", "crashed", "deleted")


class WatchingScreen(SteeredScreen):
    """Keeps `view` up to date with the run it was given, and calls `show_run` when there is something to show."""

    @dataclass
    class Answered(Message):
        """The worker behind `link` has carried a command out."""

        link: Link

    @dataclass
    class Refused(Message):
        """A command could not be carried out, or nobody knows whether it was."""

        link: Link
        command: Command
        error: LrtuiError

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.run: RunDirectory | None = None
        self._watch: Watch | None = None
        self._looking = self._again = False
        self._asked = self._on_the_way = 0  # commands so far, and those among them that nobody has answered

    def on_mount(self) -> None:
        self.set_interval(1 / self.app.settings.hz, self.look_now)
        self.look_now()

    def on_unmount(self) -> None:
        link = self.link
        self._close()
        if link is not None:
            link.join(_SECONDS_TO_SEND)  # what was asked just before leaving is sent still

    def watch_run(self, name: str, read_only: bool) -> None:
        """Show this run from now on. Raises UsageError where there is none of that name; then all stays as it is."""
        run = open_run(self.app.home, name)
        self._close()
        self.run, self.read_only = run, read_only
        self._watch, self.view, self._expected, self.experiment = Watch(run), opening(run.name), None, None
        self._on_the_way = 0
        if not read_only:
            self.link = self._linked(run)
        self.show_run()
        self.look_now()

    def show_run(self) -> None:
        """Show `view` as it is now."""

    def action_why(self) -> None:
        """Show what the diagnosis is read from."""
        from lrtui.tui.screens.examination import Examination

        if self.view is not None:
            self.app.push_screen(Examination(self.view))

    def _linked(self, run: RunDirectory) -> Link:
        link = Link(
            run,
            failed=lambda command, error: self._post(self.Refused(link, command, error)),
            answered=lambda command, step: self._post(self.Answered(link)),
        )
        return link

    def _post(self, message: Message) -> None:
        if self.is_running:
            self.post_message(message)

    def _close(self) -> None:
        if self.link is not None:
            self.link.close()
        self.link = self._watch = None

    def send(self, command: Command) -> None:
        self._asked += 1
        self._on_the_way += 1
        super().send(command)

    def on_watching_screen_answered(self, message: Answered) -> None:
        if message.link is self.link:
            self._on_the_way = max(0, self._on_the_way - 1)
            self.look_now()

    def on_watching_screen_refused(self, message: Refused) -> None:
        if message.link is self.link:
            self._on_the_way = max(0, self._on_the_way - 1)
            self._expected = None
            self.refused(message.command)
        self.app.tell(message.error.sentence, "error")

    def look_now(self) -> None:
        """Look at the directory, or once more when the look under way is done."""
        if self._watch is None or not self.is_mounted:
            return
        if self._looking:
            self._again = True
            return
        self._looking = True
        self.run_worker(self._look(self._watch), group="look")

    async def _look(self, watch: Watch) -> None:
        before, asked = self.view, self._asked
        settled = not self._on_the_way  # then this look finds what became of everything that was asked
        assert before is not None
        try:
            view, fresh = await asyncio.to_thread(_looked, watch, before)
        except LrtuiError as error:
            view, fresh = before, [LogLine(before.step, error.sentence, "error")]
        finally:
            self._looking = False
        if watch is self._watch:
            self.view = view
            if settled and asked == self._asked:
                self._expected = None
                self.settled()
            for line in fresh:
                self.app.tell(line.text, line.level)
            self.show_run()
        if self._again:
            self._again = False
            self.look_now()


def _looked(watch: Watch, before: RunView) -> tuple[RunView, list[LogLine]]:
    """The view after one more look, and what deserves to be told; in a thread."""
    seen = watch.look()
    return reduce(before, seen), news(before, seen)
