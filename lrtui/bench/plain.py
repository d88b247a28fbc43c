"""What lrtui is measured against: training loops as a good practitioner writes them, with torch.nn and torch.optim.

The models are those of `lrtui.models` built from ordinary modules (makemore's MLP and bigram, nn.LSTM, nanoGPT), with
their parameters in the same order, so that weights can be copied over. No metrics; the loss is read once in
`READ_EVERY` steps.
"""

from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

if TYPE_CHECKING:
    from lrtui.config.schema import ModelConfig, OptimConfig

READ_EVERY = 100

State = tuple[Tensor, ...] | None


class PlainBatch(NamedTuple):
    """x [B, T] and y [B, T], or y [B] where the model predicts one token; `fresh`: the hidden state starts anew."""

    x: Tensor
    y: Tensor
    fresh: bool = True


class Bigram(nn.Module):
    """A row of logits for each token."""

    def __init__(self, vocabulary: int) -> None:
        super().__init__()
        self.table = nn.Embedding(vocabulary, vocabulary)

    def forward(self, x: Tensor, y: Tensor, state: State = None) -> tuple[Tensor, State]:
        logits = self.table(x[:, -1])  # (B, V)
        return F.cross_entropy(logits, y), None


class MLP(nn.Module):
    """makemore's: embed the context, one tanh layer, logits."""

    def __init__(self, vocabulary: int, context: int, embed: int, hidden: int) -> None:
        super().__init__()
        self.embed = nn.Embedding(vocabulary, embed)
        self.hidden = nn.Linear(context * embed, hidden)
        self.head = nn.Linear(hidden, vocabulary)

    def forward(self, x: Tensor, y: Tensor, state: State = None) -> tuple[Tensor, State]:
        h = torch.tanh(self.hidden(self.embed(x).flatten(1)))  # (B, hidden)
        return F.cross_entropy(self.head(h), y), None


class LSTM(nn.Module):
    """nn.LSTM over embeddings, logits at every place."""

    def __init__(self, vocabulary: int, embed: int, hidden: int, layers: int) -> None:
        super().__init__()
        self.embed = nn.Embedding(vocabulary, embed)
        self.lstm = nn.LSTM(embed, hidden, layers, batch_first=True)
        self.head = nn.Linear(hidden, vocabulary)

    def forward(self, x: Tensor, y: Tensor, state: State = None) -> tuple[Tensor, State]:
        h, state = self.lstm(self.embed(x), state)  # (B, T, hidden)
        logits = self.head(h)
        return F.cross_entropy(logits.view(-1, logits.shape[-1]), y.reshape(-1)), state


