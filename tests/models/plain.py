"""The same models from ordinary torch.nn modules, for comparison: nothing here is lane-aware or of our own making."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lrtui.models.bigram import Bigram
from lrtui.models.gpt import GPT
from lrtui.models.language_model import LanguageModel
from lrtui.models.mlp import MLP
from lrtui.models.rnn import RecurrentModel

V, B, T, CONTEXT = 11, 3, 7, 3  # vocabulary, batch, block, context of the mlp
EMBED, HIDDEN, LAYERS, HEADS = 6, 8, 2, 2

Pairs = Iterator[tuple[str, nn.Parameter]]  # our name → the plain parameter that is the same


class PlainBigram(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(V, V)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.table(tokens[:, -1])

    def pairs(self) -> Pairs:
        yield "table.weight", self.table.weight


class PlainMLP(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(V, EMBED)
        self.first = nn.Linear(CONTEXT * EMBED, HIDDEN)
        self.second = nn.Linear(HIDDEN, HIDDEN)
        self.head = nn.Linear(HIDDEN, V)

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.embed(tokens).reshape(len(tokens), -1)
        return self.head(torch.tanh(self.second(torch.tanh(self.first(x)))))

    def pairs(self) -> Pairs:
        yield "embed.weight", self.embed.weight
        for ours, layer in (("hidden.0", self.first), ("hidden.1", self.second), ("head", self.head)):
            yield f"{ours}.weight", layer.weight
            yield f"{ours}.bias", layer.bias


class PlainRecurrent(nn.Module):
    """One multi-layer nn.RNN, nn.LSTM or nn.GRU."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.embed = nn.Embedding(V, EMBED)
        self.core = getattr(nn, kind.upper())(EMBED, HIDDEN, LAYERS, batch_first=True)
        self.head = nn.Linear(HIDDEN, V)

    def forward(self, tokens: Tensor, state: object = None) -> Tensor:
        return self.with_state(tokens, state)[0]

    def with_state(self, tokens: Tensor, state: object = None) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Logits, and the final state as nn gives it: each tensor [layers, B, hidden]."""
        out, state = self.core(self.embed(tokens), state)
        return self.head(out), state if isinstance(state, tuple) else (state,)

    def pairs(self) -> Pairs:
        yield "embed.weight", self.embed.weight
        for i in range(LAYERS):
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
                yield f"layers.{i}.{name}", getattr(self.core, f"{name}_l{i}")
        yield "head.weight", self.head.weight
        yield "head.bias", self.head.bias


class PlainBlock(nn.Module):
    """A pre-norm block as GPT-2 and nanoGPT have it."""

    def __init__(self, bias: bool) -> None:
        super().__init__()
        self.norm_1, self.norm_2 = nn.LayerNorm(HIDDEN, bias=bias), nn.LayerNorm(HIDDEN, bias=bias)
        self.qkv, self.out = nn.Linear(HIDDEN, 3 * HIDDEN, bias=bias), nn.Linear(HIDDEN, HIDDEN, bias=bias)
        self.up, self.down = nn.Linear(HIDDEN, 4 * HIDDEN, bias=bias), nn.Linear(4 * HIDDEN, HIDDEN, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        b, t, c = x.shape
        q, k, v = (
            part.view(b, t, HEADS, c // HEADS).transpose(1, 2) for part in self.qkv(self.norm_1(x)).split(c, dim=2)
        )
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).contiguous().view(b, t, c)
        x = x + self.out(y)
        return x + self.down(F.gelu(self.up(self.norm_2(x))))


class PlainGPT(nn.Module):
    def __init__(self, bias: bool) -> None:
        super().__init__()
        self.embed, self.place = nn.Embedding(V, HIDDEN), nn.Embedding(T, HIDDEN)
        self.blocks = nn.ModuleList(PlainBlock(bias) for _ in range(LAYERS))
        self.norm = nn.LayerNorm(HIDDEN, bias=bias)
        self.head = nn.Linear(HIDDEN, V, bias=False)
        self.head.weight = self.embed.weight

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.embed(tokens) + self.place(torch.arange(tokens.shape[1]))
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))

    def pairs(self) -> Pairs:
        yield "embed.weight", self.embed.weight
        yield "place.weight", self.place.weight
        for name, parameter in (*self.blocks.named_parameters(prefix="blocks"), *self.norm.named_parameters("norm")):
            ours = name.replace(".qkv", ".attention.qkv").replace(".out", ".attention.out")
            yield ours, parameter


Plain = PlainBigram | PlainMLP | PlainRecurrent | PlainGPT

OURS: dict[str, Callable[[int, float], LanguageModel]] = {
    "bigram": lambda lanes, p: Bigram(V, lanes),
    "mlp": lambda lanes, p: MLP(V, CONTEXT, EMBED, HIDDEN, LAYERS, p, lanes),
    "rnn": lambda lanes, p: RecurrentModel("rnn", V, EMBED, HIDDEN, LAYERS, p, lanes),
    "lstm": lambda lanes, p: RecurrentModel("lstm", V, EMBED, HIDDEN, LAYERS, p, lanes),
    "gru": lambda lanes, p: RecurrentModel("gru", V, EMBED, HIDDEN, LAYERS, p, lanes),
    "gpt": lambda lanes, p: GPT(V, T, HIDDEN, LAYERS, HEADS, p, True, lanes),
    "gpt without biases": lambda lanes, p: GPT(V, T, HIDDEN, LAYERS, HEADS, p, False, lanes),
}
KINDS = tuple(OURS)


def ours(kind: str, lanes: int = 1, dropout: float = 0.0, scramble: int | None = None) -> LanguageModel:
    """A model of ours. `scramble` draws every parameter anew, each lane its own, so that none is zero or one."""
    model = OURS[kind](lanes, dropout)
    model.reset(0)
    if scramble is not None:
        generator = torch.Generator().manual_seed(scramble)
        for parameter in model.parameters():
            parameter.data = torch.empty_like(parameter).normal_(0.0, 0.5, generator=generator)
    return model


def plain(kind: str, model: LanguageModel) -> Plain:
    """The plain model of that kind with the weights of `model`."""
    made: Plain
    if kind == "bigram":
        made = PlainBigram()
    elif kind == "mlp":
        made = PlainMLP()
    elif kind.startswith("gpt"):
        made = PlainGPT(bias=kind == "gpt")
    else:
        made = PlainRecurrent(kind)
    given = dict(model.named_parameters())
    pairs = dict(made.pairs())
    assert pairs.keys() == given.keys()
    for name, parameter in pairs.items():
        assert parameter.shape == given[name].shape
        parameter.data = given[name].data.clone()
    return made


def tokens(kind: str, batch: int = B, seed: int = 5) -> tuple[Tensor, Tensor]:
    """x and y as a model of that kind reads them."""
    generator = torch.Generator().manual_seed(seed)
    width = {"bigram": 1, "mlp": CONTEXT}.get(kind, T)
    x = torch.randint(V, (batch, width), generator=generator)
    y = torch.randint(V, (batch,) if kind in ("bigram", "mlp") else (batch, width), generator=generator)
    return x, y
