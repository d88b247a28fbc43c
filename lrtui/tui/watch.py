"""One look after another at a run's directory: what is new in it, and whether anybody still trains it."""

from __future__ import annotations

from array import array
from math import isfinite

from lrtui.messages import Event
from lrtui.runs.events import SampleLine, SampleReader
from lrtui.runs.history import History, HistoryFold
from lrtui.runs.metrics import Block, MetricsReader, joined
from lrtui.tui.buckets import Numbers
from lrtui.tui.directory_watch import DirectoryWatch
from lrtui.tui.state import Seen

#: Steps whose losses make the training loss that is shown.
TAIL = 100


class Watch(DirectoryWatch):
    """Looks at a run, live or long over."""

    def look(self) -> Seen:
        """What is new since the look before. Never raises; what cannot be read is among its problems."""
        anew, live = self._arrive()  # asked first: a last word is then still read
        events, samples = self._read()
        now = self._clock()
        return Seen(
            now=now,
            live=live,
            config=self._config,
            numbers=self._shown,
            history=self._history,
            step=self._tail.step,
            train_loss=self._tail.train_loss(self._numbers),
            lr=self._tail.rate(self._numbers),
            grad_norm=self._tail.grad_norm,
            events=tuple(events),
            samples=tuple(samples),
            ending=self._ended(live),
            problems=tuple(self._problems),
            deleted=self._deleted,
            anew=anew,
        )

    def _begin(self) -> None:
        super()._begin()
        self._samples, self._metrics = SampleReader(self._run), MetricsReader(self._run)
        self._fold, self._history = HistoryFold(), History()
        self._numbers, self._shown, self._tail = Numbers(), Numbers(), _Tail()

    def _read(self) -> tuple[list[Event], list[SampleLine]]:
        # Events first: what they speak of is then among the steps.
        events = self._new_events()
        for event in events:
            self._fold.add(event)
        if events or self._history.skipped != self._log.skipped:
            self._history = self._fold.history(self._log.skipped)
        self._read_steps()
        return events, list(self._readable(self._samples.poll()))

    def _read_steps(self) -> None:
        block = None
        for block in self._readable(joined(self._metrics.poll())):  # one at a time: a run may have any number of steps
            self._numbers.add(block)
            self._tail.add(block)
        if block is not None:
            self._shown = self._numbers.snapshot()
        self._lost_metrics(self._metrics)

    def _told_its_end(self) -> bool:
        return self._history.finished is not None or self._history.stopped is not None


class _Tail:
    """The newest steps: where they end, their losses, the rate and the norm of the last."""

    def __init__(self) -> None:
        self.step = 0
        self.lr: float | None = None
        self.grad_norm: float | None = None
        self._losses = array("d")

    def add(self, block: Block) -> None:
        if block.step != self.step:  # a rewind, or steps that a full disk refused
            self._losses, self.lr, self.grad_norm = array("d"), None, None
        self.step = block.step + len(block.loss)
        if block.loss:
            self._losses = (self._losses + block.loss[-TAIL:])[-TAIL:]
            self.lr, self.grad_norm = _finite(block.lr[-1]), _finite(block.grad_norm[-1])

    def train_loss(self, numbers: Numbers) -> float | None:
        """The mean of the last losses; right after a rewind, of the bucket before it."""
        if not self._losses:
            return _finite(numbers.branch.mean[-1]) if numbers.branch.mean else None
        known = [loss for loss in self._losses if isfinite(loss)]
        return sum(known) / len(known) if known else float("nan")

    def rate(self, numbers: Numbers) -> float | None:
        """The rate of the last step; right after a rewind, of the one before it."""
        if self.lr is None and numbers.branch.lr:
            return _finite(numbers.branch.lr[-1])
        return self.lr


def _finite(value: float) -> float | None:
    return value if isfinite(value) else None
