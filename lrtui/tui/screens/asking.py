"""What it takes to ask something of a run: whether it may be asked, what it would do, and the way to its worker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lrtui.command_words import parse_command
from lrtui.errors import LrtuiError, UsageError
from lrtui.messages import Command
from lrtui.tui.keys import key_of
from lrtui.tui.previews import Ahead, preview, require_live
from lrtui.tui.screens.place import Place
from lrtui.tui.screens.prompt import Prompt
from lrtui.tui.state import RunView

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lrtui.tui.app import LrtuiApp
    from lrtui.tui.outlook import Outlook


def no_run_text(keymap: Mapping[str, str]) -> str:
    """What to press where no run is open."""
    return f"no run is open: {key_of('new', keymap)} starts one, {key_of('runs', keymap)} lists those there are"


class AskingScreen(Place):
    """A screen on one run, which may command it. `view` is None where no run is open."""

    app: LrtuiApp

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.view: RunView | None = None
        self.read_only = False
        #: what commands still on their way leave behind, None where none is: a second press builds on the first
        self._expected: Ahead | None = None

    @property
    def keymap(self) -> Mapping[str, str]:
        """The keys that were re-mapped."""
        return self.app.settings.keys

    @property
    def ahead(self) -> Ahead | None:
        """The run as keys pressed now will find it."""
        return self._expected or (None if self.view is None else Ahead.of(self.view))

    def ask(self, command: Command) -> bool:
        """Say what `command` will do and send it, or say why not; returns whether it was sent."""
        view, ahead = self.steered(), self.ahead
        if view is None or ahead is None:
            return False
        try:
            told = preview(view, command, ahead, self.keymap)
            self._expected = ahead.after(view, command)
        except LrtuiError as error:
            self.app.tell(error.sentence, "warning")
            return False
        self.say(told)
        self.send(command)
        return True

    def say(self, told: str) -> None:
        """Show what a command that was just sent will do."""

    def send(self, command: Command) -> None:
        """Have the worker carry `command` out."""
        raise NotImplementedError

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
        if self.app.is_startling:
            self.app.tell("the screen had just changed: what you asked for then was left out", "warning")
        elif self.view is None:
            self.app.tell(no_run_text(self.keymap), "warning")
        elif self.read_only:
            self.app.tell("this screen only watches the run: attach without --read-only to steer it", "warning")
        else:
            try:
                require_live(self.view, self.keymap)
                return self.view
            except UsageError as error:
                self.app.tell(error.sentence, "warning")
        return None

    def prompt_for(
        self,
        title: str | Callable[[], str],
        make: Callable[[str], Command],
        *,
        value: str = "",
        hint: str = "",
        example: str = "",
        curve: bool = False,
    ) -> None:
        """Ask for one line that becomes a command, with what it would do shown while typing, drawn with `curve`."""
        if self.steered() is None:
            return

        def check(text: str) -> str:
            if not text.strip():
                raise UsageError(f"type {example}")
            assert self.view is not None
            return preview(self.view, make(text), self.ahead, self.keymap)

        def answered(text: str | None) -> None:
            if text is not None:
                self.ask(make(text))

        if curve:
            from lrtui.tui.screens.curve_prompt import CurvePrompt

            prompt: Prompt = CurvePrompt(
                title, value, check=check, hint=hint, foresee=lambda text: self._foresee(text, make)
            )
        else:
            prompt = Prompt(title, value, check=check, hint=hint)
        self.app.push_screen(prompt, answered)

    def _foresee(self, text: str, make: Callable[[str], Command]) -> Outlook | None:
        """The rate that is left, and as the command that `make` makes of `text` would have it."""
        from lrtui.tui.outlook import outlook

        if self.view is None or self.ahead is None:
            return None
        try:
            return outlook(self.view, make(text) if text.strip() else None, self.ahead)
        except LrtuiError:
            return outlook(self.view, None, self.ahead)
