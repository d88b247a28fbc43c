"""What every model of text has in common, and the one place that makes one from a configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor, nn

from lrtui.models.lanes import Dropout

if TYPE_CHECKING:
    from lrtui.config.schema import ModelConfig

Carry = tuple[Tensor, ...]


class LanguageModel(nn.Module):
    """Tokens in, logits of the next token out.

    `lanes` copies side by side; `vocabulary` logits; `dropout_generator` feeds every Dropout. `reads` says which
    batches it learns from: `contexts` (the last few tokens, one target), `windows` (a block, a target at each place)
    or `streams` (contiguous blocks, a hidden state carried from one to the next). `token_axes` names the parameters
    that have a row for each token, and along which axes of one lane: what a warm start matches by name.
    """

    reads: str
    token_axes: ClassVar[dict[str, tuple[int, ...]]]

    def __init__(self, vocabulary: int, lanes: int) -> None:
        super().__init__()
        self.vocabulary, self.lanes = vocabulary, lanes
        self.dropout_generator = torch.Generator()

    def forward(self, tokens: Tensor, carry: Carry = ()) -> tuple[Tensor, Carry]:
        """Tokens `[B, T]` → logits `[L?, B, V]` (contexts) or `[L?, B, T, V]`, and the carry after them."""
        raise NotImplementedError

    def start(self, batch: int) -> Carry:
        """The carry of a fresh stream; empty for models that carry nothing."""
        return ()

    def reset(self, seed: int) -> None:
        """Initialise every layer, in order, from one CPU generator: same seed, same weights, any device or lanes."""
        generator = torch.Generator().manual_seed(seed)
        for module in self.modules():
            reset = getattr(module, "reset", None)
            if module is not self and reset is not None:
                reset(generator)

    def to_device(self, device: torch.device) -> LanguageModel:
        """Move to `device`, the dropout generator too (a generator cannot follow `nn.Module.to`)."""
        if device.type != "cpu":
            self.dropout_generator = torch.Generator(device)
            for module in self.modules():
                if isinstance(module, Dropout):
                    module.generator = self.dropout_generator
        return self.to(device)

    def parameter_count(self) -> int:
        """Parameters of one lane; tied weights count once."""
        return sum(p.numel() for p in self.parameters()) // self.lanes


def build_model(config: ModelConfig, vocabulary: int, block: int, seed: int, lanes: int = 1) -> LanguageModel:
    """The model that `[model]` describes, for `vocabulary` tokens and blocks of `block`, initialised from `seed`."""
    from lrtui.models.bigram import Bigram
    from lrtui.models.gpt import GPT
    from lrtui.models.mlp import MLP
    from lrtui.models.rnn import RecurrentModel

    model: LanguageModel
    if config.kind == "bigram":
        model = Bigram(vocabulary, lanes)
    elif config.kind == "mlp":
        model = MLP(vocabulary, config.context, config.embed, config.hidden, config.layers, config.dropout, lanes)
    elif config.kind == "gpt":
        model = GPT(vocabulary, block, config.hidden, config.layers, config.heads, config.dropout, config.bias, lanes)
    else:
        model = RecurrentModel(
            config.kind, vocabulary, config.embed, config.hidden, config.layers, config.dropout, lanes
        )
    model.reset(seed)
    return model
