"""The events of a run as they reach its directory, steps and samples among them, from its beginning to its end."""

import time
from collections.abc import Callable, Iterator

from lrtui.messages import Event, Finished, LanePromoted, Stopped, Swept, Warned
from lrtui.runs.directory import RunDirectory
from lrtui.runs.events import EventReader, SampleReader
from lrtui.runs.lock import is_live
from lrtui.runs.metrics import MetricsReader
from lrtui.runs.order import Order

POLL_SECONDS = 0.25


def follow(run: RunDirectory, sleep: Callable[[float], None] = time.sleep) -> Iterator[Event]:
    """Yield what there is, then what comes, until nobody trains the run, in the order in which it was told.

    An end is told last, and only where the run was not resumed. Raises DiskError where the run cannot be read.
    """
    for look in looks(run, sleep):
        yield from look


def looks(run: RunDirectory, sleep: Callable[[float], None] = time.sleep) -> Iterator[Iterator[Event]]:
    """As `follow`, look by look: the first has what had happened before. Each must be read to its end."""
    follower = _Follower(run)
    while True:
        live = is_live(run)  # asked before reading: what a worker wrote before it ended is still read
        yield follower.look()
        if not live:
            return
        sleep(POLL_SECONDS)


class _Follower:
    """Reads the three files of a run side by side while they grow."""

    def __init__(self, run: RunDirectory) -> None:
        self._log, self._metrics, self._samples = EventReader(run.events), MetricsReader(run), SampleReader(run)
        self._order = Order()
        self._lost = set[str]()

    def look(self) -> Iterator[Event]:
        """What is new."""
        # Of what is read before the log, the log has every event before it; of what is read after, all that the log's
        # events come after. What is in between waits for the next look.
        self._read()
        read = len(self._order.blocks), len(self._order.samples)
        events, ends = _without_ends(self._log.poll())
        self._read()
        blocks, samples = len(self._order.blocks) - read[0], len(self._order.samples) - read[1]
        for sentence in self._metrics.lost.values():
            if sentence not in self._lost:
                self._lost.add(sentence)
                yield Warned(self._order.step, message=sentence)
        yield from self._order.told(events)
        if ends:
            blocks = samples = 0
        yield from self._order.rest(blocks, samples)
        yield from ends

    def _read(self) -> None:
        self._order.blocks.extend(self._metrics.poll())
        self._order.samples.extend(self._samples.poll())


def _without_ends(events: Iterator[Event]) -> tuple[list[Event], list[Event]]:
    """The events, and apart from them those that tell an end that still stands."""
    told, ends = list[Event](), list[Event]()
    for event in events:
        if isinstance(event, Finished | Stopped | Swept):
            ends.append(event)
            continue
        if not isinstance(event, LanePromoted):
            ends.clear()  # it was resumed
        told.append(event)
    return told, ends
