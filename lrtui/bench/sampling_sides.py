"""Sampling as a side of the bench: characters of a text that a model writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from lrtui.engine.sample import Sampler, choose, opening_tokens
from lrtui.models.gpt import GPT
from lrtui.models.gpt_cell import GPTCell

if TYPE_CHECKING:
    from lrtui.engine.build import Workplace

PIECE = 1000  # characters: a reader is made once for each text


class SamplerSide:
    """A text of `PIECE` characters after another, as `lrtui sample` writes it."""

    def __init__(self, place: Workplace) -> None:
        model, vocabulary = place.train.model, place.data.vocabulary
        self.sampler = Sampler(model, vocabulary, opening_tokens(model, vocabulary))
        self.config = place.config.sample.model_copy(update={"length": PIECE})

    def ready(self) -> None:
        self.sampler.model.eval()

    def work(self) -> int:
        return sum(1 for _ in self.sampler.tokens(self.config, "", self.config.temperature, seed=0))


class QuarterSide:
    """The characters of one quarter of a GPT's block, after those before it, again and again."""

    def __init__(self, place: Workplace, quarter: int) -> None:
        model = place.train.model
        assert isinstance(model, GPT)
        self.reader = GPTCell(model)
        self.length = model.block // 4
        *before, self.first = place.data.train[: quarter * self.length + 1].tolist()
        self.before: list[int] = before

    def ready(self) -> None:
        self.reader.begin()
        if self.before:
            self.reader.read(self.before)

    def work(self) -> int:
        generator = torch.Generator().manual_seed(0)
        self.reader.told = list(self.before)  # what it has read of them stands in their places
        token = self.first
        for _ in range(self.length):
            token = choose(self.reader.read([token]), generator, temperature=1.0)
        return self.length
