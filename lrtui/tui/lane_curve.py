"""The losses of one lane in little memory: hundreds of lanes are drawn in one chart, each no finer than its cells."""

from array import array
from bisect import bisect_left
from dataclasses import dataclass, field
from math import isfinite
from typing import NamedTuple

from lrtui.runs.metrics import Block
from lrtui.runs.sweep_table import SMOOTH

#: Steps at the beginning that are kept one by one, and means that the others are told by.
_HEAD, _MEANS = 64, 448


class Points(NamedTuple):
    """The curve of a lane to draw: steps, ascending, and mean losses from each on; NaN where no loss was a number."""

    step: "array[int]"
    loss: "array[float]"


@dataclass(slots=True)
class LaneCurve:
    """Grows with the lane's metrics. `total` is how many steps it will have; `end` is the next one it trains."""

    total: int
    end: int = 0
    step: "array[int]" = field(default_factory=lambda: array("q"))
    mean: "array[float]" = field(default_factory=lambda: array("d"))
    count: "array[int]" = field(default_factory=lambda: array("q"))
    #: the newest losses
    tail: "array[float]" = field(default_factory=lambda: array("d"))

    def add(self, block: Block) -> None:
        """Take in the next block; one that begins at an earlier step supersedes what is there."""
        self.rewind(block.step)
        step, size, begin = block.step, len(block.loss), 0
        while begin < size:
            taken = min(size - begin, self._room(step + begin))
            self._fill(step + begin, block.loss[begin : begin + taken])
            begin += taken
        self.end = step + size
        self.tail = (self.tail + block.loss[-SMOOTH:])[-SMOOTH:]

    def rewind(self, step: int) -> None:
        """Forget the steps from `step` on; of a mean that has earlier ones, too, it stays as it is."""
        if step >= self.end:
            return
        left = bisect_left(self.step, step)
        del self.step[left:], self.mean[left:], self.count[left:]
        self.end, self.tail = step, array("d")

    @property
    def points(self) -> Points:
        """A copy that later blocks leave as it is."""
        return Points(self.step[:], self.mean[:])

    def _stride(self, step: int) -> int:
        return 1 if step < _HEAD else max(1, -(-(self.total - _HEAD) // _MEANS))

    def _room(self, step: int) -> int:
        """How many steps from `step` on share a mean: its place does not depend on where blocks begin."""
        stride = self._stride(step)
        return stride - (step - _HEAD) % stride if step >= _HEAD else 1

    def _fill(self, step: int, losses: "array[float]") -> None:
        stride = self._stride(step)
        first = step if step < _HEAD else step - (step - _HEAD) % stride
        if not self.step or self.step[-1] < first:
            self.step.append(step)
            self.mean.append(float("nan"))
            self.count.append(0)
        known = [loss for loss in losses if isfinite(loss)]
        if known:
            count, total = self.count[-1], sum(known)
            if count:
                total += self.mean[-1] * count
            self.count[-1] = count + len(known)
            self.mean[-1] = total / self.count[-1]
