"""The five lane-aware layers: several copies of a model, side by side in one tensor.

A *lane* is one copy of the model with its own weights and its own learning rate. With one lane a layer's parameters
have their ordinary shapes and its forward is the ordinary function, so a solo run pays nothing. With L lanes every
parameter is `[L, …]`, activations are `[L, B, …]`, and one batched call does the work of L models.

Dropout masks are drawn from the model's own generator and shared by all lanes, so that a lane sees what its solo run
would see. Token inputs `[B, …]` are shared by all lanes too.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def lane_parameter(lanes: int, *shape: int) -> nn.Parameter:
    """An uninitialised parameter: `[*shape]` for one lane, `[lanes, *shape]` for more."""
    return nn.Parameter(torch.empty(shape if lanes == 1 else (lanes, *shape)))


def linear(x: Tensor, weight: Tensor, bias: Tensor | None, lanes: int) -> Tensor:
    """x @ weight.T + bias, lane by lane. x `[L?, B, …, in]`, weight `[L?, out, in]` → `[L?, B, …, out]`."""
    if lanes == 1:
        return F.linear(x, weight, bias)
    rows = x.flatten(1, -2)  # [L, N, in]
    y = rows @ weight.mT if bias is None else torch.baddbmm(bias.unsqueeze(1), rows, weight.mT)
    return y.view(*x.shape[:-1], -1)


class Linear(nn.Module):
    """Affine map, initialised like nn.Linear: U(±1/√in) for weight and bias (Glorot-free "Kaiming, a=√5")."""

    def __init__(self, inputs: int, outputs: int, lanes: int, bias: bool = True) -> None:
        super().__init__()
        self.lanes = lanes
        self.weight = lane_parameter(lanes, outputs, inputs)
        self.bias = lane_parameter(lanes, outputs) if bias else None

    def reset(self, generator: torch.Generator) -> None:
        bound = 1 / math.sqrt(self.weight.shape[-1])
        fill(self.weight, self.lanes, generator, "uniform_", -bound, bound)
        if self.bias is not None:
            fill(self.bias, self.lanes, generator, "uniform_", -bound, bound)

    def forward(self, x: Tensor) -> Tensor:  # [L?, B, …, in] → [L?, B, …, out]
        return linear(x, self.weight, self.bias, self.lanes)


class Embedding(nn.Module):
    """A row for each token, initialised N(0, std)."""

    def __init__(self, rows: int, width: int, lanes: int, std: float = 1.0) -> None:
        super().__init__()
        self.lanes, self.std = lanes, std
        self.weight = lane_parameter(lanes, rows, width)

    def reset(self, generator: torch.Generator) -> None:
        fill(self.weight, self.lanes, generator, "normal_", 0.0, self.std)

    def forward(self, tokens: Tensor) -> Tensor:  # [B, …] → [L?, B, …, width]
        if self.lanes == 1:
            return F.embedding(tokens, self.weight)
        return self.weight.index_select(1, tokens.flatten()).view(self.lanes, *tokens.shape, -1)


class LayerNorm(nn.Module):
    """Normalise the last axis, then scale and shift (Ba et al. 2016)."""

    def __init__(self, width: int, lanes: int, bias: bool = True) -> None:
        super().__init__()
        self.lanes, self.width = lanes, width
        self.weight = lane_parameter(lanes, width)
        self.bias = lane_parameter(lanes, width) if bias else None

    def reset(self, generator: torch.Generator) -> None:
        nn.init.ones_(self.weight)
        if self.bias is not None:
            nn.init.zeros_(self.bias)

    def forward(self, x: Tensor) -> Tensor:  # [L?, B, T, width], shape kept
        if self.lanes == 1:
            return F.layer_norm(x, (self.width,), self.weight, self.bias)
        per_lane = (self.lanes, *([1] * (x.dim() - 2)), self.width)
        y = F.layer_norm(x, (self.width,)) * self.weight.view(per_lane)
        return y if self.bias is None else y + self.bias.view(per_lane)


class Dropout(nn.Module):
    """Zero a share `p` of the activations while training, and scale the rest by 1/(1 − p) (Srivastava et al. 2014).

    The mask comes from `generator`, which the training step reseeds from (seed, step): no hidden state, and looking at
    the model never moves it. nn.Dropout would draw from the global generator.
    """

    def __init__(self, p: float, lanes: int, generator: torch.Generator) -> None:
        super().__init__()
        self.p, self.lanes, self.generator = p, lanes, generator
        self.part, self.parts = 0, 1  # where the batch is shared by several processes: which of its parts this one has

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0.0:
            return x
        shape = x.shape if self.lanes == 1 else x.shape[1:]
        keep = self._draw(shape, x)
        return x * keep.div_(1 - self.p)

    def _draw(self, shape: torch.Size, x: Tensor) -> Tensor:
        """The mask: of a part of the batch, its rows of the mask of the whole one."""
        if self.parts > 1:
            shape = torch.Size((self.parts * shape[0], *shape[1:]))
        keep = torch.empty(shape, device=x.device, dtype=x.dtype).bernoulli_(1 - self.p, generator=self.generator)
        return keep if self.parts == 1 else keep.chunk(self.parts)[self.part]


#: kind → (the fused kernel, gates stacked in its weights, tensors in its state)
KERNELS: dict[str, tuple[Callable[..., tuple[Tensor, ...]], int, int]] = {
    "rnn": (torch.rnn_tanh, 1, 1),
    "lstm": (torch.lstm, 4, 2),
    "gru": (torch.gru, 3, 1),
}


class Recurrent(nn.Module):
    """One recurrent layer through PyTorch's fused kernel: tanh RNN, LSTM or GRU, initialised U(±1/√hidden).

    Networks stack these with Dropout after each: nn.LSTM's own dropout keeps its state where no checkpoint finds
    it. Lanes run one after another through the same kernel: this work is bound by arithmetic, so batching it would
    gain nothing on a CPU.
    """

    def __init__(self, kind: str, inputs: int, hidden: int, lanes: int) -> None:
        super().__init__()
        self.kernel, gates, self.states = KERNELS[kind]
        self.lanes, self.hidden = lanes, hidden
        self.weight_ih = lane_parameter(lanes, gates * hidden, inputs)
        self.weight_hh = lane_parameter(lanes, gates * hidden, hidden)
        self.bias_ih = lane_parameter(lanes, gates * hidden)
        self.bias_hh = lane_parameter(lanes, gates * hidden)

    def reset(self, generator: torch.Generator) -> None:
        bound = 1 / math.sqrt(self.hidden)
        for parameter in self.parameters():
            fill(parameter, self.lanes, generator, "uniform_", -bound, bound)

    def start(self, batch: int) -> tuple[Tensor, ...]:
        """The zero state of a fresh stream: `states` tensors `[L?, 1, B, hidden]`."""
        shape = (1, batch, self.hidden) if self.lanes == 1 else (self.lanes, 1, batch, self.hidden)
        return tuple(self.weight_hh.new_zeros(shape) for _ in range(self.states))

    def _one_lane(self, x: Tensor, state: tuple[Tensor, ...], weights: list[Tensor]) -> tuple[Tensor, ...]:
        h0 = state if self.states > 1 else state[0]
        # x, state, weights, has biases, layers, dropout, training, bidirectional, batch first
        return self.kernel(x, h0, weights, True, 1, 0.0, self.training, False, True)

    def forward(self, x: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        """x `[L?, B, T, in]`, state as `start` makes it → outputs `[L?, B, T, hidden]` and the state after them."""
        weights: list[Tensor] = [self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh]
        if self.lanes == 1:
            out, *after = self._one_lane(x, state, weights)
            return out, tuple(after)
        lanes = [self._one_lane(x[i], tuple(s[i] for s in state), [w[i] for w in weights]) for i in range(self.lanes)]
        out, *after = (torch.stack(parts) for parts in zip(*lanes, strict=True))
        return out, tuple(after)


@torch.no_grad()
def fill(parameter: nn.Parameter, lanes: int, generator: torch.Generator, draw: str, *args: float) -> None:
    """Draw one lane's values with `draw` (`uniform_`, `normal_`) and give all lanes the same ones.

    The draw happens on the CPU, so that a seed means the same weights on every device.
    """
    shape = parameter.shape if lanes == 1 else parameter.shape[1:]
    values = getattr(torch.empty(shape), draw)(*args, generator=generator)
    parameter.copy_(values)  # broadcast over the lanes
