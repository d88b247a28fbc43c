"""The bigram's gradient by hand, without looking at single examples: how often each pair occurs says all.

With n(a, b) the share of the pair a b in a batch, the loss is the sum of n(a, b) · −log p(b | a), and its gradient by
the logit of b after a is n(a) p(b | a) − n(a, b).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy

from lrtui.engine.kernels.arrays import Floats, Named, Places
from lrtui.engine.kernels.softmax import target_weights
from lrtui.text.batches import IGNORE


class Shares(NamedTuple):
    """Of each of many batches: the share of every pair `[n, V, V]`, and of every first token `[n, V, 1]`."""

    pairs: Floats
    firsts: Floats


class Record(NamedTuple):
    """What losses are made of: `firsts` as above, `sums` of exponentials `[n, lanes?, V, 1]`, the shares times the
    logits `picked` `[n, lanes?, 1, 1]`."""

    firsts: Floats
    sums: Floats
    picked: Floats


class BigramGradient:
    """Reads the table in `values` and writes the one in `grads`."""

    def __init__(self, values: Named, grads: Named, batch: int) -> None:
        self.table, self.grad = values["table.weight"], grads["table.weight"]
        *self.lanes, self.vocabulary, _ = self.table.shape
        self._z = numpy.empty(self.table.shape, numpy.float32)
        self._line = self._z.reshape(*self.lanes, 1, -1)
        self._top = numpy.empty((*self.lanes, self.vocabulary, 1), numpy.float32)
        self._scale = numpy.empty_like(self._top)
        self._ones = numpy.ones((self.vocabulary, 1), numpy.float32)

    def step_bytes(self, width: int) -> int:
        return 4 * int(self.vocabulary) ** 2

    def prepare(self, x: Places, y: Places) -> Shares:
        v, n = self.vocabulary, len(x)
        pair = x[:, :, -1] * v + numpy.where(y == IGNORE, 0, y) + numpy.arange(n)[:, None] * v * v
        shares = numpy.bincount(pair.reshape(-1), target_weights(y).reshape(-1), n * v * v)
        pairs = shares.reshape(n, v, v)
        return Shares(pairs.astype(numpy.float32), pairs.sum(2, keepdims=True).astype(numpy.float32))

    def record(self, steps: int) -> Record:
        v = self.vocabulary
        shapes = ((v, 1), (*self.lanes, v, 1), (*self.lanes, 1, 1))
        return Record(*(numpy.empty((steps, *shape), numpy.float32) for shape in shapes))

    def __call__(self, prepared: Shares, i: int, record: Record, done: int) -> None:
        pairs, firsts, z, sums = prepared.pairs[i], prepared.firsts[i], self._z, record.sums[done]
        numpy.maximum.reduce(self.table, -1, None, self._top, keepdims=True)
        numpy.subtract(self.table, self._top, z)
        numpy.matmul(self._line, pairs.reshape(-1, 1), record.picked[done])
        numpy.exp(z, z)
        numpy.matmul(z, self._ones, sums)
        numpy.divide(firsts, sums, self._scale)
        numpy.multiply(z, self._scale, z)
        numpy.subtract(z, pairs, self.grad)
        record.firsts[done] = firsts

    def losses(self, record: Record, done: int) -> Floats:
        firsts = record.firsts[:done].reshape(done, *[1] * len(self.lanes), 1, -1)
        losses: Floats = numpy.matmul(firsts, numpy.log(record.sums[:done])) - record.picked[:done]
        return losses[..., 0, 0]
