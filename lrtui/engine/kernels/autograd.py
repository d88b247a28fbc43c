"""The kernel that trains any model on any device: PyTorch's own gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from lrtui.engine.kernels.kernel import Interrupted, never
from lrtui.engine.optim import Rate, clip_gradients

if TYPE_CHECKING:
    from lrtui.engine.step import TrainStep


class AutogradKernel:
    """Forward, backward, clip, update; losses and norms stay on the device."""

    def __init__(self, state: TrainStep) -> None:
        self.state = state

    def train(
        self, step: int, rates: Sequence[Rate], momenta: Sequence[float | None], interrupted: Interrupted = never
    ) -> tuple[Tensor, Tensor]:
        losses, norms = list[Tensor](), list[Tensor]()
        for lr, momentum in zip(rates, momenta, strict=True):
            loss, norm = self._step(step, lr, momentum)
            losses.append(loss)
            norms.append(norm)
            step += 1
            if interrupted():
                break
        return torch.stack(losses), torch.stack(norms)

    def _step(self, step: int, lr: Rate, momentum: float | None) -> tuple[Tensor, Tensor]:
        state = self.state
        batch = state.batches.at(step)
        if state.config.model.dropout:
            state.seed_dropout(step)
        loss, carry = state.forward(batch, () if batch.fresh else state.carry)
        state.carry = tuple(t.detach() for t in carry)
        state.flat.grads.zero_()
        (loss if state.lanes == 1 else loss.sum()).backward()  # type: ignore[no-untyped-call]
        norm = clip_gradients(state.flat.grads, state.config.optim.clip)
        state.optimizer.step(lr, momentum)
        return loss.detach(), norm
