"""Experiments on a live run: a range test or its confirmation, one at a time, while training waits."""

from __future__ import annotations

from typing import Any

from lrtui.errors import LrtuiError
from lrtui.messages import Command, Confirm, Find
from lrtui.tui.find_options import check_experiment, range_of
from lrtui.tui.findings import NAMES, Kind
from lrtui.tui.keys import key_of
from lrtui.tui.screens.asking import AskingScreen, no_run_text

_KINDS: dict[type[Command], Kind] = {Find: "find", Confirm: "confirm"}


class ExperimentingScreen(AskingScreen):
    """Sends experiments like other commands, and shows what becomes of them on the Find screen."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        #: what was asked for, and has not been answered
        self.experiment: Find | Confirm | None = None

    def ask(self, command: Command) -> bool:
        if isinstance(command, Find | Confirm):
            return self._begin(command)
        return super().ask(command)

    def action_find(self) -> None:
        if self.view is None:
            self.app.tell(no_run_text(self.keymap), "warning")
        else:
            self.app.find()

    @property
    def asked_for(self) -> Kind:
        """What was asked for and has not been answered."""
        return _KINDS[type(self.experiment)] if self.experiment is not None else ""

    def _begin(self, command: Find | Confirm) -> bool:
        view = self.steered()
        if view is None:
            return False
        if self.experiment is not None or view.findings.running:
            self.app.tell("an experiment is under way: wait for its end", "warning")
            return False
        if view.races.on is not None:
            self.app.tell("a race is on: keep a lane of it, or drop it, first", "warning")
            return False
        try:
            told = check_experiment(command, range_of(view.config))
        except LrtuiError as error:
            self.app.tell(error.sentence, "warning")
            return False
        self.experiment = command
        self.say(told)
        self.send(command)
        self.app.go("find")
        return True

    def refused(self, command: Command) -> None:
        """`command` was not carried out, or nobody knows whether it was."""
        if command is self.experiment:
            self.experiment = None

    def settled(self) -> None:
        """All that was asked for has been answered, and what came of it is in the view."""
        kind, self.experiment = self.asked_for, None
        if kind and self.app.current_mode != "find":
            self.app.tell(f"the {NAMES[kind]} is over: {key_of('find_screen', self.keymap)} shows it")
