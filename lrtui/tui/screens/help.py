"""All keys, as they are mapped now."""

from collections.abc import Mapping

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from lrtui.tui.keys import Scope, by_place, keymap_of, shown_keys
from lrtui.tui.screens.dialogue import Dialogue


class Help(Dialogue[None]):
    """The keys of the place it was opened from first, then those of everywhere and of the other places."""

    DEFAULT_CSS = """
    Help > VerticalScroll { width: 84; }
    Help Static { height: auto; }
    """
    BINDINGS = [Binding("q,question_mark,f1", "cancel", "Close", show=False)]  # noqa: RUF012 - Textual's own declaration

    def __init__(self, first: Scope | None) -> None:
        super().__init__()
        self._first = first

    def compose(self) -> ComposeResult:
        keymap = keymap_of(self.app)
        with VerticalScroll() as box:
            yield Static(help_text(self._first or "train", keymap), markup=False)
        box.border_title = Content("Keys (escape closes)")


def help_text(first: Scope, keymap: Mapping[str, str]) -> Content:
    """The keys of all places, `first` first."""
    parts: list[str | tuple[str, str]] = []
    for place, keys in by_place(first):
        parts += ["\n" if parts else "", (f"{place}\n", "bold")]
        for key in keys:
            parts += [(f"  {shown_keys(key, keymap):<15} ", "$text-accent"), f"{key.help}\n"]
    return Content.assemble(*parts).rstrip()
