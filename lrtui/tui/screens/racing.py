"""The key that races multiples of the rate: it asks for them, and shows the race that is on."""

from __future__ import annotations

from typing import Any

from lrtui.command_words import parse_command
from lrtui.errors import UsageError
from lrtui.messages import Race
from lrtui.tui.race_texts import OFFER, preview_text
from lrtui.tui.screens.prompt import Prompt
from lrtui.tui.screens.watching import WatchingScreen


class RacingScreen(WatchingScreen):
    """Begins races, and opens the race screen over itself."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self._racing = False  # a race was asked for here: it is shown as soon as it is on

    def action_race(self) -> None:
        """Watch the race that is on; where none is, ask for factors and steps, and begin one."""
        view = self.view
        if view is not None and view.races.on is not None:
            self._show_race()
        elif self.steered() is not None:
            title = f"Race the rate ({self._now()}) times"
            self.app.push_screen(Prompt(title, OFFER, check=self._check, hint="factors, then steps;"), self._begin)

    def follow_race(self) -> None:
        """The view has changed: so has the race that is shown, and one that was asked for may have begun."""
        from lrtui.tui.screens.race import RaceScreen

        top, view = self.app.screen, self.view
        if isinstance(top, RaceScreen) and top.train is self:
            top.show_run(view)
        elif self._racing and top is self and view is not None and view.races.on is not None:
            self._show_race()

    def on_watching_screen_refused(self, message: WatchingScreen.Refused) -> None:
        from lrtui.tui.screens.race import RaceScreen

        if isinstance(message.command, Race):
            self._racing = False
        if isinstance(self.app.screen, RaceScreen):
            self.app.screen.refused()

    def _show_race(self) -> None:
        from lrtui.tui.screens.race import RaceScreen

        self._racing = False
        self.app.push_screen(RaceScreen(self))

    def _check(self, text: str) -> str:
        command = parse_command(f"race {text}")
        if self.view is None or not isinstance(command, Race):
            raise UsageError(f"type factors and steps such as {OFFER}")
        return preview_text(self.view, self.ahead, command)

    def _begin(self, text: str | None) -> None:
        if text is not None and self.steered() is not None:
            self.say(self._check(text))
            self.send(parse_command(f"race {text}"))
            self._racing = True
