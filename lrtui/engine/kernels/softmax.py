"""Softmax, mean cross-entropy and their gradient in numpy, for the rows of one batch in every lane."""

from __future__ import annotations

from typing import NamedTuple

import numpy

from lrtui.engine.kernels.arrays import Floats, Places
from lrtui.text.batches import IGNORE


class Targets(NamedTuple):
    """What the gradient needs of the targets of many steps.

    `places` [n, B] are those of the targets among the B·V logits of a step; `weights` [n, B, 1] are 1 over the number
    of targets that count, 0 where a target is to be ignored; `hot` [n, B, V] has the weight at the target, 0 elsewhere.
    """

    places: Places
    weights: Floats
    hot: Floats


def target_weights(y: Places) -> Floats:
    """For y `[n, B]`: 1 over the number of a step's targets that count, 0 for those that do not."""
    counts = y != IGNORE
    with numpy.errstate(invalid="ignore"):
        weights: Floats = (counts / counts.sum(1, keepdims=True)).astype(numpy.float32)
    return weights


def targets(y: Places, vocabulary: int) -> Targets:
    """From token numbers y `[n, B]`, of which IGNORE does not count."""
    n, batch = y.shape
    weights = target_weights(y)
    places = numpy.arange(batch) * vocabulary + numpy.where(y == IGNORE, 0, y)
    hot = numpy.zeros((n, batch * vocabulary), numpy.float32)
    numpy.put_along_axis(hot, places, weights, 1)
    return Targets(places, weights[:, :, None], hot.reshape(n, batch, vocabulary))


class Record(NamedTuple):
    """What the losses of `n` steps are made of: weights `[n, B, 1]`; `sums` `[n, lanes?, B, 1]` of the exponentials of
    the logits less the row's largest; `picked` `[n, lanes?, B]`, the target's logit, less the same."""

    weights: Floats
    sums: Floats
    picked: Floats


class CrossEntropy:
    """Loss and gradient for `logits` `[lanes?, B, V]`."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.logits = numpy.empty(shape, numpy.float32)
        self._flat = self.logits.reshape(*shape[:-2], -1)
        self._top = numpy.empty((*shape[:-1], 1), numpy.float32)
        self._line, self._tops = self.logits.reshape(-1), self._top.reshape(-1)
        self._begins = numpy.arange(self._top.size) * shape[-1]
        self._scale = numpy.empty_like(self._top)
        self._ones = numpy.ones((shape[-1], 1), numpy.float32)

    def record(self, steps: int) -> Record:
        batch, sums = self._top.shape[-2:], numpy.empty((steps, *self._top.shape), numpy.float32)
        return Record(numpy.empty((steps, *batch), numpy.float32), sums, numpy.empty_like(sums[..., 0]))

    def gradient(self, wanted: Targets, i: int, record: Record, done: int) -> None:
        """Turn `logits` into the loss's gradient by them, for the targets number `i`."""
        z, weights, sums = self.logits, wanted.weights[i], record.sums[done]
        numpy.maximum.reduceat(self._line, self._begins, 0, None, self._tops)  # half the time of reduce by short rows
        numpy.subtract(z, self._top, z)
        self._flat.take(wanted.places[i], -1, record.picked[done], "clip")
        numpy.exp(z, z)
        numpy.matmul(z, self._ones, sums)
        numpy.divide(weights, sums, self._scale)
        numpy.multiply(z, self._scale, z)
        numpy.subtract(z, wanted.hot[i], z)
        record.weights[done] = weights

    def losses(self, record: Record, done: int) -> Floats:
        """The first `done` losses, `[done]` or `[done, lanes]`."""
        rows = numpy.log(record.sums[:done, ..., 0]) - record.picked[:done]  # [n, lanes?, B]
        weights = record.weights[:done, :, 0].reshape(done, *[1] * (rows.ndim - 2), -1)
        losses: Floats = numpy.add.reduce(rows * weights, -1)
        return losses
