"""A stretch of training between two boundaries: the hot path, and what it leaves on the device to be read later."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from lrtui.engine.kernels.kernel import never
from lrtui.engine.live import Live
from lrtui.engine.rescue import CHECK_EVERY
from lrtui.messages import finite_or_none

if TYPE_CHECKING:
    from lrtui.config.schema import TrainConfig


class Readings:
    """Losses and norms since the last read-back; they stay on the device until then."""

    def __init__(self) -> None:
        self._losses: list[Tensor] = []  # [n] each
        self._norms: list[Tensor] = []  # [n, 1] each
        self._rates: list[float] = []
        self._update: Tensor | None = None

    def add(self, losses: Tensor, norms: Tensor, rates: Sequence[float]) -> None:
        self._losses.append(losses)
        self._norms.append(norms)
        self._rates += rates

    def measured(self, update: Tensor) -> None:
        """The norm of an update over the norm of the weights."""
        self._update = update

    def take(self) -> tuple[list[float], list[float], list[float], float | None]:
        """Losses, norms and rates, one a step, and the update if one was measured; then begin anew."""
        if not self._losses:
            return [], [], [], None
        update = None if self._update is None else finite_or_none(float(self._update))
        taken = torch.cat(self._losses).tolist(), torch.cat(self._norms)[:, 0].tolist(), self._rates, update
        self._losses, self._norms, self._rates, self._update = [], [], [], None
        return taken


def next_stop(t: TrainConfig, step: int, ends: Sequence[float]) -> float:
    """The next step after `step` at which something other than training is due, be it one of `ends`."""
    periods = (CHECK_EVERY, t.eval_every, t.sample_every, t.checkpoint_every)
    due = [(step // every + 1) * every for every in periods if every]
    return max(step + 1, min(*due, *ends))


def train_until(end: float, live: Live, readings: Readings, interrupted: Callable[[], bool]) -> None:
    """The hot path: train `live` up to step `end`, or until `interrupted()` after at least one step."""
    if live.step % CHECK_EVERY == 0:
        before = live.train.flat.values.clone()
        _train(live.step + 1, live, readings, never)
        readings.measured(update_ratio(before, live.train.flat.values))
        if live.step >= end or interrupted():
            return
    _train(int(end), live, readings, interrupted)


def _train(end: int, live: Live, readings: Readings, interrupted: Callable[[], bool]) -> None:
    steps = range(live.step, end)
    rates, momenta = live.rate.each(steps), [live.rate.momentum(step) for step in steps]
    losses, norms = live.train.kernel.train(live.step, rates, momenta, interrupted)
    readings.add(losses, norms, rates[: len(losses)])
    live.step += len(losses)


def update_ratio(before: Tensor, after: Tensor) -> Tensor:
    """|after − before| / |before|, on the device; overwrites `before`."""
    length: Tensor = torch.linalg.vector_norm(before)
    moved: Tensor = torch.linalg.vector_norm(before.sub_(after))
    return moved / length
