"""A box over the screen below that asks for one thing."""

from typing import TypeVar

from textual import events
from textual.binding import Binding
from textual.screen import ModalScreen

Answered = TypeVar("Answered")


class Dialogue(ModalScreen[Answered | None]):
    """What it composes is a `Vertical` or a `VerticalScroll`, the box. Left without an answer it answers None."""

    DEFAULT_CSS = """
    Dialogue { align: center middle; }
    Dialogue > Vertical, Dialogue > VerticalScroll {
        width: 64; max-width: 96%; height: auto; max-height: 96%;
        border: solid $primary; background: $surface; padding: 0 1;
        border-title-color: $text;
    }
    Dialogue OptionList { height: auto; border: none; background: $surface; padding: 0; }
    Dialogue OptionList:focus { border: none; }
    .-ascii Dialogue > Vertical, .-ascii Dialogue > VerticalScroll { border: ascii $primary; }
    """
    BINDINGS = [Binding("escape,ctrl+c,ctrl+q", "cancel", "Cancel", show=False)]  # noqa: RUF012 - Textual's own declaration

    def __init__(self) -> None:
        super().__init__()
        self._early: list[events.Key] | None = []  # None as soon as it is ready for keys

    def is_ready_for(self, key: events.Key) -> bool:
        """Whether it takes keys by now; one that came too early is kept for then."""
        if self._early is None:
            return True
        self._early.append(key)
        return False

    def on_mount(self) -> None:
        # Textual calls this after the subclass's own. The focus goes to the first that can have it, with what was typed
        # while the dialogue opened.
        self.set_focus(next(iter(self.focus_chain), None))
        early, self._early = self._early or [], None
        for key in early:
            (self.focused or self)._forward_event(key)

    def action_cancel(self) -> None:
        self.dismiss(None)
