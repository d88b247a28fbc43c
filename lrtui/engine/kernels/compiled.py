"""The kernel that `torch.compile` makes of a whole step: forward, backward, clip and update as one program.

A step is traced once, autograd's own gradients in it, and compiled for the shapes of the run. A call trains one step:
with several in one program the compiler may fuse the end of one with the beginning of the next, and the bits of a step
would depend on how the steps are cut into calls.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.func import functional_call
from torch.fx.experimental.proxy_tensor import make_fx

from lrtui.engine.kernels.kernel import Interrupted, never
from lrtui.engine.kernels.symbolic import make_update
from lrtui.engine.optim import Rate, clip_gradients
from lrtui.engine.step import lane_losses
from lrtui.errors import DeviceError

if TYPE_CHECKING:
    from lrtui.engine.step import TrainStep

Program = Callable[..., tuple[Tensor, Tensor]]


class CompiledKernel:
    """Trains `state` in place: the program reads and writes the tensors of the run. Made at the first step."""

    def __init__(self, state: TrainStep) -> None:
        self.state, self.update = state, make_update(state.optimizer)
        self._program: Program | None = None

    def train(
        self, step: int, rates: Sequence[Rate], momenta: Sequence[float | None], interrupted: Interrupted = never
    ) -> tuple[Tensor, Tensor]:
        state, optimizer = self.state, self.state.optimizer
        losses, norms = list[Tensor](), list[Tensor]()
        for lr, momentum in zip(rates, momenta, strict=True):
            assert not isinstance(lr, Tensor)  # lanes train with autograd
            batch = state.batches.at(step)
            optimizer.updates += 1
            numbers = torch.tensor(self.update.numbers(lr, momentum)).to(batch.x.device, non_blocking=True)
            tensors = (state.flat.values, *optimizer.buffers.values(), batch.x, batch.y, numbers)
            loss, norm = self._first(tensors) if self._program is None else self._program(*tensors)
            losses.append(loss)
            norms.append(norm)
            step += 1
            if interrupted():
                break
        return torch.stack(losses), torch.stack(norms)

    def _first(self, tensors: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
        """Trace the step on copies, compile what was traced, and train with it for the first time.

        Raises DeviceError where the compiler fails.
        """
        try:
            with warnings.catch_warnings(action="ignore"):  # what torch finds old in itself as the compiler is loaded
                traced = make_fx(self._step)(*(t.clone() for t in tensors))
                # in this process: helpers of the compiler's own would outlive the worker that is killed
                program = torch.compile(traced, fullgraph=True, dynamic=False, options={"compile_threads": 1})
                made: tuple[Tensor, Tensor] = program(*tensors)
        except torch.OutOfMemoryError:
            raise
        except (RuntimeError, OSError) as error:
            told = next(iter(str(error).splitlines()), type(error).__name__)
            raise DeviceError(
                f'train.kernel = "compiled": the step could not be compiled: {told}', 'Use "auto" or "autograd".'
            ) from error
        self._program = program
        return made

    def _step(self, values: Tensor, *rest: Tensor) -> tuple[Tensor, Tensor]:
        """A step as a function of tensors alone: (loss, norm); `values` and the buffers are what it changes."""
        *buffers, x, y, numbers = rest
        flat = self.state.flat
        weights = {name: view.detach().requires_grad_() for name, view in flat.views(values).items()}
        loss = self._loss(weights, x, y)
        slopes = torch.autograd.grad(loss, list(weights.values()))
        grads = flat.joined(dict(zip(weights, slopes, strict=True)))
        with torch.no_grad():
            norm = clip_gradients(grads, self.state.config.optim.clip)
            for tensor, new in zip((values, *buffers), self.update(values, grads, buffers, numbers), strict=True):
                tensor.copy_(new)
        return loss.detach(), norm

    def _loss(self, weights: dict[str, Tensor], x: Tensor, y: Tensor) -> Tensor:
        state = self.state
        # a cast is part of the program: one that autocast remembers from elsewhere would be a constant of it
        with torch.autocast(state.device_type, torch.bfloat16, enabled=state.bf16, cache_enabled=False):
            logits, _ = functional_call(state.model, weights, (x,))
            return lane_losses(logits, y, 1)
