"""Processes that train the packs of a sweep: one a core, or one a device, on this machine."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from safetensors.numpy import save
from safetensors.torch import load

from lrtui.cluster.wire import (
    Capture,
    Done,
    Evaluate,
    Frame,
    Keep,
    Make,
    Restore,
    Setup,
    Steer,
    Train,
    read_frame,
    write_frame,
)
from lrtui.engine.build import Workplace
from lrtui.engine.checkpoint import solid
from lrtui.engine.flat import FlatParameters
from lrtui.engine.lanes import LaneTensors, gathered, named_tensors
from lrtui.engine.pack import Block
from lrtui.errors import LrtuiError
from lrtui.lr.ledger import Rate

SECONDS_TO_END = 5.0


class Member:
    """One process of the pool. Jobs are answered in their order; `post` does not wait for the answer, `take` does."""

    def __init__(self, setup: Setup) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "lrtui.cluster.pack_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for the sweep, which saves first
        )
        self.post(setup)
        self._waiting = 1  # answers that say nothing but that all is well

    def post(self, job: Frame) -> None:
        """Ask for `job`. Raises LrtuiError where the process has ended."""
        assert self.process.stdin is not None
        try:
            write_frame(self.process.stdin, job)
        except OSError:
            raise _ended() from None

    def take(self) -> Done:
        """The answer to the oldest job without one. Raises LrtuiError."""
        assert self.process.stdout is not None
        while True:
            done = read_frame(self.process.stdout, Done)
            if done is None:
                raise _ended()
            if done.error:
                raise LrtuiError(done.error)
            if not self._waiting:
                return done
            self._waiting -= 1

    def ask(self, job: Frame) -> Done:
        """`post` and `take`."""
        self.post(job)
        return self.take()

    def close(self) -> None:
        """Hang up, and see the process end."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        try:
            self.process.wait(SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


def _ended() -> LrtuiError:
    return LrtuiError("a process that trains lanes has ended", "Resume the sweep: it goes on from its newest state.")


class Pool:
    """One process for each of `devices`; the packs that `make` makes are dealt out to them in turn."""

    def __init__(self, place: Workplace, home: Path, seeds: Sequence[int], devices: Sequence[str]) -> None:
        self.flat, self.seeds = place.train.flat, seeds
        self.members: list[Member] = []
        self._made = 0
        try:
            for device in devices:
                train = place.config.train.model_copy(update={"device": device})
                config = place.config.model_copy(update={"train": train})
                self.members.append(Member(Setup(config.model_dump_json(), str(home), place.data.sha256)))
        except BaseException:
            self.close()
            raise

    def make(self, lanes: Sequence[int], rates: Sequence[Rate]) -> RemotePack:
        """A pack of fresh lanes in the next process."""
        number, self._made = self._made, self._made + 1
        member = self.members[number % len(self.members)]
        seed = self.seeds[lanes[0] % len(self.seeds)]
        member.ask(Make(number, seed, list(lanes), list(rates)))
        return RemotePack(member, number, list(lanes), self.flat)

    def close(self) -> None:
        """End every process."""
        for member in self.members:
            member.close()


class RemotePack:
    """A pack in another process, as a sweep sees it."""

    def __init__(self, member: Member, number: int, lanes: list[int], flat: FlatParameters) -> None:
        self.member, self.number, self.lanes, self.flat = member, number, lanes, flat

    def begin(self, first: int, end: int) -> None:
        self.member.post(Train(self.number, first, end))

    def finish(self) -> Block:
        done = self.member.take()
        assert done.columns is not None
        return Block(*done.columns)

    def evaluate(self) -> list[float]:
        return self.member.ask(Evaluate(self.number)).losses

    def capture(self) -> LaneTensors:
        done = self.member.ask(Capture(self.number))
        return gathered(load(done.tensors), self.flat, len(self.lanes), done.updates)

    def restore(self, tensors: LaneTensors) -> None:
        self.member.ask(Restore(self.number, save(solid(named_tensors(tensors, self.flat))), tensors.updates))

    def keep(self, places: Sequence[int]) -> None:
        self.member.ask(Keep(self.number, list(places)))
        self.lanes = [self.lanes[place] for place in places]

    def steer(self, place: int, rate: Rate) -> None:
        self.member.ask(Steer(self.number, place, rate))
