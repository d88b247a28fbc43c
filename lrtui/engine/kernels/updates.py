"""Clipping and the updates of SGD, Adam and AdamW in numpy, on the memory of the run's own flat buffers.

Line for line those of `lrtui.engine.optim`, with every temporary in memory that is there already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy
from torch import Tensor

from lrtui.engine.kernels.arrays import Floats
from lrtui.engine.optim import Rate

if TYPE_CHECKING:
    from lrtui.engine.optim import Optimizer

LaneRate = float | Floats  # [lanes, 1] for several lanes


class Clip:
    """Gradient norms, and clipping to `limit` (0: do not)."""

    def __init__(self, grads: Tensor, limit: float) -> None:
        self._grads = grads.numpy()  # [lanes, width]
        self._row, self._column = self._grads[:, None, :], self._grads[:, :, None]
        self._limit = limit
        self._factor = numpy.empty((len(self._grads), 1), numpy.float32)

    def __call__(self, norms: Floats) -> None:
        """Write the norm of each lane before clipping into `norms` `[lanes, 1]`."""
        numpy.matmul(self._row, self._column, norms[:, :, None])
        numpy.sqrt(norms, norms)
        if self._limit:
            numpy.add(norms, 1e-6, self._factor)
            numpy.divide(self._limit, self._factor, self._factor)
            numpy.minimum(self._factor, 1.0, out=self._factor)
            numpy.multiply(self._grads, self._factor, self._grads)


class Update:
    """One update of what `optimizer` holds: same memory, same count of updates."""

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer, self.config = optimizer, optimizer.config
        solo = len(optimizer.values) == 1
        self.values, self.grads = self._array(optimizer.values), self._array(optimizer.grads)
        self.buffers = {name: self._array(buffer) for name, buffer in optimizer.buffers.items()}
        self.scales = None if optimizer.scales is None else optimizer.scales.numpy()
        self.scratch = numpy.zeros_like(self.values)
        self._rates = numpy.empty_like(self.values if not solo or self.scales is not None else self.values[:0])
        mask = None if optimizer.mask is None else optimizer.mask.numpy()
        self._decayed = None if mask is None else mask * numpy.float32(self.config.weight_decay)

    @staticmethod
    def _array(buffer: Tensor) -> Floats:
        """`[width]` for one lane, `[lanes, width]` for more."""
        array: Floats = buffer.numpy()
        return array[0] if len(array) == 1 else array

    def __call__(self, lr: Rate, momentum: float | None) -> None:
        """At rate `lr`, a number or one a lane `[lanes, 1]`; `momentum` as `Optimizer.step` has it."""
        self._update(lr.numpy() if isinstance(lr, Tensor) else lr, momentum)

    def _update(self, lr: LaneRate, momentum: float | None) -> None:
        raise NotImplementedError

    def _descend(self, direction: Floats, lr: LaneRate) -> None:
        rate = lr if self.scales is None else numpy.multiply(self.scales, lr, self._rates)
        numpy.subtract(self.values, numpy.multiply(direction, rate, self.scratch), self.values)

    def _add_l2(self) -> None:
        if self.config.weight_decay:
            decay = self.config.weight_decay if self._decayed is None else self._decayed
            numpy.add(self.grads, numpy.multiply(self.values, decay, self.scratch), self.grads)


class SGDUpdate(Update):
    def _update(self, lr: LaneRate, momentum: float | None) -> None:
        self._add_l2()
        self.optimizer.updates += 1
        buffer, grads = self.buffers.get("momentum"), self.grads
        if buffer is None:
            self._descend(grads, lr)
            return
        mu = self.config.momentum if momentum is None else momentum
        numpy.add(numpy.multiply(buffer, mu, buffer), grads, buffer)
        if self.config.nesterov:
            numpy.add(grads, numpy.multiply(buffer, mu, self.scratch), grads)
            self._descend(grads, lr)
        else:
            self._descend(buffer, lr)


class AdamUpdate(Update):
    def _update(self, lr: LaneRate, momentum: float | None) -> None:
        self._decay(lr)
        self.optimizer.updates += 1
        updates, grads, scratch = self.optimizer.updates, self.grads, self.scratch
        beta1, beta2 = self.config.betas
        if momentum is not None:
            beta1 = momentum
        mean, square = self.buffers["exp_avg"], self.buffers["exp_avg_sq"]
        numpy.multiply(numpy.subtract(grads, mean, scratch), 1 - beta1, scratch)
        numpy.add(mean, scratch, mean)
        numpy.multiply(numpy.multiply(grads, grads, scratch), 1 - beta2, scratch)
        numpy.add(numpy.multiply(square, beta2, square), scratch, square)
        numpy.divide(numpy.sqrt(square, scratch), (1 - beta2**updates) ** 0.5, scratch)
        numpy.divide(mean, numpy.add(scratch, self.config.eps, scratch), scratch)
        self._descend(scratch, lr / (1 - beta1**updates))

    def _decay(self, lr: LaneRate) -> None:
        self._add_l2()


class AdamWUpdate(AdamUpdate):
    def __init__(self, optimizer: Optimizer) -> None:
        super().__init__(optimizer)
        self._factors = optimizer.decayed.numpy()[0]  # type: ignore[attr-defined]

    def _decay(self, lr: LaneRate) -> None:
        if self.config.weight_decay:
            numpy.multiply(self._factors, lr * -self.config.weight_decay, self.scratch)
            numpy.add(self.scratch, 1.0, self.scratch)
            numpy.multiply(self.values, self.scratch, self.values)


def make_update(optimizer: Optimizer) -> Update:
    """The counterpart of `optimizer`."""
    return {"sgd": SGDUpdate, "adam": AdamUpdate, "adamw": AdamWUpdate}[optimizer.config.kind](optimizer)
