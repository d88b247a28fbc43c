"""A GPT one token at a time, in numpy: for writing, where calling PyTorch's operations costs more than their work.

It looks at the parameters of one lane as they are; make a new one once they have changed.
"""

from __future__ import annotations

import math
from typing import cast

import numpy
import torch
from torch import Tensor
from torch.nn import functional as F

from lrtui.models.cells import Floats, lane_array
from lrtui.models.gpt import GPT, Block
from lrtui.models.lanes import LayerNorm, Linear

EPS = numpy.float32(1e-5)  # F.layer_norm's


def _bias(layer: Linear | LayerNorm, lanes: int, lane: int) -> Floats | None:
    return None if layer.bias is None else lane_array(layer.bias, lanes, lane)


class Norm:
    """Layer norm of rows `[n, C]`."""

    def __init__(self, norm: LayerNorm, lanes: int, lane: int) -> None:
        self.weight, self.bias = lane_array(norm.weight, lanes, lane), _bias(norm, lanes, lane)

    def __call__(self, x: Floats) -> Floats:
        centred = x - x.mean(-1, keepdims=True)
        variance = numpy.einsum("nc,nc->n", centred, centred)[:, None] / numpy.float32(x.shape[-1])
        centred *= self.weight / numpy.sqrt(variance + EPS)
        if self.bias is not None:
            centred += self.bias
        return centred  # type: ignore[no-any-return]


class Affine:
    """x @ weight.T + bias of rows `[n, in]`."""

    def __init__(self, layer: Linear, lanes: int, lane: int) -> None:
        self.weight, self.bias = lane_array(layer.weight, lanes, lane), _bias(layer, lanes, lane)

    def __call__(self, x: Floats) -> Floats:
        y: Floats = x @ self.weight.T
        if self.bias is not None:
            y += self.bias
        return y


class BlockCell:
    """One block, with the keys and values of what it has read, `[heads, places, C/heads]` each."""

    def __init__(self, block: Block, places: int, lanes: int, lane: int) -> None:
        self.norm_1, self.norm_2 = (Norm(norm, lanes, lane) for norm in (block.norm_1, block.norm_2))
        attention = block.attention
        self.qkv, self.out = (Affine(layer, lanes, lane) for layer in (attention.qkv, attention.out))
        self.up, self.down = (Affine(layer, lanes, lane) for layer in (block.up, block.down))
        self.heads = attention.heads
        width = self.out.weight.shape[0]
        self.scale = numpy.float32(1 / math.sqrt(width // self.heads))
        self.keys, self.values = numpy.empty((2, self.heads, places, width // self.heads), numpy.float32)

    def read(self, x: Floats, first: int) -> Floats:
        """What the block makes of rows x `[n, C]` that stand in places `first` and after."""
        x = x + self.out(self._attend(self.norm_1(x), first))
        hidden = F.gelu(torch.from_numpy(self.up(self.norm_2(x)))).numpy()
        return x + self.down(hidden)

    def _attend(self, x: Floats, first: int) -> Floats:
        """Causal attention of rows x `[n, C]` to themselves and all before them, whose keys and values are kept."""
        n, there = x.shape[0], first + x.shape[0]
        q, k, v = self.qkv(x).reshape(n, 3, self.heads, -1).transpose(1, 2, 0, 3)  # (heads, n, C/heads) each
        self.keys[:, first:there], self.values[:, first:there] = k, v
        scores = (q * self.scale) @ self.keys[:, :there].transpose(0, 2, 1)  # (heads, n, there)
        if n > 1:
            scores[:, ~numpy.tri(n, there, first, dtype=bool)] = -numpy.inf
        scores -= scores.max(-1, keepdims=True)
        numpy.exp(scores, out=scores)
        y = scores @ self.values[:, :there]
        y /= scores.sum(-1, keepdims=True)
        return y.transpose(1, 0, 2).reshape(n, -1)  # type: ignore[no-any-return]


class GPTCell:
    """The whole model, dropout off: `read` tokens and have the logits of what comes next."""

    def __init__(self, model: GPT, lane: int = 0) -> None:
        self.model, self.lane, lanes = model, lane, model.lanes
        self.embed, self.place = (lane_array(e.weight, lanes, lane) for e in (model.embed, model.place))
        self.blocks = [BlockCell(cast(Block, block), model.block, lanes, lane) for block in model.blocks]
        self.norm = Norm(model.norm, lanes, lane)
        self.begin()

    def begin(self) -> None:
        """Forget what was read."""
        self.told: list[int] = []

    def read(self, tokens: list[int]) -> Tensor:
        """The logits `[V]` after `tokens`, at least one, and all that was read before, as far as the block goes."""
        first, places = len(self.told), self.model.block
        self.told = (self.told + tokens)[-places:]
        if first + len(tokens) > places:
            return self._read_anew()
        with numpy.errstate(all="ignore"):  # a diverged model writes noise, quietly
            x = self.embed[tokens] + self.place[first : first + len(tokens)]
            for block in self.blocks:
                x = block.read(x, first)
            return torch.from_numpy(self.embed @ self.norm(x[-1:])[0])

    @torch.no_grad()
    def _read_anew(self) -> Tensor:
        """Past the block each token moves all others by a place: that much work is PyTorch's."""
        logits = self.model(torch.tensor([self.told]))[0]
        return (logits if self.model.lanes == 1 else logits[self.lane])[0, -1]  # type: ignore[no-any-return]
