"""A stretch of training between two boundaries: the hot path, and what it leaves on the device to be read later."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from lrtui.engine.live import Live
from lrtui.engine.rescue import CHECK_EVERY
from lrtui.messages import finite_or_none

if TYPE_CHECKING:
    from lrtui.config.schema import TrainConfig


class Readings:
    """Losses and norms since the last read-back; they stay on the device until then."""

    def __init__(self) -> None:
        self._losses: list[Tensor] = []
        self._norms: list[Tensor] = []
        self._rates: list[float] = []
        self._update: Tensor | None = None

    def add(self, loss: Tensor, norm: Tensor, lr: float) -> None:
        self._losses.append(loss)
        self._norms.append(norm)
        self._rates.append(lr)

    def measured(self, update: Tensor) -> None:
        """The norm of an update over the norm of the weights."""
        self._update = update

    def take(self) -> tuple[list[float], list[float], list[float], float | None]:
        """Losses, norms and rates, one a step, and the update if one was measured; then begin anew."""
        if not self._losses:
            return [], [], [], None
        update = None if self._update is None else finite_or_none(float(self._update))
        taken = torch.stack(self._losses).tolist(), torch.cat(self._norms).tolist(), self._rates, update
        self._losses, self._norms, self._rates, self._update = [], [], [], None
        return taken


def next_stop(t: TrainConfig, step: int, ends: Sequence[float]) -> float:
    """The next step after `step` at which something other than training is due, be it one of `ends`."""
    periods = (CHECK_EVERY, t.eval_every, t.sample_every, t.checkpoint_every)
    due = [(step // every + 1) * every for every in periods if every]
    return max(step + 1, min(*due, *ends))


def train_until(end: float, live: Live, readings: Readings, interrupted: Callable[[], bool]) -> None:
    """The hot path: train `live` up to step `end`, or until `interrupted()` after at least one step."""
    rate, train = live.rate, live.train
    before = train.flat.values.clone() if live.step % CHECK_EVERY == 0 else None
    while live.step < end:
        lr = rate(live.step)
        loss, norm = train(live.step, lr, rate.momentum(live.step))
        readings.add(loss, norm, lr)
        live.step += 1
        if before is not None:
            readings.measured(update_ratio(before, train.flat.values))
            before = None
        if interrupted():
            return


def update_ratio(before: Tensor, after: Tensor) -> Tensor:
    """|after − before| / |before|, on the device; overwrites `before`."""
    length: Tensor = torch.linalg.vector_norm(before)
    moved: Tensor = torch.linalg.vector_norm(before.sub_(after))
    return moved / length
