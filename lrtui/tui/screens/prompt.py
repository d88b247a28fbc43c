"""One line to type, with what accepting it would do shown while typing."""

from collections.abc import Callable

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from lrtui.errors import LrtuiError
from lrtui.printable import printable
from lrtui.tui.screens.dialogue import Dialogue
from lrtui.tui.widgets.line import Line


class Prompt(Dialogue[str]):
    """Asks for one line: enter accepts it, escape answers None.

    `check(text)` says what accepting would do; its LrtuiError is shown as the reason why enter refuses. What it says,
    and a `title` that is a function, are asked for again by `follow`.
    """

    DEFAULT_CSS = """
    Prompt Line { height: 1; border: none; padding: 0; background: $boost; }
    Prompt Line:focus { border: none; }
    Prompt #preview { color: $text-success; min-height: 1; }
    Prompt #preview.-error { color: $text-error; }
    Prompt #hint { color: $text-muted; }
    """

    def __init__(
        self,
        title: str | Callable[[], str],
        value: str = "",
        *,
        check: Callable[[str], str] | None = None,
        hint: str = "",
    ) -> None:
        super().__init__()
        self._title, self._value, self._check = title, value, check
        self._said: tuple[str, bool] | None = None
        self._hint = f"{printable(hint)}  " if hint else ""

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            yield Line(self._value)
            yield Static("", id="preview", markup=False)
            yield Static(f"{self._hint}enter accepts, escape cancels", id="hint", markup=False)
        box.border_title = Content(self._title_now())

    def on_mount(self) -> None:
        self._preview(self._value)

    def follow(self) -> None:
        """Say anew what is asked and what accepting would do: what they depend on may have changed."""
        if not self.is_mounted:
            return
        box, title = self.query_one(Vertical), self._title_now()
        if str(box.border_title) != title:
            box.border_title = Content(title)
        self._preview(self.query_one(Line).value)

    def _title_now(self) -> str:
        return printable(self._title if isinstance(self._title, str) else self._title())

    def on_input_changed(self, event: Input.Changed) -> None:
        self._preview(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if self._preview(event.value):
            self.dismiss(event.value)

    def _preview(self, text: str) -> bool:
        """Says what accepting `text` would do; whether it may be accepted."""
        said, allowed = "", True
        if self._check is not None:
            try:
                said = self._check(text)
            except LrtuiError as error:
                said, allowed = error.sentence, False
        if self._said != (said, allowed):
            self._said = said, allowed
            preview = self.query_one("#preview", Static)
            preview.set_class(not allowed, "-error")
            preview.update(printable(said))
        return allowed
