"""The numbers of a run in bounded memory: at most 4,096 buckets a branch, however long the run.

A block is folded by slices, not by steps: a run of a million steps is read while its screen opens.
"""

from array import array
from bisect import bisect_left
from dataclasses import dataclass, field, replace
from operator import add

from lrtui.axes import BEYOND
from lrtui.runs.metrics import Block

CAPACITY = 4096
#: Steps at the beginning that are kept one by one: a log axis of steps shows nothing else for decades.
HEAD = 512
#: Ghosts kept, the newest.
GHOSTS = 16
#: Measured updates kept, the newest.
UPDATES = 256
#: Stretches of losses that were no numbers, remembered by their first steps.
_STUMBLES = 64
_NAN = float("nan")
_COLUMNS = ("step", "last", "count", "low", "high", "mean", "lr")


@dataclass(slots=True)
class Buckets:
    """One branch: bucket i holds `stride` recorded steps, of which `step[i]` is the first and `last[i]` the last.

    `low`, `high` and `mean` are over the `count[i]` finite losses among them, NaN where there is none. `lr` is the rate
    of step `last[i]`. The newest bucket may hold fewer steps than the rest. `stumbles` are the first steps of the first
    stretches whose loss was no number. Steps may be missing where the disk was full or a rewind fell inside a bucket.
    """

    stride: int = 1
    step: "array[int]" = field(default_factory=lambda: array("q"))
    last: "array[int]" = field(default_factory=lambda: array("q"))
    count: "array[int]" = field(default_factory=lambda: array("q"))
    low: "array[float]" = field(default_factory=lambda: array("d"))
    high: "array[float]" = field(default_factory=lambda: array("d"))
    mean: "array[float]" = field(default_factory=lambda: array("d"))
    lr: "array[float]" = field(default_factory=lambda: array("d"))
    stumbles: "array[int]" = field(default_factory=lambda: array("q"))
    #: recorded steps in the newest bucket
    filled: int = 0
    #: was the newest loss no number?
    stumbled: bool = False
    #: the first steps one by one, once the buckets are larger; never changed, so that copies share it
    head: "Buckets | None" = None

    @property
    def end(self) -> int:
        """The step after the newest; 0 where there is none."""
        return self.last[-1] + 1 if self.last else 0

    def snapshot(self) -> "Buckets":
        """A copy that later blocks leave as it is."""
        shot = replace(self)
        for name in (*_COLUMNS, "stumbles"):
            setattr(shot, name, getattr(self, name)[:])
        return shot

    def with_head(self) -> "Buckets":
        """The same with the first steps one by one; of a bucket that begins with them the last step is its place."""
        head = self.head
        if head is None:
            return self
        whole = Buckets(self.stride)
        first = bisect_left(self.last, head.end)
        for name in _COLUMNS:
            setattr(whole, name, getattr(head, name) + getattr(self, name)[first:])
        if first < len(self.step) and self.step[first] < head.end:
            whole.step[len(head.step)] = self.last[first]
        return whole

    def append(self, step: int, loss: "array[float]", lr: "array[float]") -> None:
        """Takes in the steps from `step` on, all newer than those that are there."""
        total = sum(loss)
        if not -BEYOND < total < BEYOND:
            self._note_stumbles(step, loss)
        else:
            self.stumbled = False
        begin, size = 0, len(loss)
        while begin < size:
            if self.stride == 1:
                taken = self._append_singly(step + begin, loss[begin:], lr[begin:])
            elif self.filled < self.stride:
                taken = min(self.stride - self.filled, size - begin)
                self._fill(step + begin, loss[begin : begin + taken], lr[begin + taken - 1])
            else:
                taken = 0
                if len(self.step) == CAPACITY:
                    self._double()
                else:
                    self._open(step + begin)
            begin += taken

    def _note_stumbles(self, step: int, loss: "array[float]") -> None:
        before = self.stumbled and bool(self.last) and self.last[-1] == step - 1
        for at, value in enumerate(loss, step):
            bad = not -BEYOND < value < BEYOND
            if bad and not before and len(self.stumbles) < _STUMBLES:
                self.stumbles.append(at)
            before = bad
        self.stumbled = before

    def _append_singly(self, step: int, loss: "array[float]", lr: "array[float]") -> int:
        taken = min(len(loss), CAPACITY - len(self.step))
        if not taken:
            self._double()
            return 0
        loss = loss[:taken]
        steps = range(step, step + taken)
        self.step.extend(steps)
        self.last.extend(steps)
        if not -BEYOND < sum(loss) < BEYOND:
            loss = array("d", (value if -BEYOND < value < BEYOND else _NAN for value in loss))
            self.count.extend(int(value == value) for value in loss)
        else:
            self.count.frombytes(_ones(taken))
        for values in (self.low, self.high, self.mean):
            values.extend(loss)
        self.lr.extend(lr[:taken])
        self.filled = 1
        return taken

    def _open(self, step: int) -> None:
        for steps in (self.step, self.last):
            steps.append(step)
        for values in (self.low, self.high, self.mean, self.lr):
            values.append(_NAN)
        self.count.append(0)
        self.filled = 0

    def _fill(self, step: int, loss: "array[float]", lr: float) -> None:
        """Adds steps to the newest bucket, which has room for them."""
        self.filled += len(loss)
        self.last[-1] = step + len(loss) - 1
        self.lr[-1] = lr
        total = sum(loss)
        if not -BEYOND < total < BEYOND:
            loss = array("d", (value for value in loss if -BEYOND < value < BEYOND))
            if not loss:
                return
            total = sum(loss)
        low, high, known = min(loss), max(loss), self.count[-1]
        count = known + len(loss)
        if known:
            low, high, total = min(low, self.low[-1]), max(high, self.high[-1]), total + self.mean[-1] * known
        self.low[-1], self.high[-1], self.mean[-1], self.count[-1] = low, high, total / count, count

    def _double(self) -> None:
        """Merges all buckets, which are full and an even number, by pairs: half as many, each of twice the steps."""
        if self.stride == 1:
            self.head = self._part(slice(HEAD))
        even, odd = slice(0, None, 2), slice(1, None, 2)
        counts = self.count[even], self.count[odd]
        self.step, self.last, self.lr = self.step[even], self.last[odd], self.lr[odd]
        self.low = array("d", map(_lower, self.low[even], self.low[odd]))
        self.high = array("d", map(_higher, self.high[even], self.high[odd]))
        self.mean = array("d", map(_mean, self.mean[even], self.mean[odd], *counts))
        self.count = array("q", map(add, *counts))
        self.stride *= 2
        self.filled = self.stride

    def _part(self, kept: slice) -> "Buckets":
        part = Buckets(self.stride)
        for name in _COLUMNS:
            setattr(part, name, getattr(self, name)[kept])
        return part

    def cut(self, step: int) -> "Buckets":
        """Takes the steps from `step` on away, with the rest of a bucket that `step` falls into, and returns them."""
        first = bisect_left(self.last, step)
        since, gone = bisect_left(self.stumbles, step), replace(self)
        for name in _COLUMNS:
            values = getattr(self, name)
            setattr(gone, name, values[first:])
            setattr(self, name, values[:first])
        gone.head = None
        if self.head is not None:
            self.head = self.head._part(slice(bisect_left(self.head.last, self.end))) if self.step else None
        gone.stumbles, self.stumbles = self.stumbles[since:], self.stumbles[:since]
        # All that is left is full; where nothing is, the next steps are told singly again.
        self.filled = self.stride = self.stride if self.step else 1
        self.stumbled = bool(self.count) and not self.count[-1]
        return gone


