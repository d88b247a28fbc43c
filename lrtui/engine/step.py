"""One training step, as a pure function of (state, step, rate)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional as F

from lrtui.engine.flat import FlatParameters
from lrtui.engine.kernels.choose import choose_kernel, make_kernel
from lrtui.engine.optim import Rate, make_optimizer
from lrtui.engine.seeds import derive
from lrtui.engine.state import Snapshot, state_sha256
from lrtui.models.language_model import LanguageModel
from lrtui.runs.checkpoints import Progress
from lrtui.text.batches import IGNORE, Batch

if TYPE_CHECKING:
    from lrtui.config.schema import Config
    from lrtui.text.batches import Batches


def lane_losses(logits: Tensor, targets: Tensor, lanes: int) -> Tensor:
    """Mean cross-entropy in nats: a scalar for one lane, `[lanes]` for more.

    logits `[L?, B, (T,) V]`, targets `[B, (T)]`; IGNORE marks padding.
    """
    if lanes == 1:
        return F.cross_entropy(logits.flatten(0, -2), targets.flatten(), ignore_index=IGNORE)
    rows = logits.flatten(1, -2)  # [L, N, V]
    wanted = targets.flatten().expand(lanes, -1)  # [L, N]
    losses = F.cross_entropy(rows.flatten(0, 1), wanted.flatten(), ignore_index=IGNORE, reduction="none")
    return losses.view(lanes, -1).sum(1) / (targets != IGNORE).sum()


class TrainStep:
    """Model, optimizer and batches, bound together. Calling it trains one step, `kernel` many at once.

    What changes is `flat.values`, the optimizer's buffers and `carry`: exactly what `capture` copies.
    """

    def __init__(self, config: Config, model: LanguageModel, batches: Batches) -> None:
        self.config, self.model, self.batches = config, model, batches
        self.lanes = model.lanes
        self.flat = FlatParameters(model)
        self.optimizer = make_optimizer(self.flat, config.optim)
        self.carry: tuple[Tensor, ...] = ()
        self.seed = config.train.seed
        self.device_type = self.flat.values.device.type
        self.bf16 = config.train.precision == "bf16"
        self.kernel = make_kernel(choose_kernel(config, model.parameter_count(), self.device_type), self)
        model.train()

    def losses(self, batch: Batch, carry: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        logits, after = self.model(batch.x, carry)
        return lane_losses(logits, batch.y, self.lanes), after

    def seed_dropout(self, step: int) -> torch.Generator:
        """The generator of all masks, as it begins at `step`."""
        return self.model.dropout_generator.manual_seed(derive(self.seed, "dropout", step))

    def forward(self, batch: Batch, carry: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        """The loss of each lane and the carry after, in the run's precision."""
        if not self.bf16:
            return self.losses(batch, carry)
        with torch.autocast(self.device_type, dtype=torch.bfloat16):
            return self.losses(batch, carry)

    def __call__(self, step: int, lr: Rate, momentum: float | None = None) -> tuple[Tensor, Tensor]:
        """Train step `step` at rate `lr` → (loss, gradient norm), on the device.

        Each is `[lanes]`, but the loss of one lane is a scalar. The norm is that before clipping.
        """
        losses, norms = self.kernel.train(step, (lr,), (momentum,))
        return losses[0], norms[0]

    def capture(self, progress: Progress) -> Snapshot:
        """A copy of the state, at the boundary that `progress` names."""
        optimizer = self.optimizer
        return Snapshot(
            progress.at(updates=optimizer.updates),
            self.flat.values.clone(),
            {name: buffer.clone() for name, buffer in optimizer.buffers.items()},
            # bfloat16 is exact in float32, and files hold only that
            tuple(t.float().clone() for t in self.whole_carry()),
        )

    def restore(self, snapshot: Snapshot, weights_only: bool = False) -> None:
        """Become the state that `capture` copied; `weights_only` leaves a fresh optimizer and carry."""
        self.flat.values.copy_(snapshot.values)
        if weights_only:
            self.optimizer.reset()
            self.carry = ()
            return
        for name, buffer in self.optimizer.buffers.items():
            buffer.copy_(snapshot.buffers[name])
        self.optimizer.updates = snapshot.progress.updates
        device = self.flat.values.device
        self.carry = tuple(t.to(device, copy=True) for t in snapshot.carry)

    def adopt(self, values: Tensor) -> None:
        """Take these weights `[lanes, width]` and leave the rest as it is."""
        self.flat.values.copy_(values)

    def reset_optimizer(self) -> None:
        """Throw the optimizer's state away."""
        self.optimizer.reset()

    def whole_carry(self) -> tuple[Tensor, ...]:
        """The hidden state of all rows of the batch."""
        return self.carry

    def sha256(self) -> str:
        """The hash of parameters and optimizer state."""
        return state_sha256(self.flat.values, self.optimizer.buffers, self.flat)
