"""The smallest language model: a table of logits, one row for each previous token."""

from typing import ClassVar

import torch
from torch import Tensor

from lrtui.models.lanes import Embedding
from lrtui.models.language_model import Carry, LanguageModel


class Bigram(LanguageModel):
    """logits = table[last token]. Starts at zero, so that its first loss is ln V (as makemore's)."""

    reads = "contexts"
    context = 1
    token_axes: ClassVar = {"table.weight": (0, 1)}

    def __init__(self, vocabulary: int, lanes: int = 1) -> None:
        super().__init__(vocabulary, lanes)
        self.table = Embedding(vocabulary, vocabulary, lanes, std=0.0)

    def forward(self, tokens: Tensor, carry: Carry = ()) -> tuple[Tensor, Carry]:
        last = torch.select(tokens, -1, -1)  # (B)
        return self.table(last), ()  # (L?, B, V)
