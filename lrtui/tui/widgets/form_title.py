"""The top of a form: where it came from, and below it what is wrong, or what the run will be."""

from textual.content import Content
from textual.widgets import Static

from lrtui.tui.wrapping import cut, fitted

_MOST_ROWS = 3
#: a screen of fewer rows needs them for the list
_ROOMY = 22


class FormTitle(Static):
    """Two lines; what is wrong may take more where the screen is tall."""

    DEFAULT_CSS = "FormTitle { height: auto; max-height: 4; padding: 0 1; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__("", id=id, markup=False)

    def tell(self, heading: str, wrong: str, otherwise: str) -> None:
        """Show `heading`, and below it what is `wrong`, or what is told `otherwise`."""
        width = max(1, self.app.size.width - 2)
        rows = _MOST_ROWS if wrong and self.app.size.height >= _ROOMY else 1
        below = fitted(wrong or otherwise, width, rows)
        above = (cut(heading, width), "bold $text-accent")
        self.update(Content.assemble(above, "\n", (below, "$text-error" if wrong else "$text")))
