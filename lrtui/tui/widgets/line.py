"""One line to type in, in which nothing typed or pasted can reach the terminal as a control character."""

from typing import Any

from textual.events import Key
from textual.widgets import Input

from lrtui.printable import printable


class Line(Input):
    """An `Input` that does not blink: a blinking cursor costs 2.6 kB a second over a slow link."""

    def __init__(self, value: str = "", **more: Any) -> None:
        super().__init__(printable(value), **more)
        self.cursor_blink = False

    def validate_value(self, value: str) -> str:
        """Called by Textual before the value changes, whether typed, pasted or set."""
        return printable(value)

    async def on_key(self, event: Key) -> None:
        """Obey the keys of a burst, as a slow link delivers it, in their order.

        Textual sends a key that is no letter up to the application first, and the letters after it would overtake it.
        """
        for binding in self._bindings.key_to_bindings.get(event.key, ()):
            if await self.app.run_action(binding.action, self):
                event.stop()
                event.prevent_default()
                return