class Block(nn.Module):
    """nanoGPT's: attention and MLP, each behind a norm and added to the stream."""

    def __init__(self, width: int, heads: int, bias: bool) -> None:
        super().__init__()
        self.width, self.heads = width, heads
        self.ln_1 = nn.LayerNorm(width, bias=bias)
        self.c_attn = nn.Linear(width, 3 * width, bias=bias)
        self.attn_proj = nn.Linear(width, width, bias=bias)
        self.ln_2 = nn.LayerNorm(width, bias=bias)
        self.c_fc = nn.Linear(width, 4 * width, bias=bias)
        self.c_proj = nn.Linear(4 * width, width, bias=bias)

    def forward(self, x: Tensor) -> Tensor:  # (B, T, C), shape kept
        x = x + self.attend(self.ln_1(x))
        return x + self.mix(self.ln_2(x))

    def mix(self, x: Tensor) -> Tensor:
        y: Tensor = self.c_proj(F.gelu(self.c_fc(x)))
        return y

    def attend(self, x: Tensor) -> Tensor:
        B, T, C = x.shape
        q, k, v = self.c_attn(x).split(self.width, dim=2)
        q, k, v = (t.view(B, T, self.heads, C // self.heads).transpose(1, 2) for t in (q, k, v))  # (B, heads, T, hs)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        out: Tensor = self.attn_proj(y.transpose(1, 2).contiguous().view(B, T, C))
        return out


class GPT(nn.Module):
    """nanoGPT's model without dropout, its token embedding tied to the logits."""

    def __init__(self, vocabulary: int, block: int, width: int, layers: int, heads: int, bias: bool) -> None:
        super().__init__()
        self.wte = nn.Embedding(vocabulary, width)
        self.wpe = nn.Embedding(block, width)
        self.h = nn.ModuleList(Block(width, heads, bias) for _ in range(layers))
        self.ln_f = nn.LayerNorm(width, bias=bias)
        self.lm_head = nn.Linear(width, vocabulary, bias=False)
        self.lm_head.weight = self.wte.weight

    def forward(self, x: Tensor, y: Tensor, state: State = None) -> tuple[Tensor, State]:
        places = torch.arange(0, x.shape[1], dtype=torch.long, device=x.device)
        h = self.wte(x) + self.wpe(places)  # (B, T, C)
        for block in self.h:
            h = block(h)
        logits = self.lm_head(self.ln_f(h))
        return F.cross_entropy(logits.view(-1, logits.shape[-1]), y.view(-1)), None


def plain_model(config: "ModelConfig", vocabulary: int, block: int) -> nn.Module:
    """The model of `[model]` from ordinary modules; one hidden layer and no dropout, as the bench needs it.

    Raises ValueError for a model that has no plain counterpart here.
    """
    if config.kind == "bigram":
        return Bigram(vocabulary)
    if config.kind == "mlp" and config.layers == 1:
        return MLP(vocabulary, config.context, config.embed, config.hidden)
    if config.kind == "lstm":
        return LSTM(vocabulary, config.embed, config.hidden, config.layers)
    if config.kind == "gpt":
        return GPT(vocabulary, block, config.hidden, config.layers, config.heads, config.bias)
    raise ValueError(f"no plain loop for model.kind = {config.kind!r} with {config.layers} layers")


@torch.no_grad()
def copy_weights(source: nn.Module, plain: nn.Module) -> None:
    """Give `plain` the weights of our model: both declare their parameters in the same order.

    Raises ValueError where their shapes differ.
    """
    for ours, theirs in zip(source.parameters(), plain.parameters(), strict=True):
        if ours.shape != theirs.shape:
            raise ValueError(f"the plain model differs: {tuple(theirs.shape)} where ours has {tuple(ours.shape)}")
        theirs.copy_(ours)


def plain_optimizer(model: nn.Module, config: "OptimConfig") -> torch.optim.Optimizer:
    """The optimizer of `[optim]` as torch makes it by default; no decay on biases and norms, as nanoGPT groups them."""
    matrices = [p for p in model.parameters() if p.dim() >= 2]
    vectors = [p for p in model.parameters() if p.dim() < 2]
    groups = [{"params": matrices, "weight_decay": config.weight_decay}]
    if vectors:
        groups.append({"params": vectors, "weight_decay": 0.0})
    if config.kind == "sgd":
        return torch.optim.SGD(groups, lr=config.lr, momentum=config.momentum, nesterov=config.nesterov)
    kinds: dict[str, type[torch.optim.Adam]] = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}
    return kinds[config.kind](groups, lr=config.lr, betas=config.betas, eps=config.eps)


def random_contexts(x: Tensor, y: Tensor, batch: int) -> Iterator[PlainBatch]:
    """makemore's batches: random rows of all examples x `[N, context]`, y `[N]`."""
    while True:
        ix = torch.randint(0, x.shape[0], (batch,))
        yield PlainBatch(x[ix], y[ix])


def random_windows(tokens: Tensor, batch: int, block: int) -> Iterator[PlainBatch]:
    """nanoGPT's `get_batch`: random windows of the text, stacked."""
    while True:
        ix = torch.randint(len(tokens) - block, (batch,))
        x = torch.stack([tokens[i : i + block] for i in ix])
        y = torch.stack([tokens[i + 1 : i + 1 + block] for i in ix])
        yield PlainBatch(x, y)


def streams(tokens: Tensor, batch: int, block: int) -> Iterator[PlainBatch]:
    """char-rnn's batches: the text cut into `batch` long rows, read block by block, again and again."""
    length = (len(tokens) - 1) // batch
    x = tokens[: batch * length].view(batch, length)
    y = tokens[1 : batch * length + 1].view(batch, length)
    while True:
        for i in range(0, length - block + 1, block):
            yield PlainBatch(x[:, i : i + block], y[:, i : i + block], fresh=i == 0)


def train(
    model: nn.Module, optimizer: torch.optim.Optimizer, batches: Iterator[PlainBatch], clip: float = 0.0
) -> Iterator[Tensor]:
    """The loop: each `next` trains one step and gives its loss, unread.

    A recurrent model carries its state from batch to batch, detached.
    """
    model.train()
    parameters = list(model.parameters())
    state: State = None
    for step in count():
        x, y, fresh = next(batches)
        loss, state = model(x, y, None if fresh else state)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        if clip:
            torch.nn.utils.clip_grad_norm_(parameters, clip)
        optimizer.step()
        if state is not None:
            state = tuple(s.detach() for s in state)
        if step % READ_EVERY == 0:
            loss.item()
        yield loss


@torch.no_grad()
def sample(model: LSTM, temperature: float = 1.0) -> Iterator[int]:
    """nn.LSTM step by step: each `next` gives one more token, read so that it can be shown."""
    model.eval()
    token, state = torch.zeros(1, 1, dtype=torch.int64), None
    while True:
        h, state = model.lstm(model.embed(token), state)  # (1, 1, hidden)
        token = torch.multinomial(torch.softmax(model.head(h[:, -1]) / temperature, -1), 1)
        yield int(token)
