"""A question with a few answers, each under a key."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from lrtui.printable import printable


@dataclass(frozen=True)
class Answer:
    """`key` is one character, shown before the `label`; choosing it answers `id`."""

    id: str
    key: str
    label: str


class Choice(ModalScreen[str | None]):
    """Asks a question: an answer's key, or enter on it, answers its id; escape answers None."""

    DEFAULT_CSS = """
    Choice { align: center middle; }
    Choice > Vertical {
        width: 64; max-width: 96%; height: auto; max-height: 96%;
        border: solid $primary; background: $surface; padding: 0 1;
        border-title-color: $text;
    }
    Choice #detail { color: $text-muted; height: auto; max-height: 8; }
    Choice OptionList {
        height: auto; max-height: 12; border: none; background: $surface; padding: 0;
        text-wrap: nowrap; text-overflow: ellipsis;
    }
    Choice OptionList:focus { border: none; }
    .-ascii Choice > Vertical { border: ascii $primary; }
    """
    BINDINGS = [Binding("escape,ctrl+c,ctrl+q", "cancel", "Cancel", show=False)]  # noqa: RUF012 - Textual's own declaration

    def __init__(self, question: str, answers: Sequence[Answer], *, detail: str = "") -> None:
        super().__init__()
        self._question, self._answers = printable(question), tuple(answers)
        self._detail = printable(detail, keep_newlines=True)

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            if self._detail:
                yield Static(self._detail, id="detail", markup=False)
            yield OptionList(*(Option(_line(answer), id=answer.id) for answer in self._answers), markup=False)
        box.border_title = Content(self._question)

    def on_mount(self) -> None:
        answers = self.query_one(OptionList)
        answers.focus()
        answers.highlighted = 0

    def on_key(self, event: events.Key) -> None:
        for answer in self._answers:
            if event.character == answer.key or event.key == answer.key:
                event.stop()
                self.dismiss(answer.id)
                return

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(event.option_id)

    def action_cancel(self) -> None:
        self.dismiss(None)


def _line(answer: Answer) -> Content:
    key, label = printable(answer.key), printable(answer.label)
    return Content.assemble((f" {key:<3}", "bold $text-accent"), label)
