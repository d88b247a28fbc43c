"""The hand on a sweep: lanes cut, kept and promoted, pruning, pauses and the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from textual import on
from textual.message import Message

from lrtui.errors import UsageError
from lrtui.messages import (
    Command,
    Continue,
    Event,
    Keep,
    Kill,
    LanePromoted,
    LaneRow,
    Pause,
    Promote,
    Save,
    Stop,
)
from lrtui.quantities import fine_rate
from lrtui.runs.directory import check_name, run_names
from lrtui.tui.keys import key_of
from lrtui.tui.screens.choice import Answer, Choice
from lrtui.tui.screens.prompt import Prompt
from lrtui.tui.screens.sweep_watching import SweepWatchingPlace
from lrtui.tui.sweep_rows import SweepLine
from lrtui.tui.sweep_state import SweepView
from lrtui.tui.sweep_words import (
    ENDED,
    no_sweep_text,
    parse_pruning,
    pruning_now,
    pruning_preview,
    why_not,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lrtui.worker.errand import Errand


class SweepSteeringPlace(SweepWatchingPlace):
    """The keys that command a sweep; `chosen` is the line of its table that they are about."""

    @dataclass
    class Promoted(Message):
        """Our own process has made a run of a lane of a sweep that nobody trains."""

        event: LanePromoted

    @dataclass
    class NotPromoted(Message):
        """It could not: why, in a sentence."""

        problem: str

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self._promoting = set[int]()  # lanes that this screen has asked for
        self._errand: Errand | None = None
        self._leaving = ""  # the sweep whose end is waited for

    @property
    def chosen(self) -> SweepLine | None:
        raise NotImplementedError

    @property
    def keymap(self) -> Mapping[str, str]:
        """The keys that were re-mapped."""
        return self.app.settings.keys

    @property
    def steers(self) -> bool:
        """Whether a sweep goes on that this screen commands."""
        return self.view is not None and not self.read_only and self.view.condition not in ENDED

    def say(self, told: str) -> None:
        """Show what a command that was just sent will do."""

    def send(self, command: Command, told: str) -> None:
        """Have the worker carry `command` out."""
        if self.link is not None:
            self.say(told)
            self.link.send(command)

    def steered(self, *, ended_too: bool = False) -> SweepView | None:
        """The sweep that a key may command now; else None, and it is said why."""
        if self.app.is_startling:
            told = "the screen had just changed: what you asked for then was left out"
        elif self.view is None:
            told = no_sweep_text(self.keymap)
        elif self.read_only:
            told = "this screen only watches the sweep: attach without --read-only to steer it"
        elif ended_too and self.view.condition in ("finished", "stopped", "crashed"):
            return self.view
        else:
            told = why_not(self.view, self.keymap)
        if told:
            self.app.tell(told, "warning")
            return None
        return self.view

    def _training(self) -> list[LaneRow]:
        """The lanes of the chosen line that train; where there is none, it is said."""
        if self.steered() is None or self.chosen is None:
            return []
        rows = [row for row in self.chosen.lanes if row.state == "training"]
        if not rows:
            self.app.tell(f"{_name(self.chosen)} trains no more", "warning")
        return rows

    # -- lanes ------------------------------------------------------------------------------------------------------

    def action_kill(self) -> None:
        rows, view = self._training(), self.view
        if not rows or self.chosen is None or view is None:
            return
        if view.left == len(rows):
            self.app.tell(f"nothing else trains: {key_of('sweep_stop', self.keymap)} stops the sweep", "warning")
            return

        def answered(answer: str | None) -> None:
            if answer == "cut":
                for row in rows:
                    self.send(Kill(row.lane), f"lane {row.lane} is cut")

        answers = [Answer("cut", "k", "cut it: it trains no more"), Answer("stay", "c", "let it train")]
        detail = "Its share of the compute goes to the others; its state is kept, and can be promoted."
        self.app.push_screen(Choice(f"Cut {_name(self.chosen)}?", answers, detail=detail), answered)

    def action_keep(self) -> None:
        rows = self._training()
        if rows:
            self.send(Keep(rows[0].lane), f"no rung prunes the rate {fine_rate(rows[0].rate)}")

    def action_prune(self) -> None:
        view = self.steered()
        if view is None:
            return

        def check(text: str) -> str:
            return pruning_preview(text, self.view or view)

        def answered(text: str | None) -> None:
            if text is not None and self.view is not None:
                self.send(parse_pruning(text, self.view), check(text))

        title = "The best 1/eta of the rates go on at each rung"
        hint = "ETA, ETA RUNG,… or off;"
        self.app.push_screen(Prompt(title, pruning_now(view), check=check, hint=hint), answered)

    # -- the pace ---------------------------------------------------------------------------------------------------

    def action_pause(self) -> None:
        view = self.steered()
        if view is not None and view.condition == "paused":
            self.send(Continue(), "goes on")
        elif view is not None:
            self.send(Pause(), "pauses")

    def action_save(self) -> None:
        if self.steered() is not None:
            self.send(Save(), "a checkpoint is written")

    def stop_and_leave(self) -> None:
        """Have the worker save and end; leave when it has."""
        if self.view is not None:
            self._leaving = self.view.name
            self.send(Stop(), "saves and stops")

    def on_sweep_watching_place_refused(self, message: SweepWatchingPlace.Refused) -> None:
        if isinstance(message.command, Stop):
            self._leaving = ""
        if isinstance(message.command, Promote):
            self._promoting.clear()

    # -- a lane as a run --------------------------------------------------------------------------------------------

    def action_promote(self) -> None:
        """Ask for a name and make a run of the chosen lane; of a rate, of its best lane."""
        view = self.steered(ended_too=True)
        if view is None or self.chosen is None:
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
        if self._errand is not None:
            self.app.tell("a lane is being promoted: wait until it is a run", "warning")
            return
        from lrtui.worker.errand import Errand

        def told(event: Event) -> None:
            if isinstance(event, LanePromoted):
                self.tell_screen(self.Promoted(event))

        words = ["promote", view.name, str(lane), *(["--name", name] if name else []), "--json"]
        self.say(f"lane {lane} becomes a run …")
        self._errand = Errand(
            [*words, "--home", str(self.app.home)],
            told=told,
            ended=lambda problem: self.tell_screen(self.NotPromoted(problem)),
        )

    @on(Promoted)
    def _our_process_promoted(self, message: Promoted) -> None:
        self.was_promoted(message.event)

    @on(NotPromoted)
    def _our_process_ended(self, message: NotPromoted) -> None:
        self._errand = None
        if message.problem:
            self._promoting.clear()
            self.app.tell(message.problem, "error")

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

    def on_unmount(self) -> None:
        if self._errand is not None:
            self._errand.stop()


def _name(line: SweepLine) -> str:
    """What a line stands for, in a question."""
    row = line.lanes[0]
    if line.means is not None:
        return f"the rate {fine_rate(row.rate)}"
    return f"lane {row.lane} (lr {fine_rate(row.rate)})"
