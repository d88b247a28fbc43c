"""Small real runs for tests: every family and optimizer on a short text, quick enough to train many times."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from lrtui.command_words import parse_command
from lrtui.config.load import override
from lrtui.config.schema import Config
from lrtui.engine.build import Workplace, make_workplace
from lrtui.engine.inbox import Inbox, Scripted
from lrtui.engine.kernels.kernel import Interrupted, never
from lrtui.engine.optim import Rate
from lrtui.engine.session import Session
from lrtui.engine.state import CheckpointDue
from lrtui.engine.step import TrainStep
from lrtui.messages import Event
from lrtui.text.corpus import CorpusText
from lrtui.text.dataset import make_dataset

SHARED = Path(__file__).parent.parent.parent / "shared" / "data"
FAMILIES = ("bigram", "mlp", "rnn", "lstm", "gru", "gpt")
OPTIMIZERS = ("sgd", "adam", "adamw")

TEXT = "".join(f"{a} + {b} = {a + b}. the {a}th of {b} words\n" for a in range(23) for b in range(11))


def small_config(kind: str = "lstm", optimizer: str = "adam", **sections: dict[str, object]) -> Config:
    """A tiny model of `kind`, trained by `optimizer`; `sections` override keys, such as train={"steps": 50}."""
    base: dict[str, dict[str, object]] = {
        "model": {"kind": kind, "embed": 6, "hidden": 16, "layers": 1 if kind in ("bigram", "mlp") else 2, "heads": 2},
        "optim": {"kind": optimizer, "lr": 0.05 if optimizer == "sgd" else 0.005, "weight_decay": 0.01, "clip": 1.0},
        "train": {
            "steps": 60,
            "batch": 4,
            "block": 8,
            "threads": 1,
            "eval_every": 0,
            "sample_every": 0,
            "checkpoint_every": 0,
            "eval_batches": 2,
        },
        "sample": {"length": 12},
    }
    if optimizer == "sgd":
        base["optim"]["momentum"] = 0.9
    for section, values in sections.items():
        base.setdefault(section, {}).update(values)
    return override(Config(), base)


def small_text(text: str | bytes = TEXT) -> CorpusText:
    raw = text if isinstance(text, bytes) else text.encode()
    return CorpusText("small", text, "0" * 64, len(raw))


def small_workplace(config: Config, text: str = TEXT, lanes: int = 1) -> Workplace:
    read = text.encode() if config.corpus.vocab == "byte" else text
    return make_workplace(config, make_dataset(config.corpus, small_text(read)), lanes)


def small_session(config: Config, text: str = TEXT, **options: object) -> Session:
    """A fresh session, as if in a new process."""
    place = small_workplace(config, text)
    return Session(place.config, place.train, place.data.vocabulary, place.evaluation, **options)  # type: ignore[arg-type]


def script(*lines: str) -> Inbox:
    """`script("10:decay", "20:undo")`."""
    parsed = []
    for i, line in enumerate(lines):
        step, _, command = line.partition(":")
        parsed.append(Scripted(int(step), i, parse_command(command)))
    return Inbox(parsed)


def trained(session: Session, inbox: Inbox | None = None) -> list[Event]:
    """Runs a session to its end; its events, checkpoints left out."""
    return [event for event in session.run(inbox) if isinstance(event, Event)]


def checkpoints(session: Session, inbox: Inbox | None = None) -> list[CheckpointDue]:
    """Runs a session to its end; the checkpoints it asked for."""
    return [due for due in session.run(inbox) if isinstance(due, CheckpointDue)]


def unlucky(session: Session, at: int) -> None:
    """Make the loss of step `at` infinite until a rollback has cut the rate."""

    def change(step: int, loss: torch.Tensor) -> torch.Tensor:
        rescued = any(entry.cause == "rollback" for entry in session.live.progress.entries)
        return loss * float("inf") if step == at and not rescued else loss

    tamper(session, change)


class Tampered:
    """A kernel whose losses `change(step, loss)` changes; where one is no number, the weights are lost with it."""

    def __init__(self, state: TrainStep, change: Callable[[int, torch.Tensor], torch.Tensor]) -> None:
        self.state, self.whole, self.change = state, state.kernel, change

    def train(
        self, step: int, rates: Sequence[Rate], momenta: Sequence[float | None], interrupted: Interrupted = never
    ) -> tuple[torch.Tensor, torch.Tensor]:
        made = []
        for i, (lr, momentum) in enumerate(zip(rates, momenta, strict=True)):
            loss, norm = self.whole.train(step + i, [lr], [momentum])
            made.append((self.change(step + i, loss), norm))
            if not made[-1][0].isfinite().all():
                self.state.flat.values.fill_(math.nan)
            if interrupted():
                break
        losses, norms = zip(*made, strict=True)
        return torch.cat(losses), torch.cat(norms)


def tamper(session: Session, change: Callable[[int, torch.Tensor], torch.Tensor]) -> None:
    """Let `change(step, loss)` decide what losses training sees."""
    session.live.train.kernel = Tampered(session.live.train, change)
