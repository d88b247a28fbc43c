"""Recurrent models one token at a time, in numpy: for writing, where calling PyTorch's layer costs more than its work.

A cell looks at the parameters of one lane as they are; make a new one once they have changed.
"""

from __future__ import annotations

import numpy
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from lrtui.models.rnn import RecurrentModel

Floats = NDArray[numpy.float32]


def _sigmoid(x: Floats) -> Floats:
    return 0.5 * numpy.tanh(0.5 * x) + 0.5  # type: ignore[no-any-return]  # no exponential that could overflow


class Layer:
    """One layer and its state of one stream."""

    def __init__(self, kind: str, layer: nn.Module, lanes: int, lane: int) -> None:
        def of(name: str) -> Floats:
            return lane_array(getattr(layer, name), lanes, lane)

        self.kind = kind
        self.into, self.across, self.bias_in, self.bias = of("weight_ih"), of("weight_hh"), of("bias_ih"), of("bias_hh")
        self.width = self.across.shape[1]
        self.begin()

    def begin(self) -> None:
        """Forget what was read."""
        self.h = numpy.zeros(self.width, numpy.float32)
        self.c = numpy.zeros(self.width, numpy.float32)

    def project(self, x: Floats) -> Floats:
        """What the input adds to the gates."""
        return self.into @ x + self.bias_in

    def step(self, projected: Floats) -> Floats:
        """The output after one more input."""
        n, recurrent = self.width, self.across @ self.h + self.bias
        if self.kind == "rnn":
            self.h = numpy.tanh(projected + recurrent)
        elif self.kind == "gru":
            reset, update = _sigmoid(projected[: 2 * n] + recurrent[: 2 * n]).reshape(2, n)
            new = numpy.tanh(projected[2 * n :] + reset * recurrent[2 * n :])
            self.h = new + update * (self.h - new)
        else:
            gates = projected + recurrent  # input, forget, cell, output
            entry, forget = _sigmoid(gates[: 2 * n]).reshape(2, n)
            self.c = forget * self.c + entry * numpy.tanh(gates[2 * n : 3 * n])
            self.h = _sigmoid(gates[3 * n :]) * numpy.tanh(self.c)
        return self.h


class Cell:
    """The whole model, dropout off: `read` tokens and have the logits of what comes next."""

    def __init__(self, model: RecurrentModel, lane: int = 0) -> None:
        lanes = model.lanes
        self.embed, self.head = lane_array(model.embed.weight, lanes, lane), lane_array(model.head.weight, lanes, lane)
        assert model.head.bias is not None
        self.bias = lane_array(model.head.bias, lanes, lane)
        self.layers = [Layer(model.kind, layer, lanes, lane) for layer in model.layers]
        self._projected: dict[int, Floats] = {}  # what the first layer makes of each token, once it was met

    def begin(self) -> None:
        """Forget what was read."""
        for layer in self.layers:
            layer.begin()

    def read(self, tokens: list[int]) -> Tensor:
        """The logits `[V]` after `tokens`, at least one, and all that was read before."""
        x = self.layers[-1].h
        with numpy.errstate(all="ignore"):  # a diverged model writes noise, quietly
            for token in tokens:
                if token not in self._projected:
                    self._projected[token] = self.layers[0].project(self.embed[token])
                x = self.layers[0].step(self._projected[token])
                for layer in self.layers[1:]:
                    x = layer.step(layer.project(x))
            return torch.from_numpy(self.head @ x + self.bias)


def lane_array(parameter: Tensor, lanes: int, lane: int) -> Floats:
    tensor = parameter.detach()
    return (tensor if lanes == 1 else tensor[lane]).numpy()
