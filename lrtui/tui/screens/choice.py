"""A question with a few answers, each under a key."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from lrtui.printable import printable
from lrtui.tui.screens.dialogue import Dialogue


@dataclass(frozen=True)
class Answer:
    """`key` is one character, shown before the `label`; choosing it answers `id`."""

    id: str
    key: str
    label: str


class Choice(Dialogue[str]):
    """Asks a question: an answer's key, or enter on it, answers its id; escape answers None.

    ctrl+c and ctrl+q answer `insisting`: who presses them once more means what they meant before the question.
    """

    DEFAULT_CSS = """
    Choice > Vertical { border-subtitle-color: $text-muted; }
    Choice #detail { color: $text-muted; height: auto; max-height: 8; }
    Choice OptionList { max-height: 12; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    def __init__(
        self, question: str, answers: Sequence[Answer], *, detail: str = "", insisting: str | None = None
    ) -> None:
        super().__init__()
        self._insisting = insisting
        self._question, self._answers = printable(question), tuple(answers)
        self._detail = printable(detail, keep_newlines=True)

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            if self._detail:
                yield Static(self._detail, id="detail", markup=False)
            yield OptionList(*(Option(_line(answer), id=answer.id) for answer in self._answers), markup=False)
        box.border_title = Content(self._question)
        box.border_subtitle = "escape cancels"

    def on_mount(self) -> None:
        self.query_one(OptionList).highlighted = 0

    def on_key(self, event: events.Key) -> None:
        if event.key in ("ctrl+c", "ctrl+q"):
            event.stop()
            self.dismiss(self._insisting)
            return
        for answer in self._answers:
            if event.character == answer.key or event.key == answer.key:
                event.stop()
                self.dismiss(answer.id)
                return

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(event.option_id)


def _line(answer: Answer) -> Content:
    key, label = printable(answer.key), printable(answer.label)
    return Content.assemble((f" {key:<3}", "bold $text-accent"), label)
