"""A neural probabilistic language model (Bengio et al. 2003), as in makemore: embed a few tokens, mix, predict."""

import math
from itertools import pairwise
from typing import ClassVar

import torch
from torch import Tensor, nn

from lrtui.models.lanes import Dropout, Embedding, Linear, fill
from lrtui.models.language_model import Carry, LanguageModel


class HiddenLayer(Linear):
    """A Linear initialised for tanh: N(0, (5/3)/√in), bias 0 (He et al. 2015 with tanh's gain)."""

    def reset(self, generator: torch.Generator) -> None:
        std = (5 / 3) / math.sqrt(self.weight.shape[-1])
        fill(self.weight, self.lanes, generator, "normal_", 0.0, std)
        nn.init.zeros_(self.bias)  # type: ignore[arg-type]


class MLP(LanguageModel):
    """`context` tokens → embeddings side by side → `layers` tanh layers → logits."""

    reads = "contexts"
    token_axes: ClassVar = {"embed.weight": (0,), "head.weight": (0,), "head.bias": (0,)}

    def __init__(
        self,
        vocabulary: int,
        context: int,
        embed: int,
        hidden: int,
        layers: int = 1,
        dropout: float = 0.0,
        lanes: int = 1,
    ) -> None:
        super().__init__(vocabulary, lanes)
        self.context = context
        self.embed = Embedding(vocabulary, embed, lanes)
        widths = [context * embed] + [hidden] * layers
        self.hidden = nn.ModuleList(HiddenLayer(a, b, lanes) for a, b in pairwise(widths))
        self.dropout = Dropout(dropout, lanes, self.dropout_generator)
        self.head = Linear(hidden, vocabulary, lanes)

    def forward(self, tokens: Tensor, carry: Carry = ()) -> tuple[Tensor, Carry]:
        x = self.embed(tokens).flatten(-2)  # (L?, B, context) → (L?, B, context·embed)
        for layer in self.hidden:
            x = self.dropout(torch.tanh(layer(x)))  # (L?, B, hidden)
        return self.head(x), ()  # (L?, B, V)
