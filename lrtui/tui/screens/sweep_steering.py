"""The hand on a sweep: lanes cut, kept and promoted, pruning, pauses and the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lrtui.command_words import parse_command
from lrtui.errors import UsageError
from lrtui.messages import (
    Command,
    Continue,
    Keep,
    Kill,
    LaneRow,
    Pause,
    Promote,
    Prune,
    Save,
    Stop,
)
from lrtui.quantities import fine_rate
from lrtui.tui.keys import key_of
from lrtui.tui.screens.choice import Answer, Choice
from lrtui.tui.screens.eye import Eye
from lrtui.tui.screens.leaving import ask_to_leave, ask_to_stop
from lrtui.tui.screens.prompt import Prompt
from lrtui.tui.screens.sweep_watching import SweepWatchingPlace
from lrtui.tui.seeing import ENDED
from lrtui.tui.sweep_rows import SweepLine
from lrtui.tui.sweep_state import SweepView
from lrtui.tui.sweep_words import (
    no_sweep_text,
    parse_pruning,
    pruning_now,
    pruning_preview,
    why_not,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


_COMMANDS = (Kill, Keep, Prune, Promote, Pause, Continue, Save, Stop)


class SweepSteeringPlace(SweepWatchingPlace):
    """The keys that command a sweep; `chosen` is the line of its table that they are about."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
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
        if self.eye.link is not None:
            self.say(told)
            self.eye.send(command)

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

    def send_words(self, text: str) -> None:
        """Send a command as `lrtui ctl` writes it, such as `kill 3` or `prune off`."""
        if self.steered() is None:
            return
        try:
            command = parse_command(text)
            if not isinstance(command, _COMMANDS):
                raise UsageError(f"{text.split()[0]} is no command of a sweep")
        except UsageError as error:
            self.app.tell(error.sentence, "warning")
        else:
            self.send(command, text)

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

    # -- going on and stopping --------------------------------------------------------------------------------------

    def action_resume(self) -> None:
        """Go on with a sweep that nobody trains."""
        view = self.view
        if view is None or self.read_only or view.condition == "deleted":
            self.steered()  # says why not
        elif view.condition in ("stopped", "crashed"):
            self.app.start_worker(["resume", view.name])
        else:
            self.app.tell(f"{view.name} {'has finished' if view.condition == 'finished' else 'is training already'}")

    def action_stop(self) -> None:
        """Ask once, then stop, save and leave."""
        if self.steered() is not None:
            ask_to_stop(self.app, "sweep", self.stop_and_leave)

    def action_leave(self) -> None:
        """Leave at once where nothing is lost by it; else ask what becomes of the sweep."""
        if self.steers and self.view is not None:
            ask_to_leave(self.app, self.view.name, "sweep", self.keymap, self.stop_and_leave)
        else:
            self.app.exit(0)

    def stop_and_leave(self) -> None:
        """Have the worker save and end; leave when it has."""
        if self.view is not None:
            self._leaving = self.view.name
            self.send(Stop(), "saves and stops")

    def on_eye_refused(self, message: Eye.Refused) -> None:
        if isinstance(message.command, Stop):
            self._leaving = ""


def _name(line: SweepLine) -> str:
    """What a line stands for, in a question."""
    row = line.lanes[0]
    if line.means is not None:
        return f"the rate {fine_rate(row.rate)}"
    return f"lane {row.lane} (lr {fine_rate(row.rate)})"
