"""The events of a run as they reach its directory, steps and samples among them, from its beginning to its end."""

import time
from collections.abc import Callable, Iterator

from lrtui.messages import (
    Event,
    Finished,
    LanePromoted,
    Sampled,
    Stepped,
    Stopped,
    Swept,
    Warned,
    finite_or_nones,
)
from lrtui.runs.directory import RunDirectory
from lrtui.runs.events import EventReader, SampleReader
from lrtui.runs.lock import is_live
from lrtui.runs.metrics import Block, MetricsReader

POLL_SECONDS = 0.25


def follow(run: RunDirectory, sleep: Callable[[float], None] = time.sleep) -> Iterator[Event]:
    """Yield what there is, then what comes, until nobody trains the run.

    Within one look steps come first, then samples, then what happened; an end is told last.
    """
    log, metrics, samples = EventReader(run.events), MetricsReader(run), SampleReader(run)
    lost, step = set[str](), 0
    while True:
        live = is_live(run)  # asked before reading: what a worker wrote before it ended is still read
        ends: list[Event] = []
        for block in metrics.poll():
            step = block.step + len(block.loss)
            if block.loss:
                yield _stepped(block)
        for sentence in metrics.lost.values():
            if sentence not in lost:
                lost.add(sentence)
                yield Warned(step, message=sentence)
        for line in samples.poll():
            yield Sampled(line.step, prompt=line.prompt, temperature=line.temperature, text=line.text, lane=line.lane)
        for event in log.poll():
            if isinstance(event, Finished | Stopped | Swept):
                ends.append(event)
            else:
                if not isinstance(event, LanePromoted):
                    ends.clear()  # it was resumed
                yield event
        yield from ends
        if not live:
            return
        sleep(POLL_SECONDS)


def _stepped(block: Block) -> Stepped:
    return Stepped(
        block.step,
        n=len(block.loss),
        loss=finite_or_nones(block.loss),
        lr=list(block.lr),
        grad_norm=finite_or_nones(block.grad_norm),
    )
