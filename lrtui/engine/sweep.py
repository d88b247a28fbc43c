"""A sweep, as a generator: many rates and seeds trained side by side, the worse of them cut on the way.

How it works. A *lane* is one rate with one seed, and equals the solo run with that rate and seed: same initial weights,
same batches, same schedule. Lanes live in packs (`lane_field`), as one batched program or one after another, here or in
other processes; the sweep neither knows nor cares. The books (`lane_book`) hold everything about them that is not
tensors.

All packs meet at *boundaries*: every `chunk` steps, and at rungs, evaluations and checkpoints. There losses are read,
lost lanes cut, rungs decided, states kept, commands taken. Boundaries are a function of the plan alone, never of the
clock, because where a pack is compacted decides its last bits; and what a rung looks at, the smoothed loss, is part of
a lane's state. So a sweep is a pure function of configuration, plan and what was done by hand: a killed one goes on
from its newest state to the same table, bit for bit. Changes by hand are events, and a resume carries them out again
at their steps.

A cut compacts the pack (`lanes.take`) and hands out the states of the lanes that leave, so that any lane can be
promoted: become the `Snapshot` of a solo run. A race is the same from the other end: `take(state, [0] * K)` is a pack
of K lanes that one run was forked into, and keeping one of them is a promotion.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from lrtui.engine.inbox import Inbox, Received
from lrtui.engine.lane_book import LaneBook
from lrtui.engine.lane_field import LaneField, PackMaker
from lrtui.engine.state import IDLE, Answered, Idle, Snapshot
from lrtui.engine.sweep_state import LanesLeft, SweepCheckpointDue, SweepState, sha256_of
from lrtui.errors import LrtuiError, UsageError
from lrtui.lr.halving import check_eta, check_rungs, default_rungs
from lrtui.messages import (
    CommandRejected,
    Continue,
    Continued,
    Event,
    Keep,
    Kill,
    LaneKept,
    LanePromoted,
    LaneRow,
    LanesCut,
    Pause,
    Paused,
    Promote,
    Prune,
    PruningChanged,
    Save,
    Stop,
    Stopped,
    Swept,
)
from lrtui.runs.sweep_table import rate_rows, winner
from lrtui.runs.sweeps import ByHand, SweepPlan

if TYPE_CHECKING:
    from lrtui.config.schema import Config


@dataclass(frozen=True)
class Promotion:
    """A lane that is to become a run: its row, and its state where it trains; a cut lane's is with the host."""

    row: LaneRow
    snapshot: Snapshot | None
    name: str | None


#: makes a run of a lane; its name, and the step of its state. Raises LrtuiError
Promoter = Callable[[Promotion], tuple[str, int]]
SweepYielded = Event | SweepCheckpointDue | LanesLeft | Answered | Idle


def nobody_promotes(promotion: Promotion) -> tuple[str, int]:
    """A promoter where there is no disk to write a run to."""
    raise UsageError("nobody is there to make a run of a lane")


