"""A lane becomes a run: asked of the worker of a live sweep, done by a process of our own for any other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from textual import on
from textual.message import Message

from lrtui.errors import UsageError
from lrtui.messages import LanePromoted, Promote
from lrtui.quantities import fine_rate
from lrtui.runs.directory import check_name, run_names
from lrtui.tui.screens.choice import Answer, Choice
from lrtui.tui.screens.eye import Eye
from lrtui.tui.screens.prompt import Prompt
from lrtui.tui.screens.sweep_steering import SweepSteeringPlace
from lrtui.tui.sweep_state import SweepView

if TYPE_CHECKING:
    from lrtui.worker.errand import Errand


class SweepPromotingPlace(SweepSteeringPlace):
    """Asks for the name of the run, and what becomes of it once it is there."""

    @dataclass
    class Tried(Message):
        """Our own process has ended: why it made no run, or nothing: then the sweep's log tells of it."""

        problem: str

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self._promoting = set[int]()  # lanes that this screen has asked for
        self._errand: Errand | None = None

    def on_unmount(self) -> None:
        if self._errand is not None:
            self._errand.stop()

    def on_eye_refused(self, message: Eye.Refused) -> None:
        if isinstance(message.command, Promote):
            self._promoting.clear()

    def action_promote(self) -> None:
        """Ask for a name and make a run of the chosen lane; of a rate, of its best lane."""
        view = self.steered(ended_too=True)
        if view is None or self.chosen is None:
            return
        if self._errand is not None:
            self.app.tell("a lane is being promoted: wait until it is a run", "warning")
            return
        row, taken = self.chosen.lanes[0], set(run_names(self.app.home))
        if row.state == "diverged":
            self.app.tell(f"lane {row.lane} was lost: it has no state to go on from", "warning")
            return

        def check(text: str) -> str:
            if text.strip():
                check_name(text.strip())
                if text.strip() in taken:
                    raise UsageError(f"there is a run {text.strip()} already")
            return f"{text.strip() or 'a run with a made-up name'} goes on where the lane stands"

        def answered(text: str | None) -> None:
            if text is not None:
                self._promote(view, row.lane, text.strip())

        title = f"Make lane {row.lane} (lr {fine_rate(row.rate)}) a run named"
        self.app.push_screen(Prompt(title, "", check=check, hint="may be empty;"), answered)

    def _promote(self, view: SweepView, lane: int, name: str) -> None:
        self._promoting.add(lane)
        if self.steers:
            self.send(Promote(lane, name or None), f"lane {lane} becomes a run")
            return
        from lrtui.worker.errand import Errand

        words = ["promote", view.name, str(lane), *(["--name", name] if name else []), "--json"]
        self.say(f"lane {lane} becomes a run …")
        self._errand = Errand(
            [*words, "--home", str(self.app.home)],
            told=lambda event: None,  # the sweep's log tells it, too
            ended=lambda problem: self.eye.tell(self.Tried(problem)),
        )

    @on(Tried)
    def _our_process_ended(self, message: Tried) -> None:
        self._errand = None
        if message.problem:
            self._promoting.clear()
            self.app.tell(message.problem, "error")
        self.look_now()

    def was_promoted(self, event: LanePromoted) -> None:
        from lrtui.tui.screens.resume import go_on

        asked = event.lane in self._promoting
        self._promoting.discard(event.lane)
        if not asked or self.app.screen is not self or self.view is None:
            self.app.tell(f"lane {event.lane} is the run {event.run} at step {event.at:,}")
            return
        over = self.view.total and event.at >= self.view.total

        def answered(answer: str | None) -> None:
            if answer == "train":
                self.run_worker(go_on(self.app, event.run, ask=bool(over)), group="resume")
            elif answer == "look":
                self.app.open_run(event.run)

        train = "give it more steps" if over else "train it on"
        answers = [
            Answer("train", "t", f"{train}, on a screen of its own"),
            Answer("look", "o", "open it as it is"),
            Answer("stay", "c", "stay here"),
        ]
        detail = "The sweep goes on meanwhile." if self.steers else ""
        self.app.push_screen(
            Choice(f"Lane {event.lane} is the run {event.run} at step {event.at:,}", answers, detail=detail), answered
        )
