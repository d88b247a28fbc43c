"""The training step of a run that several ranks train together: each has its rows of every batch.

A step's batch is that of a solo run, cut into equal parts: a rank keeps the same rows, and so the hidden state that
belongs to them. Gradients are weighed by targets and summed before they are clipped, so that the step is the solo run's
up to rounding, and every rank ends it with the same bits.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from lrtui.engine.kernels.autograd import AutogradKernel
from lrtui.engine.optim import Rate, clip_gradients
from lrtui.engine.ranks import Ranks
from lrtui.engine.state import Snapshot
from lrtui.engine.step import TrainStep
from lrtui.errors import ConfigError, LrtuiError
from lrtui.models.lanes import Dropout
from lrtui.models.language_model import LanguageModel
from lrtui.text.batches import IGNORE, Batch

if TYPE_CHECKING:
    from lrtui.config.schema import Config
    from lrtui.text.batches import Batches

#: what rank 0 orders, as numbers: a kind and up to three arguments
END, JOIN, TRAIN, RESTORE, ADOPT, RESET, CARRY, HASH = range(8)
ORDER_LENGTH = 4


def send_order(ranks: Ranks, kind: int, *arguments: float) -> None:
    """Rank 0 says what all do next."""
    rest = [0.0] * (ORDER_LENGTH - 1 - len(arguments))
    ranks.order(torch.tensor([kind, *arguments, *rest], dtype=torch.float64))


@contextmanager
def ordered(ranks: Ranks, kind: int, *arguments: float) -> Iterator[None]:
    """Order it, and do our part of it inside; whoever leaves that half done has lost the others."""
    try:
        send_order(ranks, kind, *arguments)
        yield
    except BaseException:
        ranks.broken = True
        raise


def check_batch(config: Config, size: int) -> None:
    """Raises ConfigError for a batch that `size` ranks cannot share evenly."""
    batch = config.train.batch
    if batch % size:
        below, above = batch - batch % size, batch + size - batch % size
        near = f"{below} or {above}" if below else str(above)
        raise ConfigError(
            f"train.batch = {batch}: {size} ranks cannot share it evenly", f"A multiple of {size}, such as {near}, can."
        )


class SharedKernel(AutogradKernel):
    """The kernel of rank 0: has all ranks train a step."""

    state: SharedStep

    def _step(self, step: int, lr: Rate, momentum: float | None) -> tuple[Tensor, Tensor]:
        assert not isinstance(lr, Tensor)
        with ordered(self.state.ranks, TRAIN, step, lr, math.nan if momentum is None else momentum):
            return self.state.train_rows(step, lr, momentum)


class SharedStep(TrainStep):
    """Calling a method of `TrainStep` on rank 0 does it on all ranks; the others `obey`."""

    def __init__(self, config: Config, model: LanguageModel, batches: Batches, ranks: Ranks) -> None:
        super().__init__(config, model, batches)
        check_batch(config, ranks.size)
        self.kernel = SharedKernel(self)
        self.ranks, self.batch = ranks, config.train.batch
        part = self.batch // ranks.size
        self.rows = slice(ranks.rank * part, (ranks.rank + 1) * part)
        for module in model.modules():
            if isinstance(module, Dropout):
                module.part, module.parts = ranks.rank, ranks.size

    # -- rank 0 -------------------------------------------------------------------------------------------------------

    def restore(self, snapshot: Snapshot, weights_only: bool = False) -> None:
        with ordered(self.ranks, RESTORE, snapshot.progress.updates, bool(snapshot.carry), weights_only):
            device = self.flat.values.device
            whole = tuple(t.to(device).contiguous() for t in snapshot.carry)
            super().restore(replace(snapshot, carry=self._own(whole)), weights_only)
            self._spread(weights_only, whole)

    def adopt(self, values: Tensor) -> None:
        with ordered(self.ranks, ADOPT):
            super().adopt(values)
            self.ranks.broadcast(self.flat.values)

    def reset_optimizer(self) -> None:
        with ordered(self.ranks, RESET):
            super().reset_optimizer()

    def whole_carry(self) -> tuple[Tensor, ...]:
        if not self.carry:
            return ()
        with ordered(self.ranks, CARRY):
            return self._gather_carry()

    def sha256(self) -> str:
        """The hash that all ranks have found. Raises LrtuiError where one has another."""
        with ordered(self.ranks, HASH):
            ours, *others = self._gather_hashes()
        for rank, other in enumerate(others, 1):
            if other != ours:
                raise LrtuiError(
                    f"rank {rank} has another state than rank 0: the run is not what its ledger says",
                    "Resume from a checkpoint that was right: lrtui resume RUN --from STEP.",
                )
        return ours.hex()

    # -- the others ---------------------------------------------------------------------------------------------------

    def obey(self, kind: int, a: float, b: float, c: float) -> None:
        """Do our part of what rank 0 has ordered."""
        if kind == TRAIN:
            self.train_rows(int(a), b, None if math.isnan(c) else c)
        elif kind == RESTORE:
            if c:
                super().reset_optimizer()
            else:
                self.optimizer.updates = int(a)
            self._spread(bool(c), self._empty_carry() if b else ())
        elif kind == ADOPT:
            self.ranks.broadcast(self.flat.values)
        elif kind == RESET:
            super().reset_optimizer()
        elif kind == CARRY:
            self._gather_carry()
        elif kind == HASH:
            self._gather_hashes()
        else:
            raise AssertionError(f"rank 0 orders {kind}, which nobody knows")

    # -- the parts ----------------------------------------------------------------------------------------------------

    def train_rows(self, step: int, lr: float, momentum: float | None) -> tuple[Tensor, Tensor]:
        """Train our rows of step `step`; the loss and the norm are those of the whole batch."""
        whole = self.batches.at(step)
        batch = Batch(whole.x[self.rows], whole.y[self.rows], whole.fresh)
        if self.config.model.dropout:
            self.seed_dropout(step)
        loss, carry = self.forward(batch, () if batch.fresh else self.carry)
        self.carry = tuple(t.detach() for t in carry)
        self.flat.grads.zero_()
        loss = loss * ((batch.y != IGNORE).sum() / (whole.y != IGNORE).sum())  # padded rows have fewer targets
        loss.backward()  # type: ignore[no-untyped-call]
        loss = loss.detach()
        self.ranks.sum(self.flat.grads, loss)
        norm = clip_gradients(self.flat.grads, self.config.optim.clip)
        self.optimizer.step(lr, momentum)
        return loss, norm

    def _spread(self, weights_only: bool, whole: tuple[Tensor, ...]) -> None:
        """Rank 0's state to everybody; of the whole carry each keeps its rows."""
        for tensor in (self.flat.values, *(() if weights_only else self.optimizer.buffers.values()), *whole):
            self.ranks.broadcast(tensor)
        self.carry = self._own(whole)

    def _own(self, whole: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Our rows of a carry `[…, batch, hidden]`."""
        return tuple(t[..., self.rows, :].clone() for t in whole)

    def _empty_carry(self) -> tuple[Tensor, ...]:
        return tuple(t.float() for t in self.model.start(self.batch))

    def _gather_carry(self) -> tuple[Tensor, ...]:
        rows = (self.ranks.gather(t.float().contiguous()) for t in self.carry)
        return tuple(torch.cat(parts, dim=-2).to(t.dtype) for parts, t in zip(rows, self.carry, strict=True))

    def _gather_hashes(self) -> list[bytes]:
        own = torch.frombuffer(bytearray.fromhex(super().sha256()), dtype=torch.uint8)
        return [bytes(each.tolist()) for each in self.ranks.gather(own)]
