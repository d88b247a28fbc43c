"""The loss on fixed batches: same batches whenever and however often it is asked, and training never notices."""

from collections.abc import Sequence

import torch
from torch import Tensor

from lrtui.engine.step import TrainStep
from lrtui.text.batches import IGNORE, Batch


@torch.no_grad()
def evaluate(step: TrainStep, batches: Sequence[Batch]) -> Tensor:
    """Mean loss a target, in nats, over `batches`, a lane each: `[lanes]` on the CPU.

    Dropout is off. A recurrent model carries its state from batch to batch until one is marked fresh.
    """
    step.model.eval()
    total = torch.zeros(step.lanes, dtype=torch.float64)
    targets = 0
    carry: tuple[Tensor, ...] = ()
    for batch in batches:
        loss, carry = step.forward(batch, () if batch.fresh else carry)
        n = int((batch.y != IGNORE).sum())
        total += loss.cpu().double() * n  # not double() first: MPS has none
        targets += n
    step.model.train()
    return total / targets
