"""The key that races multiples of the rate: it asks for them, and shows the race that is on."""

from __future__ import annotations

from typing import Any

from lrtui.command_words import parse_command
from lrtui.errors import LrtuiError, UsageError
from lrtui.messages import Command, DropRace, KeepLane, Race
from lrtui.tui.race_texts import OFFER, preview_text
from lrtui.tui.screens.prompt import Prompt
from lrtui.tui.screens.watching import WatchingScreen


class RacingScreen(WatchingScreen):
    """Begins and decides races, and opens the race screen over itself."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self._racing = False  # a race was asked for here: it is shown as soon as it is on

    def ask(self, command: Command) -> bool:
        if not isinstance(command, Race | KeepLane | DropRace):
            return super().ask(command)
        view = self.steered()
        if view is None:
            return False
        try:
            told = preview_text(view, self.ahead, command)
        except LrtuiError as error:
            self.app.tell(error.sentence, "warning")
            return False
        self.say(told)
        self.send(command)
        self._racing = isinstance(command, Race)
        return True

    def action_race(self) -> None:
        """Watch the race that is on; where none is, ask for factors and steps, and begin one."""
        view = self.view
        if view is not None and view.races.on is not None:
            self._show_race()
        elif self.steered() is not None:
            title = f"Race the rate ({self._now()}) times"
            check, asked = self._check_race, self._race_as_typed
            self.app.push_screen(Prompt(title, OFFER, check=check, hint="factors, then steps;"), asked)

    def follow_race(self) -> None:
        """The view has changed: so has the race that is shown, and one that was asked for may have begun."""
        from lrtui.tui.screens.race import RaceScreen

        top, view = self.app.screen, self.view
        if isinstance(top, RaceScreen) and top.train is self:
            top.show_run(view)
        elif self._racing and top is self and view is not None and view.races.on is not None:
            self._show_race()

    def refused(self, command: Command) -> None:
        from lrtui.tui.screens.race import RaceScreen

        super().refused(command)
        if isinstance(command, Race):
            self._racing = False
        if isinstance(self.app.screen, RaceScreen):
            self.app.screen.refused()

    def _show_race(self) -> None:
        from lrtui.tui.screens.race import RaceScreen

        self._racing = False
        self.app.push_screen(RaceScreen(self))

    def _check_race(self, text: str) -> str:
        command = parse_command(f"race {text}")
        if self.view is None or not isinstance(command, Race):
            raise UsageError(f"type factors and steps such as {OFFER}")
        return preview_text(self.view, self.ahead, command)

    def _race_as_typed(self, text: str | None) -> None:
        if text is not None:
            self.ask(parse_command(f"race {text}"))
