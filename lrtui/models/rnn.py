"""Recurrent models of text: tanh RNN, LSTM (Hochreiter & Schmidhuber 1997), GRU (Cho et al. 2014)."""

from itertools import pairwise
from typing import ClassVar

from torch import Tensor, nn

from lrtui.models.lanes import Dropout, Embedding, Linear, Recurrent
from lrtui.models.language_model import Carry, LanguageModel


class RecurrentModel(LanguageModel):
    """Embed → `layers` recurrent layers, dropout on what each puts out → logits at every place.

    The carry holds the states of all layers, one after another; truncated backpropagation through time detaches it
    between blocks.
    """

    reads = "streams"
    token_axes: ClassVar = {"embed.weight": (0,), "head.weight": (0,), "head.bias": (0,)}

    def __init__(
        self, kind: str, vocabulary: int, embed: int, hidden: int, layers: int = 1, dropout: float = 0.0, lanes: int = 1
    ) -> None:
        super().__init__(vocabulary, lanes)
        self.kind = kind
        self.embed = Embedding(vocabulary, embed, lanes)
        widths = [embed] + [hidden] * layers
        self.layers = nn.ModuleList(Recurrent(kind, a, b, lanes) for a, b in pairwise(widths))
        self.dropout = Dropout(dropout, lanes, self.dropout_generator)
        self.head = Linear(hidden, vocabulary, lanes)

    def start(self, batch: int) -> Carry:
        return tuple(tensor for layer in self.layers for tensor in layer.start(batch))  # type: ignore[operator]

    def forward(self, tokens: Tensor, carry: Carry = ()) -> tuple[Tensor, Carry]:
        carry = carry or self.start(tokens.shape[0])
        after: list[Tensor] = []
        n = len(carry) // len(self.layers)
        x = self.embed(tokens)  # (B, T) → (L?, B, T, embed)
        for i, layer in enumerate(self.layers):
            x, state = layer(x, carry[i * n : (i + 1) * n])  # (L?, B, T, hidden)
            x = self.dropout(x)
            after.extend(state)
        return self.head(x), tuple(after)  # (L?, B, T, V)