class Sweep:
    """All lanes of `plan`; `state` is one to go on from, `replay` what was done by hand since then."""

    def __init__(
        self,
        plan: SweepPlan,
        config: Config,
        ln_v: float,
        make_pack: PackMaker,
        *,
        state: SweepState | None = None,
        replay: Sequence[ByHand] = (),
        promote: Promoter = nobody_promotes,
    ) -> None:
        self.plan, self.config, self.promote = plan, config, promote
        self.total = config.train.steps
        self.replay = deque(replay)
        self.book = LaneBook(plan, config, ln_v, state)
        self.field = LaneField(plan, self.book, make_pack, state)
        self.entries = state.entries if state else 0
        self._evaluated_at = -1
        self._kept_at: tuple[int, int] | None = None
        self._stop_cause: str | None = None
        self._paused = False

    @property
    def step(self) -> int:
        return self.field.step

    def run(self, inbox: Inbox | None = None) -> Iterator[SweepYielded]:
        """Train to the end, or to a Stop."""
        inbox = inbox or Inbox()
        while True:
            yield from self._commands(inbox)
            if self._stop_cause is not None:
                yield from self._checkpoint(again=False)
                sha256 = sha256_of(self.field.state(self.entries))
                yield Stopped(self.step, cause=self._stop_cause, state_sha256=sha256, resume="")
                return
            if self.step >= self.total or not self.field.packs:
                yield from self._finish()
                return
            if self._paused:
                yield IDLE
                if not inbox.wait():
                    self._stop_cause = "pause"  # nobody is there to continue: save and end
                continue
            yield from self.field.train(self._next_boundary())
            yield from self._look()

    def _next_boundary(self) -> int:
        t, step, chunk = self.config.train, self.step, self.plan.chunk
        due = [(step // every + 1) * every for every in (chunk, t.eval_every, t.checkpoint_every) if every]
        due += [rung for rung in self.book.rungs if rung > step]
        due += [done.step for done in list(self.replay)[:1] if done.step > step]
        return min(self.total, *due)

    def _look(self) -> Iterator[SweepYielded]:
        """What is due at this boundary: evaluate, let the best go on, keep the state."""
        t, step = self.config.train, self.step
        if not self.field.packs:
            return
        if t.eval_every and step % t.eval_every == 0:
            yield self._evaluate()
        if step in self.book.rungs:
            ended, rung = self.book.rung(step)
            if ended:
                yield from self.field.cut(ended, "pruned", self.entries, rung)
        if t.checkpoint_every and step % t.checkpoint_every == 0:
            yield from self._checkpoint()

    def _evaluate(self, plateau: bool = True) -> Event:
        self._evaluated_at = self.step
        return self.field.evaluate(plateau)

    def _checkpoint(self, again: bool = True) -> Iterator[SweepYielded]:
        if self.field.packs and (again or self._kept_at != (self.step, self.entries)):
            self._kept_at = (self.step, self.entries)
            yield SweepCheckpointDue(self.field.state(self.entries))

    def _finish(self) -> Iterator[SweepYielded]:
        if self.field.packs and self._evaluated_at != self.step:
            yield self._evaluate(plateau=False)  # one that was due here has seen it before the state was kept
        yield from self._checkpoint(again=False)
        rows = self.book.table(done=True)
        best = winner(rows)
        yield Swept(
            self.step,
            table=rows,
            rates=rate_rows(rows, self.step),
            winner=best.lane if best else None,
            rate=best.rate if best else None,
        )

    # -- commands -------------------------------------------------------------------------------------------------

    def _commands(self, inbox: Inbox) -> Iterator[SweepYielded]:
        """Carry out what is due at this boundary: what was done by hand before a resume first, then what people ask."""
        while self.replay and self.replay[0].step <= self.step:
            yield from self._again(self.replay.popleft())
        while self._stop_cause is None and (received := inbox.take(self.step)) is not None:
            told: list[Event] = []
            for item in self._command(received):
                yield item
                if isinstance(item, Event):
                    told.append(item)
            if received.asker is not None:
                yield Answered(received.asker, self.step, tuple(told))

    def _again(self, done: ByHand) -> Iterator[SweepYielded]:
        match done:
            case LanesCut(lanes=[lane]) | LaneKept(lane=lane) if self.book.lanes[lane].row.state != "training":
                self.entries += 1  # a change by hand that came before it, since the resume, has ended the lane
            case LanesCut():
                yield from self._kill(done.lanes[0], replayed=True)
            case LaneKept():
                yield self._keep(done.lane, replayed=True)
            case PruningChanged():
                yield self._prune(done.eta, done.rungs, replayed=True)

    def _command(self, received: Received) -> Iterator[SweepYielded]:
        command = received.command
        try:
            if isinstance(command, Stop):
                self._stop_cause = "stop" if received.cause in ("user", "script") else received.cause
            elif isinstance(command, Save):
                yield from self._checkpoint()
            elif isinstance(command, Pause | Continue):
                self._paused = isinstance(command, Pause)
                yield Paused(self.step) if self._paused else Continued(self.step)
            elif isinstance(command, Kill):
                yield from self._kill(command.lane)
            elif isinstance(command, Keep):
                yield self._keep(command.lane)
            elif isinstance(command, Prune):
                yield self._prune(command.eta, command.rungs)
            elif isinstance(command, Promote):
                promotion = self._promotion(command)
                run, at = self.promote(promotion)
                yield LanePromoted(self.step, lane=promotion.row.lane, run=run, at=at)
            else:
                raise UsageError(f"{type(command).__name__} is no command of a sweep")
        except LrtuiError as error:
            yield CommandRejected(self.step, command=type(command).__name__.lower(), reason=error.sentence)

    def _kill(self, lane: int, replayed: bool = False) -> Iterator[SweepYielded]:
        self.book.training(lane)
        self.entries += 1
        yield from self.field.cut([lane], "killed", self.entries, replayed=replayed)

    def _keep(self, lane: int, replayed: bool = False) -> LaneKept:
        row = self.book.training(lane)
        self.book.lanes[lane].row = msgspec.structs.replace(row, kept=True)
        self.entries += 1
        return LaneKept(self.step, lane=lane, replayed=replayed)

    def _prune(self, eta: int, rungs: Sequence[int], replayed: bool = False) -> PruningChanged:
        check_eta(eta)
        rates, ahead = self.book.rates_left(), list(rungs)
        if eta and not ahead and not replayed:  # what was done is told with its rungs, be there none
            ahead = [self.step + rung for rung in default_rungs(rates, eta, self.total - self.step)]
        check_rungs(ahead, self.total)
        ahead = [rung for rung in ahead if rung > self.step]
        if eta and rungs and not ahead and not replayed:
            raise UsageError(f"every one of these rungs is behind: the sweep is at step {self.step:,}")
        self.book.prune(eta, ahead, rates)
        self.entries += 1
        return PruningChanged(self.step, eta=eta, rungs=list(self.book.rungs), replayed=replayed)

    def _promotion(self, command: Promote) -> Promotion:
        rows = self.book.table()
        number = command.lane
        if number is None:
            best = winner(rows) or self.book.leading()
            if best is None:
                raise UsageError("no lane is left to promote")
            number = best.lane
        if not 0 <= number < len(rows):
            raise UsageError(f"there is no lane {number}", f"Lanes are numbered 0 to {len(rows) - 1}.")
        return Promotion(rows[number], self.field.lane(number), command.name)
