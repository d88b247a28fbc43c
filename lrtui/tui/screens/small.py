"""What is shown where there is no room for anything else."""

from rich.text import Text
from textual.binding import Binding
from textual.screen import ModalScreen

LEAST_WIDTH, LEAST_HEIGHT = 60, 16


class Small(ModalScreen[None]):
    """Covers everything until the terminal is larger."""

    DEFAULT_CSS = "Small { background: $background; text-wrap: nowrap; text-overflow: ellipsis; }"
    BINDINGS = [Binding("q,ctrl+q,ctrl+c", "app.leave", show=False)]  # noqa: RUF012 - Textual's own declaration

    def render(self) -> Text:
        width, height = self.app.size
        return Text(f"lrtui needs {LEAST_WIDTH}×{LEAST_HEIGHT}, this is {width}×{height}")
