"""What every Textual application does, done otherwise: keys in their order, few toasts, a bug told elsewhere."""

from __future__ import annotations

from typing import Any

from textual import events
from textual.app import App
from textual.notifications import Notify
from textual.screen import ModalScreen

from lrtui.tui.screens.dialogue import Dialogue

EXIT_OF_A_BUG = 70
_MOST_TOASTS = 2


class TamedApp(App[int], inherit_bindings=False):
    """An application that shows at most two toasts and obeys the keys of a burst one after the other."""

    def on_notify(self, event: Notify) -> None:
        # Before Textual adds it: more than two toasts would cover what they are about.
        new = (event.notification.message, event.notification.severity)
        room = _MOST_TOASTS - 1
        newest = [one for one in self._notifications if (one.message, one.severity) != new][-room:]
        for one in list(self._notifications):
            if one not in newest:
                self._unnotify(one, refresh=False)

    async def on_event(self, event: events.Event) -> None:
        # A key is done before the next one is looked at, which may be meant for what it opens: Textual would send it up
        # from the focused widget first, and what is typed in one burst would be spread over two screens.
        if isinstance(event, events.Key) and not event.is_forwarded:
            screen, focused = self.screen, self.focused
            if isinstance(screen, Dialogue) and not screen.is_ready_for(event):
                return
            typed = focused is not None and focused.check_consume_key(event.key, event.character)
            if not isinstance(screen, ModalScreen) and not typed and await self._check_bindings(event.key):
                return
        await super().on_event(event)

    # What Textual would print over the shell: launch.py says a sentence instead

    @property
    def failure(self) -> Exception | None:
        """What ended the application, where it was a bug."""
        return self._exception

    def _fatal_error(self) -> None:
        self._return_code = EXIT_OF_A_BUG
        self._close_messages_no_wait()

    def panic(self, *renderables: Any) -> None:
        self._return_code = EXIT_OF_A_BUG
        self._close_messages_no_wait()
