"""How a model is read to while it writes: a reader takes the tokens so far and has the logits of the next."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from lrtui.models.cells import Cell
from lrtui.models.gpt import GPT, Past
from lrtui.models.gpt_cell import GPTCell
from lrtui.models.language_model import Carry, LanguageModel
from lrtui.models.rnn import RecurrentModel


class Reader(Protocol):
    """Reads one text after another to one lane of a model."""

    def begin(self) -> None:
        """A new text: what was read is forgotten."""
        ...

    def read(self, tokens: list[int]) -> Tensor:
        """The logits `[V]` after all tokens of this text, of which `tokens`, at least one, are new."""
        ...


def reader_of(model: LanguageModel, lane: int = 0) -> Reader:
    """The quickest way to read to `model`, whose parameters stay as they are meanwhile."""
    device = next(model.parameters()).device
    if isinstance(model, GPT):
        return GPTCell(model, lane) if device.type == "cpu" else CachedReader(model, lane, device)
    if isinstance(model, RecurrentModel) and device.type == "cpu":
        return Cell(model, lane)
    return (StreamReader if model.reads == "streams" else WindowReader)(model, lane, device)


class _TorchReader:
    def __init__(self, model: LanguageModel, lane: int, device: torch.device) -> None:
        self.model, self.lane, self.device = model, lane, device
        self.begin()

    def begin(self) -> None:
        raise NotImplementedError

    def _tensor(self, tokens: list[int]) -> Tensor:
        return torch.tensor([tokens], device=self.device)

    def _own(self, logits: Tensor) -> Tensor:
        """`[B, …]` of our lane."""
        return logits if self.model.lanes == 1 else logits[self.lane]


class WindowReader(_TorchReader):
    """For models of the last few tokens."""

    def begin(self) -> None:
        self.told: list[int] = []

    def read(self, tokens: list[int]) -> Tensor:
        self.told = (self.told + tokens)[-int(self.model.context) :]  # type: ignore[arg-type]
        return self._own(self.model(self._tensor(self.told))[0])[0]


class StreamReader(_TorchReader):
    """For recurrent models: their state is all that is kept."""

    def begin(self) -> None:
        self.carry: Carry = ()

    def read(self, tokens: list[int]) -> Tensor:
        logits, self.carry = self.model(self._tensor(tokens), self.carry)
        return self._own(logits)[0, -1]


class CachedReader(_TorchReader):
    """For a GPT on an accelerator: keys and values of what was read are kept, so that a token is read once.

    Past the block each token moves all the others by a place, and they are read anew.
    """

    model: GPT

    def begin(self) -> None:
        self.told: list[int] = []
        self.past: Past = ()

    def read(self, tokens: list[int]) -> Tensor:
        self.told = (self.told + tokens)[-self.model.block :]
        if self.past and self.past[0][0].shape[-2] + len(tokens) <= self.model.block:
            logits, self.past = self.model.read_on(self._tensor(tokens), self.past)
        elif not self.past:
            logits, self.past = self.model.read_on(self._tensor(self.told), ())
        else:
            logits, _ = self.model(self._tensor(self.told))
        return self._own(logits)[0, -1]
