"""A prompt for a change of the rate: while one types, the rate is drawn as planned and as it would be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual.app import ComposeResult

from lrtui.tui.outlook import Outlook, outlook_lines
from lrtui.tui.screens.prompt import Prompt
from lrtui.tui.widgets.chart import Chart


class CurvePrompt(Prompt):
    """`foresee(text)` is the outlook that `text` makes; of text that would be refused, as it is planned."""

    DEFAULT_CSS = """
    CurvePrompt > Vertical { width: 84; }
    CurvePrompt Chart { height: 12; }
    CurvePrompt.-high Chart { height: 16; }
    CurvePrompt.-low Chart { display: none; }
    """
    VERTICAL_BREAKPOINTS = [(0, "-low"), (20, "-middle"), (38, "-high")]  # noqa: RUF012 - Textual's own declaration

    def __init__(self, *asked: Any, foresee: Callable[[str], Outlook | None], **more: Any) -> None:
        super().__init__(*asked, **more)
        self._foresee = foresee
        self._drawn: object = None

    def compose_below(self) -> ComposeResult:
        chart = Chart(id="outlook")
        chart.can_focus = False
        yield chart

    def _preview(self, text: str) -> bool:
        allowed = super()._preview(text)
        self._draw(text)
        return allowed

    def _draw(self, text: str) -> None:
        found = self._foresee(text)
        # The steps that go by meanwhile move a curve by less than a dot.
        shown = (text, found.begin, found.before, found.after is None) if found else None
        if found is not None and shown != self._drawn:
            self._drawn = shown
            self.query_one(Chart).show(lambda look: outlook_lines(found, look))
