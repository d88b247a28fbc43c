"""The eye on a sweep: its directory is looked at in a thread, as often as the settings say and after every answer."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from textual.message import Message

from lrtui.errors import LrtuiError
from lrtui.messages import Command, LanePromoted
from lrtui.runs.directory import RunDirectory, open_run
from lrtui.tui.link import Link
from lrtui.tui.screens.place import Place
from lrtui.tui.state import LogLine
from lrtui.tui.sweep_state import SweepView, news, opening, promoted, reduce
from lrtui.tui.sweep_watch import SweepWatch

if TYPE_CHECKING:
    from lrtui.tui.app import LrtuiApp

_SECONDS_TO_SEND = 0.5


class SweepWatchingPlace(Place):
    """Keeps `view` up to date with the sweep it was given, and calls `show_sweep` when there is something to show."""

    app: LrtuiApp

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
        self.view: SweepView | None = None
        self.read_only = False
        self.link: Link | None = None
        self._watch: SweepWatch | None = None
        self._looking = self._again = False

    def on_mount(self) -> None:
        self.set_interval(1 / self.app.settings.hz, self.look_now)
        self.look_now()

    def on_unmount(self) -> None:
        link = self.link
        self._close()
        if link is not None:
            link.join(_SECONDS_TO_SEND)  # what was asked just before leaving is sent still

    def watch_sweep(self, name: str, read_only: bool) -> None:
        """Show this sweep from now on. Raises UsageError where there is none of that name; then all stays as it is."""
        run = open_run(self.app.home, name)
        self._close()
        self.run, self.read_only = run, read_only
        self._watch, self.view = SweepWatch(run), opening(run.name)
        if not read_only:
            self.link = self._linked(run)
        self.show_sweep()
        self.look_now()

    def show_sweep(self) -> None:
        """Show `view` as it is now."""

    def was_promoted(self, event: LanePromoted) -> None:
        """Called once for each lane that has become a run while the screen looked."""

    def _linked(self, run: RunDirectory) -> Link:
        link = Link(
            run,
            failed=lambda command, error: self.tell_screen(self.Refused(link, command, error)),
            answered=lambda command, step: self.tell_screen(self.Answered(link)),
        )
        return link

    def tell_screen(self, message: Message) -> None:
        """Post a message from any thread; nobody waits for it once the screen is left."""
        if self.is_running:
            self.post_message(message)

    def _close(self) -> None:
        if self.link is not None:
            self.link.close()
        self.link = self._watch = None

    def on_sweep_watching_place_answered(self, message: Answered) -> None:
        if message.link is self.link:
            self.look_now()

    def on_sweep_watching_place_refused(self, message: Refused) -> None:
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

    async def _look(self, watch: SweepWatch) -> None:
        before = self.view
        assert before is not None
        fresh, new_runs = list[LogLine](), list[LanePromoted]()
        view = before
        try:
            view, fresh, new_runs = await asyncio.to_thread(_looked, watch, before)
        except LrtuiError as error:
            fresh = [LogLine(before.step, error.sentence, "error")]
        finally:
            self._looking = False
        if watch is self._watch:
            self.view = view
            for line in fresh:
                self.app.tell(line.text, line.level)
            self.show_sweep()
            for event in new_runs:
                self.was_promoted(event)
        if self._again:
            self._again = False
            self.look_now()


def _looked(watch: SweepWatch, before: SweepView) -> tuple[SweepView, list[LogLine], list[LanePromoted]]:
    """The view after one more look, what deserves to be told, and the lanes that became runs; in a thread."""
    seen = watch.look()
    return reduce(before, seen), news(before, seen), promoted(before, seen)
