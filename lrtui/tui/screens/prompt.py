"""One line to type, with what accepting it would do shown while typing."""

from collections.abc import Callable

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from lrtui.errors import LrtuiError
from lrtui.printable import printable
from lrtui.tui.widgets.line import Line


class Prompt(ModalScreen[str | None]):
    """Asks for one line: enter accepts it, escape answers None.

    `check(text)` says what accepting would do; its LrtuiError is shown as the reason why enter refuses.
    """

    DEFAULT_CSS = """
    Prompt { align: center middle; }
    Prompt > Vertical {
        width: 64; max-width: 96%; height: auto; max-height: 96%;
        border: solid $primary; background: $surface; padding: 0 1;
        border-title-color: $text;
    }
    Prompt Line { height: 1; border: none; padding: 0; background: $boost; }
    Prompt Line:focus { border: none; }
    Prompt #preview { color: $text-success; min-height: 1; }
    Prompt #preview.-error { color: $text-error; }
    Prompt #hint { color: $text-muted; }
    .-ascii Prompt > Vertical { border: ascii $primary; }
    """
    BINDINGS = [Binding("escape,ctrl+c,ctrl+q", "cancel", "Cancel", show=False)]  # noqa: RUF012 - Textual's own declaration

    def __init__(
        self, title: str, value: str = "", *, check: Callable[[str], str] | None = None, hint: str = ""
    ) -> None:
        super().__init__()
        self._title, self._value, self._check = printable(title), value, check
        self._hint = f"{printable(hint)}  " if hint else ""

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            yield Line(self._value)
            yield Static("", id="preview", markup=False)
            yield Static(f"{self._hint}enter accepts, escape cancels", id="hint", markup=False)
        box.border_title = Content(self._title)

    def on_mount(self) -> None:
        self.query_one(Line).focus()
        self._preview(self._value)

    def on_input_changed(self, event: Input.Changed) -> None:
        self._preview(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if self._preview(event.value):
            self.dismiss(event.value)

    def action_cancel(self) -> None:
        self.dismiss(None)

    def _preview(self, text: str) -> bool:
        """Says what accepting `text` would do; whether it may be accepted."""
        said, allowed = "", True
        if self._check is not None:
            try:
                said = self._check(text)
            except LrtuiError as error:
                said, allowed = error.sentence, False
        preview = self.query_one("#preview", Static)
        preview.set_class(not allowed, "-error")
        preview.update(printable(said))
        return allowed
