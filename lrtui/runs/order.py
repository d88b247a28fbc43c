"""The order in which a run told its story, put together again from its log, its metrics and its samples.

Each file is in order; between them only steps tell what came first, and steps go back where training did. So the log
leads: before an event come the steps before it and the samples up to it, and where the log goes back the next segment
of the metrics begins.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from lrtui.messages import (
    Evaluated,
    Event,
    RateChanged,
    Rewound,
    RunResumed,
    RunStarted,
    Sampled,
    Stepped,
    finite_or_nones,
)
from lrtui.runs.events import SampleLine
from lrtui.runs.metrics import Block


@dataclass(slots=True)
class Order:
    """What was read and not yet told. Fill `blocks` and `samples`, then take `told`."""

    blocks: deque[Block] = field(default_factory=deque)
    samples: deque[SampleLine] = field(default_factory=deque)
    #: the last step told, and the last sample's of this branch
    step: int = 0
    _sampled: int = -1
    _segment: int = -1
    #: the last event went back for a resume, whose own event follows in the same place
    _back_to_resume: bool = False

    def told(self, events: Sequence[Event]) -> Iterator[Event]:
        """`events`, each after the steps and samples that came before it."""
        branches = sum(_branches(event) is not None for event in events)
        for event in events:
            start = _branches(event)
            branches -= start is not None
            if start is None:
                yield from self._before(event, branches)
            elif not self._back_to_resume:
                yield from self._branch(start, killed=isinstance(event, RunResumed) and start < self._end())
            self._back_to_resume = isinstance(event, Rewound) and event.cause == "resume"
            yield event

    def rest(self, blocks: int, samples: int) -> Iterator[Event]:
        """All but the last `blocks` and `samples`, which an event that was not read yet may come before."""
        while len(self.samples) > samples:
            step = self.samples[0].step
            while len(self.blocks) > blocks and self.blocks[0].step < step:
                yield from self._block()
            yield self._sample()
        # The event that a new segment belongs to may not be in the log yet, as long as it has no steps.
        begun = bool(self.blocks) and not self.blocks[-1].loss
        while len(self.blocks) > max(blocks, begun):
            yield from self._block()

    def _before(self, event: Event, branches: int) -> Iterator[Event]:
        """What came before `event`; `branches` are those that later events begin."""
        while self.blocks and self.blocks[0].step < event.step and not (branches and self._begins_segment()):
            yield from self._samples(self.blocks[0].step, branches)
            yield from self._block()
        after_evaluating = isinstance(event, Evaluated) or (isinstance(event, RateChanged) and event.cause == "plateau")
        yield from self._samples(event.step - after_evaluating, branches)

    def _end(self) -> int:
        """The step at which the segment that is being told ends."""
        mine = [block for block in self.blocks if block.segment == self._segment]
        return mine[-1].step + len(mine[-1].loss) if mine else self.step

    def _branch(self, start: int, *, killed: bool) -> Iterator[Event]:
        """The rest of this branch; the next begins at step `start`. Who was `killed` did not look at its last step."""
        while self.blocks and not self._begins_segment():
            yield from self._samples(self.blocks[0].step, 1)
            yield from self._block()
        yield from self._samples(self.step - killed, 1)
        while self.blocks and self._begins_segment() and self.blocks[0].step == start:
            self._segment = self.blocks[0].segment
            if not self.blocks[0].loss:
                self.blocks.popleft()
        self.step, self._sampled = start, -1

    def _begins_segment(self) -> bool:
        return self.blocks[0].segment != self._segment

    def _block(self) -> Iterable[Event]:
        block = self.blocks.popleft()
        self._segment = block.segment
        self.step = block.step + len(block.loss)
        return [_stepped(block)] if block.loss else []

    def _samples(self, until: int, branches: int) -> Iterator[Event]:
        """Samples to step `until`; with branches to come one at a step before is of a later branch."""
        while self.samples and self.samples[0].step <= until:
            if branches and self.samples[0].step <= self._sampled:
                return
            yield self._sample()

    def _sample(self) -> Sampled:
        line = self.samples.popleft()
        self._sampled = line.step
        return Sampled(line.step, prompt=line.prompt, temperature=line.temperature, text=line.text, lane=line.lane)


def _branches(event: Event) -> int | None:
    """The step from which training goes on after `event`, where that is another branch or process."""
    if isinstance(event, Rewound):
        return event.to
    return event.step if isinstance(event, RunStarted | RunResumed) else None


def _stepped(block: Block) -> Stepped:
    loss, norms = finite_or_nones(block.loss), finite_or_nones(block.grad_norm)
    return Stepped(block.step, n=len(block.loss), loss=loss, lr=list(block.lr), grad_norm=norms)
