"""The eye on a sweep: its directory is looked at as often as the settings say and after every answer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from lrtui.errors import LrtuiError
from lrtui.messages import LanePromoted
from lrtui.runs.directory import RunDirectory, open_run
from lrtui.tui.screens.eye import Eye
from lrtui.tui.screens.place import Place
from lrtui.tui.seeing import LogLine
from lrtui.tui.sweep_state import SweepView, news, opening, promoted, reduce
from lrtui.tui.sweep_watch import SweepWatch

if TYPE_CHECKING:
    from lrtui.tui.app import LrtuiApp


class SweepWatchingPlace(Place):
    """Keeps `view` up to date with the sweep it was given, and calls `show_sweep` when there is something to show."""

    app: LrtuiApp

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.run: RunDirectory | None = None
        self.view: SweepView | None = None
        self.read_only = False
        self.eye = Eye(self, self._look)

    def on_mount(self) -> None:
        self.set_interval(1 / self.app.settings.hz, self.look_now)
        self.look_now()

    def on_unmount(self) -> None:
        self.eye.leave()

    def watch_sweep(self, name: str, read_only: bool) -> None:
        """Show this sweep from now on. Raises UsageError where there is none of that name; then all stays as it is."""
        run = open_run(self.app.home, name)
        self.eye.follow(run, SweepWatch(run), read_only=read_only)
        self.run, self.read_only, self.view = run, read_only, opening(run.name)
        self.show_sweep()
        self.look_now()

    def show_sweep(self) -> None:
        """Show `view` as it is now."""

    def was_promoted(self, event: LanePromoted) -> None:
        """Called once for each lane that has become a run while the screen looked."""

    def on_eye_answered(self, message: Eye.Answered) -> None:
        if message.link is self.eye.link:
            self.look_now()

    def on_eye_refused(self, message: Eye.Refused) -> None:
        self.app.tell(message.error.sentence, "error")

    def look_now(self) -> None:
        """Look at the directory, or once more when the look under way is done."""
        self.eye.look_now()

    async def _look(self, watch: SweepWatch) -> None:
        before = self.view
        assert before is not None
        fresh, new_runs = list[LogLine](), list[LanePromoted]()
        view = before
        try:
            view, fresh, new_runs = await asyncio.to_thread(_looked, watch, before)
        except LrtuiError as error:
            fresh = [LogLine(before.step, error.sentence, "error")]
        if watch is self.eye.watch:
            self.view = view
            for line in fresh:
                self.app.tell(line.text, line.level)
            self.show_sweep()
            for event in new_runs:
                self.was_promoted(event)


def _looked(watch: SweepWatch, before: SweepView) -> tuple[SweepView, list[LogLine], list[LanePromoted]]:
    """The view after one more look, what deserves to be told, and the lanes that became runs; in a thread."""
    seen = watch.look()
    return reduce(before, seen), news(before, seen), promoted(before, seen)
