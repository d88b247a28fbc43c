"""The kernel for tiny models on the CPU: gradients written out by hand, in numpy, on the run's own memory.

A step of such a model is a few microseconds of arithmetic, and autograd some two hundred of book-keeping. Here a step
is some thirty numpy calls that allocate nothing; what depends on the batches alone is made for many steps at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy
import torch
from torch import Tensor

from lrtui.engine.kernels.arrays import Gradient
from lrtui.engine.kernels.bigram import BigramGradient
from lrtui.engine.kernels.kernel import Interrupted, never
from lrtui.engine.kernels.mlp import MLPGradient
from lrtui.engine.kernels.updates import Clip, make_update
from lrtui.engine.optim import Rate

if TYPE_CHECKING:
    from lrtui.engine.step import TrainStep

PREPARED_BYTES = 1 << 21  # what is made of batches at once should stay in the cache until it is used

KINDS = ("bigram", "mlp")
"""The models whose gradient is written out."""


class Masks:
    """Dropout's, one a hidden layer, as the model itself draws them: 0, or 1 over the share that is kept."""

    def __init__(self, state: TrainStep, batch: int) -> None:
        model, self.state = state.config.model, state
        self.keep = torch.empty(model.layers, batch, model.hidden)
        self._share = 1 - model.dropout

    def draw(self, step: int) -> None:
        """Fill `keep` for `step`."""
        generator = self.state.seed_dropout(step)
        for mask in self.keep.unbind():
            mask.bernoulli_(self._share, generator=generator).div_(self._share)


class HandKernel:
    """Trains `state` in place: parameters, gradients and optimizer are arrays over the tensors' memory."""

    def __init__(self, state: TrainStep) -> None:
        flat, config = state.flat, state.config
        self.state, self.lanes = state, flat.lanes
        values, grads = (
            {name: view.numpy() for name, view in flat.views(buffer).items()} for buffer in (flat.values, flat.grads)
        )
        batch = config.train.batch
        self.masks = Masks(state, batch) if config.model.kind == "mlp" and config.model.dropout else None
        self.gradient: Gradient = (
            BigramGradient(values, grads, batch)
            if config.model.kind == "bigram"
            else MLPGradient(values, grads, batch, self.masks.keep.numpy() if self.masks else None)
        )
        self.clip = Clip(flat.grads, config.optim.clip)
        self.update = make_update(state.optimizer)
        self._prepared: Any = None
        self._from, self._until = 0, 0  # the steps it is of

    def train(
        self, step: int, rates: Sequence[Rate], momenta: Sequence[float | None], interrupted: Interrupted = never
    ) -> tuple[Tensor, Tensor]:
        n, done = len(rates), 0
        record = self.gradient.record(n)
        norms = numpy.empty((n, self.lanes, 1), numpy.float32)
        self.state.flat.grads.zero_()  # the gaps: a state that was left because it diverged may have put NaN there
        with numpy.errstate(all="ignore"):  # a run that diverges does so quietly: its loss will tell
            for lr, momentum in zip(rates, momenta, strict=True):
                if not self._from <= step < self._until:
                    self._prepare(step)
                if self.masks is not None:
                    self.masks.draw(step)
                self.gradient(self._prepared, step - self._from, record, done)
                self.clip(norms[done])
                self.update(lr, momentum)
                step += 1
                done += 1
                if interrupted():
                    break
            losses = self.gradient.losses(record, done)
        return torch.from_numpy(losses), torch.from_numpy(norms[:done, :, 0])

    def _prepare(self, step: int) -> None:
        """Make `_prepared` for some steps, `step` among them."""
        stack = self.state.batches.around(step)
        n = max(1, PREPARED_BYTES // self.gradient.step_bytes(stack.x.shape[-1]))
        begin = (step - stack.first) // n * n
        x, y = (t[begin : begin + n].numpy() for t in (stack.x, stack.y))
        self._prepared = self.gradient.prepare(x, y)
        self._from, self._until = stack.first + begin, stack.first + begin + len(x)
