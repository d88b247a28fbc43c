"""Which checkpoint of a run: its steps, newest first, with what each says of itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from lrtui.errors import LrtuiError
from lrtui.lr.ledger import fold
from lrtui.printable import printable
from lrtui.runs.checkpoints import Meta, surviving
from lrtui.runs.directory import RunDirectory
from lrtui.runs.history import History, read_history
from lrtui.tui.screens.dialogue import Dialogue
from lrtui.words import loss_text, rate_text


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One line of the list: the state at `step`, with a rate of `lr` and the loss last measured before it in nats."""

    step: int
    lr: float | None
    val: float | None
    pinned: bool
    best: bool


def read_checkpoints(run: RunDirectory) -> list[Checkpoint]:
    """The checkpoints of the surviving line, newest first; their tensors are unverified. Raises DiskError."""
    history = read_history(run)
    there = [_checkpoint(meta, history) for _, meta in surviving(run, history.rewinds)]
    # Each was the best when it was written: the newest of them is the best of all.
    best = max((one.step for one in there if one.best), default=None)
    return [replace(one, best=one.step == best) for one in there]


def _checkpoint(meta: Meta, history: History) -> Checkpoint:
    step = meta.progress.step
    measured = [event.val_loss for event in history.evaluations if event.step <= step]
    try:
        lr = fold(meta.schedule, meta.progress.entries)(step)
    except (LrtuiError, ArithmeticError):  # a file of anyone's
        lr = None
    return Checkpoint(step, lr, measured[-1] if measured else None, meta.pinned, meta.best)


class Checkpoints(Dialogue[int]):
    """Asks for a checkpoint: enter answers its step, escape None. `newest` adds an answer −1: wherever it stands."""

    DEFAULT_CSS = """
    Checkpoints > Vertical { width: 72; }
    Checkpoints OptionList { max-height: 16; }
    Checkpoints #hint { color: $text-muted; }
    """
    NEWEST = -1

    def __init__(self, question: str, there: Sequence[Checkpoint], *, newest: str = "") -> None:
        super().__init__()
        self._question, self._there, self._newest = printable(question), tuple(there), printable(newest)

    def compose(self) -> ComposeResult:
        options = [Option(Content(line), id=str(one.step)) for one, line in _lines(self._there)]
        if self._newest:
            options.insert(0, Option(Content(self._newest), id=str(self.NEWEST)))
        with Vertical() as box:
            yield OptionList(*options, markup=False)
            yield Static("enter chooses, escape cancels", id="hint", markup=False)
        box.border_title = Content(self._question)

    def on_mount(self) -> None:
        options = self.query_one(OptionList)
        options.focus()
        options.highlighted = 0

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(int(event.option_id or 0))


def _lines(there: Sequence[Checkpoint]) -> list[tuple[Checkpoint, str]]:
    widest = max((len(f"{one.step:,}") for one in there), default=0)
    found = []
    for one in there:
        words = ", ".join(word for word, true in (("best", one.best), ("pinned", one.pinned)) if true)
        step = f"{one.step:,}".rjust(widest)
        found.append((one, f"step {step}   lr {rate_text(one.lr):<8}val {loss_text(one.val):<8}{words}".rstrip()))
    return found