def _ones(count: int) -> bytes:
    return array("q", [1]).tobytes() * count


def _lower(a: float, b: float) -> float:
    return b if b < a or a != a else a


def _higher(a: float, b: float) -> float:
    return b if b > a or a != a else a


def _mean(a: float, b: float, count_a: int, count_b: int) -> float:
    if not count_b:
        return a
    return (a * count_a + b * count_b) / (count_a + count_b) if count_a else b


@dataclass(slots=True)
class Numbers:
    """The surviving branch and the ghosts it left behind (the newest 16), which never change again.

    `updates` are the newest (step, |update| / |weights|) of the branch that were measured.
    """

    branch: Buckets = field(default_factory=Buckets)
    ghosts: "list[Buckets]" = field(default_factory=list)
    updates: tuple[tuple[int, float], ...] = ()

    def add(self, block: Block) -> None:
        """Take in the next block of the metrics; one that begins at an earlier step supersedes what is there."""
        branch = self.branch
        if branch.last and block.step <= branch.last[-1]:
            gone = branch.cut(block.step)
            self.ghosts = [*self.ghosts[1 - GHOSTS :], gone]
            self.updates = tuple(measured for measured in self.updates if measured[0] < block.step)
        if block.loss:
            branch.append(block.step, block.loss, block.lr)
        if block.updates:
            self.updates = (*self.updates, *block.updates)[-UPDATES:]

    def snapshot(self) -> "Numbers":
        """A copy to draw from while more blocks come in from another thread."""
        return Numbers(self.branch.snapshot(), list(self.ghosts), self.updates)
