"""All the lanes of a sweep that train, in their packs: train them to a boundary, evaluate, cut, capture.

A *pack* has one seed, so that a batch is shared by all its lanes. Where the work of a step is mostly overhead, a pack
holds all rates as one batched program; where it is arithmetic, each lane is a pack of its own, which is the solo run
itself; and a pack may live in another process. A race needs no more than this: `lanes.take(state, [0] * K)` is the
state of a pack of K lanes that one run was forked into.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from lrtui.engine.lane_book import LaneBook
from lrtui.engine.lanes import LaneTensors, solo, take
from lrtui.engine.pack import Block
from lrtui.engine.state import IDLE, Idle, Snapshot
from lrtui.engine.sweep_state import LanesLeft, SweepState
from lrtui.lr.ledger import Rate
from lrtui.messages import Event, LanesCut, LanesEvaluated, LanesStepped, finite_or_nones
from lrtui.runs.sweeps import SweepPlan


class LanePack(Protocol):
    """What is asked of a pack, be it here or in another process."""

    @property
    def lanes(self) -> Sequence[int]:
        """The numbers of its lanes."""
        ...

    def begin(self, first: int, end: int) -> None:
        """Train the steps `first` … `end` − 1: now, or when `finish` is called."""
        ...

    def ready(self) -> bool:
        """Whether to `finish`; otherwise something else has come meanwhile, be it news: ask again."""
        ...

    def finish(self) -> Block:
        """What those steps left."""
        ...

    def evaluate(self) -> list[float]:
        """The validation loss of each lane."""
        ...

    def capture(self) -> LaneTensors:
        """A copy of every lane, in host memory."""
        ...

    def restore(self, tensors: LaneTensors) -> None:
        """Become what `capture` copied."""
        ...

    def keep(self, places: Sequence[int]) -> None:
        """Only the lanes at these places go on; none: the pack is done with."""
        ...

    def steer(self, place: int, rate: Rate) -> None:
        """Another rate for one lane, from the next step on."""
        ...


#: makes a pack of fresh lanes, which train at these rates
PackMaker = Callable[[Sequence[int], Sequence[Rate]], LanePack]


def arranged(plan: SweepPlan) -> list[list[int]]:
    """The lanes of each pack: all rates of a seed, shared out over the devices, or one lane each."""
    seeds = len(plan.seeds)
    if plan.mode != "lanes":
        return [[lane] for lane in range(plan.lanes)]
    by_seed = [list(range(seed, plan.lanes, seeds)) for seed in range(seeds)]
    shares = max(1, min(len(plan.devices), len(plan.rates)))
    return [lanes[share::shares] for lanes in by_seed for share in range(shares)]


class LaneField:
    """The packs of `plan`, fresh or as `state` has them; `book` tells how their lanes stand."""

    def __init__(self, plan: SweepPlan, book: LaneBook, make_pack: PackMaker, state: SweepState | None) -> None:
        self.book = book
        self.step = state.step if state else 0
        wanted = [list(lanes) for lanes, _ in state.packs] if state else arranged(plan)
        self.packs = [make_pack(lanes, [book.lanes[i].rate for i in lanes]) for lanes in wanted]
        for pack, (_, tensors) in zip(self.packs, state.packs if state else (), strict=False):
            pack.restore(tensors)

    def train(self, end: int) -> Iterator[Event | Idle]:
        """Train every lane up to step `end`, and cut at once those that were lost."""
        first, block = self.step, Block([], [], [])
        for pack in self.packs:
            pack.begin(first, end)
        numbers, lost = list[int](), list[int]()
        for pack in self.packs:
            while not pack.ready():
                yield IDLE  # a chance to tell why it takes so long
            made = pack.finish()
            for place, number in enumerate(pack.lanes):
                n = self.book.read(number, made.loss[place])
                numbers.append(number)
                block.loss.append(made.loss[place][:n])
                block.lr.append(made.lr[place][:n])
                block.grad_norm.append(made.grad_norm[place][:n])
                if self.book.lanes[number].row.state == "diverged":
                    lost.append(number)
        self.step = end
        yield LanesStepped(
            first,
            n=end - first,
            lanes=numbers,
            loss=[finite_or_nones(losses) for losses in block.loss],
            lr=block.lr,
            grad_norm=[finite_or_nones(norms) for norms in block.grad_norm],
        )
        if lost:
            yield self._compact(lost, "diverged", reason=self.book.lanes[lost[0]].reason)

    def cut(
        self, numbers: Sequence[int], cause: str, entries: int, rung: int | None = None, replayed: bool = False
    ) -> Iterator[Event | LanesLeft]:
        """Take lanes that are sound out of their packs; their states are handed out first."""
        yield LanesLeft(self.state(entries, numbers))
        for number in numbers:
            self.book.leave(number, cause, self.step, rung)
        yield self._compact(numbers, cause, rung, replayed=replayed)

    def _compact(
        self, numbers: Sequence[int], cause: str, rung: int | None = None, *, reason: str = "", replayed: bool = False
    ) -> LanesCut:
        for pack in list(self.packs):
            places = [place for place, number in enumerate(pack.lanes) if number not in numbers]
            if len(places) < len(pack.lanes):
                pack.keep(places)
            if not places:
                self.packs.remove(pack)
        rows = [self.book.lanes[number].row for number in numbers]
        return LanesCut(
            self.step,
            lanes=list(numbers),
            cause=cause,
            died=[row.died or 0 for row in rows],
            losses=[row.loss for row in rows],
            left=sum(len(pack.lanes) for pack in self.packs),
            rung=rung,
            reason=reason,
            replayed=replayed,
        )

    def evaluate(self, plateau: bool = True) -> LanesEvaluated:
        """The validation losses now; a plateau, where it sees them, may cut rates."""
        numbers, losses = list[int](), list[float]()
        for pack in self.packs:
            for place, (number, loss) in enumerate(zip(pack.lanes, pack.evaluate(), strict=True)):
                numbers.append(number)
                losses.append(loss)
                if self.book.evaluated(number, loss, self.step, plateau):
                    pack.steer(place, self.book.lanes[number].rate)
        return LanesEvaluated(self.step, lanes=numbers, val_losses=finite_or_nones(losses))

    def state(self, entries: int, only: Sequence[int] | None = None) -> SweepState:
        """A copy of everything, as of this boundary; `only` the tensors of some lanes."""
        packs = []
        for pack in self.packs:
            places = [i for i, number in enumerate(pack.lanes) if only is None or number in only]
            if places:
                tensors = pack.capture()
                tensors = tensors if len(places) == len(pack.lanes) else take(tensors, places)
                packs.append((tuple(pack.lanes[i] for i in places), tensors))
        return self.book.state(self.step, entries, packs)

    def lane(self, number: int) -> Snapshot | None:
        """A lane as the state of a run of its own; None where it does not train."""
        for pack in self.packs:
            if number in pack.lanes:
                progress = self.book.lanes[number].progress.at(step=self.step)
                return solo(pack.capture(), list(pack.lanes).index(number), progress)
        return None
