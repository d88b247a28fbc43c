"""The packs of a sweep, dealt out to members that train them elsewhere: in processes beside the sweep, or on Ray."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from safetensors.numpy import save
from safetensors.torch import load

from lrtui.cluster.wire import Capture, Done, Evaluate, Frame, Keep, Make, Restore, Steer, Train
from lrtui.engine.checkpoint import solid
from lrtui.engine.flat import FlatParameters
from lrtui.engine.lanes import LaneTensors, gathered, named_tensors
from lrtui.engine.pack import Block
from lrtui.errors import LrtuiError
from lrtui.lr.ledger import Rate


class Member(Protocol):
    """One that trains packs. Jobs are answered in their order; `post` does not wait for the answer, `take` does."""

    def post(self, job: Frame) -> None:
        """Ask for `job`. Raises LrtuiError where nobody is there any more."""
        ...

    def ready(self) -> bool:
        """Whether that answer is there, or all there is to do is to wait for it; otherwise something else was told."""
        ...

    def news(self) -> list[str]:
        """Sentences that nobody was told yet, about what was lost, is waited for, and was made good."""
        ...

    def take(self) -> Done:
        """The answer to the oldest job without one, its error included. Raises LrtuiError as `post` does."""
        ...

    def close(self) -> None:
        """End it."""
        ...


class Pool:
    """The packs that `make` makes are dealt out to `members` in turn; lanes of seed number s start from `seeds[s]`."""

    def __init__(self, flat: FlatParameters, seeds: Sequence[int], members: Sequence[Member]) -> None:
        self.flat, self.seeds, self.members = flat, seeds, members
        self._made = 0

    def make(self, lanes: Sequence[int], rates: Sequence[Rate]) -> RemotePack:
        """A pack of fresh lanes with the next member."""
        number, self._made = self._made, self._made + 1
        seed = self.seeds[lanes[0] % len(self.seeds)]
        pack = RemotePack(self, self.members[number % len(self.members)], number, list(lanes))
        pack.ask(Make(number, seed, list(lanes), list(rates)))
        return pack

    def taken(self, member: Member) -> Done:
        """What `member` has done. Raises LrtuiError for what it could not do."""
        done = member.take()
        if done.error:
            raise LrtuiError(done.error)
        return done

    def news(self) -> list[str]:
        """What members have to tell that nobody was told yet."""
        return [sentence for member in self.members for sentence in member.news()]

    def close(self) -> None:
        """End every member."""
        for member in self.members:
            member.close()


class RemotePack:
    """A pack with a member of `pool`, as a sweep sees it."""

    def __init__(self, pool: Pool, member: Member, number: int, lanes: list[int]) -> None:
        self.pool, self.member, self.number, self.lanes = pool, member, number, lanes

    def ask(self, job: Frame) -> Done:
        """Have `job` done."""
        self.member.post(job)
        return self.pool.taken(self.member)

    def begin(self, first: int, end: int) -> None:
        self.member.post(Train(self.number, first, end))

    def ready(self) -> bool:
        return self.member.ready()

    def finish(self) -> Block:
        done = self.pool.taken(self.member)
        assert done.columns is not None
        return Block(*done.columns)

    def evaluate(self) -> list[float]:
        return self.ask(Evaluate(self.number)).losses

    def capture(self) -> LaneTensors:
        done = self.ask(Capture(self.number))
        return gathered(load(done.tensors), self.pool.flat, len(self.lanes), done.updates)

    def restore(self, tensors: LaneTensors) -> None:
        self.ask(Restore(self.number, save(solid(named_tensors(tensors, self.pool.flat))), tensors.updates))

    def keep(self, places: Sequence[int]) -> None:
        self.ask(Keep(self.number, list(places)))
        self.lanes = [self.lanes[place] for place in places]

    def steer(self, place: int, rate: Rate) -> None:
        self.ask(Steer(self.number, place, rate))
