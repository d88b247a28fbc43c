"""Lanes that train together: one seed, the same batches, a rate for each lane."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy
import torch
from torch import Tensor

from lrtui.engine.evaluate import evaluate
from lrtui.engine.lanes import LaneTensors, captured, make_lanes, put, take
from lrtui.engine.step import TrainStep
from lrtui.lr.ledger import Rate

if TYPE_CHECKING:
    from lrtui.config.schema import Config
    from lrtui.text.batches import Batch, Batches


@dataclass(frozen=True)
class Block:
    """What a stretch of steps left: losses, rates and gradient norms `[lanes][steps]`."""

    loss: list[list[float]]
    lr: list[list[float]]
    grad_norm: list[list[float]]


@dataclass(frozen=True)
class Ground:
    """What the lanes of one seed share: the configuration with that seed, its batches, and where they compute."""

    config: Config
    vocabulary: int
    batches: Batches
    validation: Sequence[Batch]
    device: torch.device


class Pack:
    """`lanes`, by number, trained as one program at `rates`. A pack of one lane is the solo run, fused kernels and all.

    `begin` and `finish` are two calls, so that packs in other processes can train at once.
    """

    def __init__(self, ground: Ground, lanes: Sequence[int], rates: Sequence[Rate]) -> None:
        self.ground, self.lanes, self.rates = ground, list(lanes), list(rates)
        self.train = self._made(len(self.lanes))
        self._stretch = (0, 0)

    def _made(self, lanes: int) -> TrainStep:
        ground = self.ground
        return make_lanes(ground.config, ground.vocabulary, ground.batches, lanes, ground.device)

    def begin(self, first: int, end: int) -> None:
        """Train the steps `first` … `end` − 1: now, or when `finish` is called."""
        self._stretch = (first, end)

    def ready(self) -> bool:
        """Here it always is."""
        return True

    def finish(self) -> Block:
        """What the steps asked for by `begin` left."""
        first, end = self._stretch
        steps = range(first, end)
        lrs = [rate.each(steps) for rate in self.rates]
        vectors = torch.from_numpy(
            numpy.array(lrs, numpy.float32).T[:, :, None].copy()
        )  # torch.tensor takes four times as long
        vectors = vectors.to(self.train.flat.values.device)
        rates: Sequence[float | Tensor] = lrs[0] if len(lrs) == 1 else vectors.unbind()
        losses, norms = self.train.kernel.train(first, rates, [self.rates[0].momentum(step) for step in steps])
        return Block(losses.view(len(steps), -1).T.tolist(), lrs, norms.T.tolist())

    def evaluate(self) -> list[float]:
        """The validation loss of each lane."""
        return evaluate(self.train, self.ground.validation).view(-1).tolist()

    def capture(self) -> LaneTensors:
        """A copy of every lane, in host memory."""
        return captured(self.train).to_cpu()

    def restore(self, tensors: LaneTensors) -> None:
        """Become what `capture` copied."""
        put(tensors, self.train)

    def steer(self, place: int, rate: Rate) -> None:
        """Another rate for one lane, from the next step on."""
        self.rates[place] = rate

    def keep(self, places: Sequence[int]) -> None:
        """Compact: only the lanes at these places go on, and those that were cut cost nothing any more."""
        if not places:
            self.lanes, self.rates = [], []
            return
        kept = take(captured(self.train), places)
        self.lanes = [self.lanes[i] for i in places]
        self.rates = [self.rates[i] for i in places]
        self.train = self._made(len(places))
        put(kept, self.train)
