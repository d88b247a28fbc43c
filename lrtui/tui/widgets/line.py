"""One line to type in, in which nothing typed or pasted can reach the terminal as a control character."""

from typing import Any

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
