"""The MLP's gradient by hand: embeddings side by side, tanh layers, logits, and back."""

from __future__ import annotations

from typing import NamedTuple

import numpy

from lrtui.engine.kernels.arrays import Floats, Named, Places
from lrtui.engine.kernels.rows import Rows, rows
from lrtui.engine.kernels.softmax import CrossEntropy, Record, Targets, targets


class Prepared(NamedTuple):
    """Batches of many steps: the context tokens `[n, B·context]`, whose rows are taken, and the targets."""

    tokens: Places
    rows: Rows
    targets: Targets


class Layer:
    """y = x W^T + b for x `[lanes?, B, in]`, and its gradient."""

    def __init__(self, name: str, values: Named, grads: Named, out: Floats) -> None:
        weight, bias = values[f"{name}.weight"], values[f"{name}.bias"]
        self.weight, self.turned, self.bias = weight, weight.swapaxes(-1, -2), bias[..., None, :]
        self.weight_grad, self.bias_grad = grads[f"{name}.weight"], grads[f"{name}.bias"][..., None, :]
        self.out = out
        self.product = numpy.dot if weight.ndim == 2 else numpy.matmul  # the same, and dot begins sooner
        self._ones = numpy.ones((1, out.shape[-2]), numpy.float32)

    def forward(self, x: Floats) -> None:
        self.product(x, self.turned, self.out)
        numpy.add(self.out, self.bias, self.out)

    def backward(self, x: Floats, grad: Floats, x_grad: Floats) -> None:
        """From the loss's gradient by y, those by W, b and x."""
        self.product(grad.swapaxes(-1, -2), x, self.weight_grad)
        self.product(self._ones, grad, self.bias_grad)
        self.product(grad, self.weight, x_grad)


class MLPGradient:
    """Reads `values` and writes `grads`; `loss` and the layers keep what a step needs on the way.

    `keep` `[layers, B, hidden]` are the masks of dropout for the step that comes, scaled; None: nothing is dropped.
    """

    def __init__(self, values: Named, grads: Named, batch: int, keep: Floats | None = None) -> None:
        self.table, self.grad, self.keep = values["embed.weight"], grads["embed.weight"], keep
        *lanes, self.rows, embed = self.table.shape
        depth = sum(name.startswith("hidden.") and name.endswith(".weight") for name in values)
        context, hidden = values["hidden.0.weight"].shape[-1] // embed, values["head.weight"].shape[-1]

        def empty(width: int) -> Floats:
            return numpy.empty((*lanes, batch, width), numpy.float32)

        self.loss = CrossEntropy((*lanes, batch, self.rows))
        self.hidden = [Layer(f"hidden.{k}", values, grads, empty(hidden)) for k in range(depth)]
        self.layers = [*self.hidden, Layer("head", values, grads, self.loss.logits)]
        # what each layer reads, the gradients by that, and by the logits
        self.inputs = [empty(context * embed)] + [layer.out if keep is None else empty(hidden) for layer in self.hidden]
        self.grads = [numpy.empty_like(x) for x in self.inputs] + [self.loss.logits]
        taken = (*lanes, batch * context, embed)
        self._taken, self._taken_grad = self.inputs[0].reshape(taken), self.grads[0].reshape(taken)
        self.record, self.losses = self.loss.record, self.loss.losses

    def step_bytes(self, width: int) -> int:
        return 4 * int(self.loss.logits.shape[-2]) * int(self.rows) * (1 + width)

    def prepare(self, x: Places, y: Places) -> Prepared:
        tokens = x.reshape(len(x), -1)
        return Prepared(tokens, rows(tokens, self.rows), targets(y, self.rows))

    def __call__(self, prepared: Prepared, i: int, record: Record, done: int) -> None:
        self.table.take(prepared.tokens[i], -2, self._taken, "clip")
        for k, layer in enumerate(self.hidden):
            layer.forward(self.inputs[k])
            numpy.tanh(layer.out, layer.out)
            if self.keep is not None:
                numpy.multiply(layer.out, self.keep[k], self.inputs[k + 1])
        self.layers[-1].forward(self.inputs[-1])
        self.loss.gradient(prepared.targets, i, record, done)
        self._back()
        prepared.rows.add_up(i, self._taken_grad, self.grad)

    def _back(self) -> None:
        """From the gradient by the logits to those by all layers and by the embeddings."""
        for k in range(len(self.hidden), 0, -1):
            h, grad = self.hidden[k - 1].out, self.grads[k]
            self.layers[k].backward(self.inputs[k], self.grads[k + 1], grad)
            if self.keep is not None:
                numpy.multiply(grad, self.keep[k - 1], grad)
            numpy.subtract(1.0, numpy.multiply(h, h, h), h)  # the slope of tanh, over what nobody reads any more
            numpy.multiply(grad, h, grad)
        self.layers[0].backward(self.inputs[0], self.grads[1], self.grads[0])
