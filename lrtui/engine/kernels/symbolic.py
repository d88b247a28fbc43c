"""The updates of SGD, Adam and AdamW as functions of tensors alone, for a compiler to take in with the rest of a step.

Operation for operation those of `lrtui.engine.optim`. What moves from step to step, the rate first of all, comes in a
tensor of numbers: a number in the program would have to be compiled anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from lrtui.engine.optim import Optimizer


class Update:
    """One update of what `optimizer` holds, for one lane."""

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer, self.config = optimizer, optimizer.config

    def numbers(self, lr: float, momentum: float | None) -> list[float]:
        """What the update that makes `optimizer.updates` full needs, at rate `lr`."""
        raise NotImplementedError

    def __call__(self, values: Tensor, grads: Tensor, buffers: Sequence[Tensor], numbers: Tensor) -> tuple[Tensor, ...]:
        """`values` and `buffers`, in the optimizer's order, after one update with these `numbers`."""
        raise NotImplementedError

    def _descended(self, values: Tensor, direction: Tensor, lr: Tensor) -> Tensor:
        return values - direction * (lr if self.optimizer.scales is None else self.optimizer.scales * lr)

    def _with_l2(self, grads: Tensor, values: Tensor) -> Tensor:
        if not self.config.weight_decay:
            return grads
        decayed = values if self.optimizer.mask is None else values * self.optimizer.mask
        return grads + decayed * self.config.weight_decay


class SGDUpdate(Update):
    def numbers(self, lr: float, momentum: float | None) -> list[float]:
        return [lr, self.config.momentum if momentum is None else momentum]

    def __call__(self, values: Tensor, grads: Tensor, buffers: Sequence[Tensor], numbers: Tensor) -> tuple[Tensor, ...]:
        lr, mu = numbers.unbind()
        grads = self._with_l2(grads, values)
        if not buffers:
            return (self._descended(values, grads, lr),)
        buffer = buffers[0] * mu + grads
        return self._descended(values, grads + buffer * mu if self.config.nesterov else buffer, lr), buffer


class AdamUpdate(Update):
    def numbers(self, lr: float, momentum: float | None) -> list[float]:
        updates, (beta1, beta2) = self.optimizer.updates, self.config.betas
        if momentum is not None:
            beta1 = momentum
        correction1, correction2 = 1 - beta1**updates, 1 - beta2**updates
        return [lr / correction1, correction2**0.5, 1 - beta1, lr * -self.config.weight_decay]

    def __call__(self, values: Tensor, grads: Tensor, buffers: Sequence[Tensor], numbers: Tensor) -> tuple[Tensor, ...]:
        rate, root, weight, decay = numbers.unbind()
        values, grads = self._decayed(values, grads, decay)
        beta2 = self.config.betas[1]
        mean = torch.lerp(buffers[0], grads, weight)
        square = buffers[1] * beta2 + grads * grads * (1 - beta2)
        direction = mean / (square.sqrt() / root + self.config.eps)
        return self._descended(values, direction, rate), mean, square

    def _decayed(self, values: Tensor, grads: Tensor, decay: Tensor) -> tuple[Tensor, Tensor]:
        return values, self._with_l2(grads, values)


class AdamWUpdate(AdamUpdate):
    def _decayed(self, values: Tensor, grads: Tensor, decay: Tensor) -> tuple[Tensor, Tensor]:
        if not self.config.weight_decay:
            return values, grads
        return values * (self.optimizer.decayed * decay + 1.0), grads  # type: ignore[attr-defined]


def make_update(optimizer: Optimizer) -> Update:
    """The counterpart of `optimizer`, whose buffers are in the order in which it made them."""
    return {"sgd": SGDUpdate, "adam": AdamUpdate, "adamw": AdamWUpdate}[optimizer.config.kind](optimizer)
