"""Ranks as threads of one process: what they do with each other is real, and costs a test no start of a process."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from torch import Tensor

from lrtui.config.schema import Config
from lrtui.engine.build import Workplace, make_workplace
from lrtui.engine.follow import follow
from lrtui.engine.ranks import RankLostError
from lrtui.engine.session import Session
from lrtui.engine.shared_step import END, SharedStep, send_order
from lrtui.text.dataset import TextData, make_dataset
from tests.small import TEXT, small_text

PATIENCE_SECONDS = 20.0


@dataclass
class Table:
    """Where `size` threads meet."""

    size: int
    barrier: threading.Barrier = field(init=False)
    places: list[Tensor] = field(init=False)

    def __post_init__(self) -> None:
        self.barrier = threading.Barrier(self.size, timeout=PATIENCE_SECONDS)
        self.places = [torch.empty(0)] * self.size


class ThreadRanks:
    """One of the threads; see `lrtui.engine.ranks.Ranks`."""

    def __init__(self, rank: int, table: Table) -> None:
        self.rank = self.local = rank
        self.size = self.neighbours = table.size
        self.broken = False
        self._table = table

    def gather(self, tensor: Tensor) -> list[Tensor]:
        self._table.places[self.rank] = tensor.clone()
        self._meet()
        gathered = list(self._table.places)
        self._meet()
        return gathered

    def broadcast(self, tensor: Tensor) -> None:
        tensor.copy_(self.gather(tensor)[0])

    order = broadcast

    def sum(self, *tensors: Tensor) -> None:
        for tensor in tensors:
            tensor.copy_(torch.stack(self.gather(tensor)).sum(0))

    def _meet(self) -> None:
        try:
            self._table.barrier.wait()
        except threading.BrokenBarrierError:
            raise RankLostError("another thread has gone") from None


@dataclass
class Crew:
    """Rank 0's session, and the steps of the others once the run has ended."""

    place: Workplace
    session: Session
    others: list[SharedStep]


@contextmanager
def crew(config: Config, size: int = 2, text: str = TEXT, **options: object) -> Iterator[Crew]:
    """A fresh session of `size` ranks; when the block ends, the others have been let go."""
    ranks = [ThreadRanks(rank, table) for table in [Table(size)] for rank in range(size)]
    others: list[SharedStep] = []
    failures: list[BaseException] = []
    load: Callable[[Config], TextData] = lambda config: make_dataset(config.corpus, small_text(text))  # noqa: E731

    def work(mine: ThreadRanks) -> None:
        try:
            torch.set_num_threads(1)
            step = follow(mine, load)
            if step is not None:
                others.append(step)
        except BaseException as failure:
            failures.append(failure)
            mine._table.barrier.abort()

    threads = [threading.Thread(target=work, args=(each,), daemon=True) for each in ranks[1:]]
    for thread in threads:
        thread.start()
    try:
        place = make_workplace(config, load(config), ranks=ranks[0])
        train, vocabulary = place.train, place.data.vocabulary
        session = Session(place.config, train, vocabulary, place.evaluation, **options)  # type: ignore[arg-type]
        yield Crew(place, session, others)
    finally:
        if ranks[0].broken:
            ranks[0]._table.barrier.abort()
        else:
            send_order(ranks[0], END)
        for thread in threads:
            thread.join(PATIENCE_SECONDS)
    assert failures == []
    others.sort(key=lambda step: step.ranks.rank)
