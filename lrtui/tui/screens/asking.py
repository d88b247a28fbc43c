"""What it takes to ask something of a run: whether it may be asked, what it would do, and the way to its worker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.screen import Screen

from lrtui.command_words import parse_command
from lrtui.errors import LrtuiError, UsageError
from lrtui.lr.ledger import Rate
from lrtui.messages import Command
from lrtui.tui.previews import after, preview, require_live
from lrtui.tui.screens.prompt import Prompt
from lrtui.tui.state import RunView

if TYPE_CHECKING:
    from collections.abc import Callable

    from lrtui.tui.app import LrtuiApp
    from lrtui.tui.link import Link


class AskingScreen(Screen[None]):
    """A screen on one run, which may command it. `view` is None where no run is open."""

    app: LrtuiApp

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.view: RunView | None = None
        self.read_only = False
        self.link: Link | None = None
        #: the rate that commands still on their way leave behind: a second press previews on the first
        self._expected: Rate | None = None

    def ask(self, command: Command) -> None:
        """Say what `command` will do and send it, or say why not."""
        view = self.steered()
        if view is None:
            return
        try:
            told = preview(view, command, self._expected)
            self._expected = after(view, command, self._expected)
        except LrtuiError as error:
            self.app.tell(error.sentence, "warning")
            return
        self.say(told)
        self.send(command)

    def say(self, told: str) -> None:
        """Show what a command that was just sent will do."""

    def send(self, command: Command) -> None:
        if self.link is not None:
            self.link.send(command)

    def send_words(self, text: str) -> None:
        """Send a command as `lrtui ctl` writes it, such as `decay` or `lr 5e-4`."""
        try:
            command = parse_command(text)
        except UsageError as error:
            self.app.tell(error.sentence, "warning")
            return
        self.ask(command)

    def steered(self) -> RunView | None:
        """The run that a key may command now; else None, and it is said why."""
        if self.view is None:
            self.app.tell("no run is open: 5 starts one, 4 lists those there are", "warning")
        elif self.read_only:
            self.app.tell("this screen only watches the run: attach without --read-only to steer it", "warning")
        else:
            try:
                require_live(self.view)
                return self.view
            except UsageError as error:
                self.app.tell(error.sentence, "warning")
        return None

    def prompt_for(
        self, title: str, make: Callable[[str], Command], *, value: str = "", hint: str = "", example: str = ""
    ) -> None:
        """Ask for one line that becomes a command, with what it would do shown while typing."""
        if self.steered() is None:
            return

        def check(text: str) -> str:
            if not text.strip():
                raise UsageError(f"type {example}")
            assert self.view is not None
            return preview(self.view, make(text), self._expected)

        def answered(text: str | None) -> None:
            if text is not None:
                self.ask(make(text))

        self.app.push_screen(Prompt(title, value, check=check, hint=hint), answered)
