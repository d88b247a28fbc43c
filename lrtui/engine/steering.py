"""The hand on the rate: commands become ledger entries, and the last one can be undone exactly."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from lrtui.config.schedule_words import new_shape
from lrtui.engine.inbox import Received
from lrtui.engine.live import Live
from lrtui.engine.state import Snapshot
from lrtui.errors import LrtuiError, UsageError
from lrtui.lr import ledger, plateau
from lrtui.lr.ledger import Entry
from lrtui.messages import (
    Command,
    CommandRejected,
    Continue,
    Continued,
    CoolDown,
    Decay,
    Event,
    Extend,
    Hold,
    Pause,
    Paused,
    RateChanged,
    Release,
    ResetOptimizer,
    Reshape,
    Rewound,
    Scale,
    SetRate,
    Step,
    Undo,
)

UNDO_BYTES = 64 << 20  # undo snapshots kept in memory; the newest is kept whatever its size

Recall = Callable[[int, int], Snapshot | None]


class Steering:
    """Carries out the commands that change the rate or the pace of `live`."""

    def __init__(self, live: Live, recall: Recall) -> None:
        self.live, self.recall = live, recall
        self.undoable: list[Snapshot] = []
        self.pause_at = math.inf
        self._told_pause = math.inf

    @property
    def paused(self) -> bool:
        return self.live.step >= self.pause_at

    def tell_pause(self) -> Iterator[Event]:
        """Say that training is paused, once a pause."""
        if self._told_pause != self.pause_at:
            self._told_pause = self.pause_at
            yield Paused(self.live.step)

    def carry_out(self, received: Received) -> Iterator[Event]:
        """Do what `received` asks, and tell; a command that cannot be done is rejected in a sentence."""
        try:
            match received.command:
                case Pause():
                    self.pause_at = self.live.step
                case Step(steps=n):
                    self.pause_at = self.live.step + n
                case Continue():
                    self.pause_at = self._told_pause = math.inf
                    yield Continued(self.live.step)
                case Undo():
                    yield self._undo(received)
                case command:
                    yield from self.apply(self._entry(command, received.cause), script=received.script)
        except LrtuiError as error:
            yield CommandRejected(
                self.live.step, command=type(received.command).__name__.lower(), reason=error.sentence
            )

    def apply(self, entry: Entry, *, replayed: bool = False, script: int | None = None) -> Iterator[RateChanged]:
        """Apply `entry`, after keeping the state before it for its undo."""
        self.remember(self.live.capture())
        yield self.live.apply(entry, replayed=replayed, script=script)

    def plateau(self, val_loss: float | None, automatic: bool) -> Iterator[RateChanged]:
        """Cut the rate when validation no longer improves, where the schedule says so; the cut is a ledger entry."""
        live, schedule = self.live, self.live.rate.schedule
        if schedule.kind != "plateau" or val_loss is None:
            return
        state, cut = plateau.update(live.progress.plateau, val_loss, schedule)
        live.progress = live.progress.at(plateau=state)
        if cut and automatic:
            yield from self.apply(ledger.scale(live.rate, live.step, schedule.factor, "plateau"))

    def remember(self, before: Snapshot) -> None:
        """Keep the state before a change for its undo, and drop the oldest that no longer fit."""
        self.undoable.append(before)
        while len(self.undoable) > 1 and sum(s.nbytes() for s in self.undoable) > UNDO_BYTES:
            del self.undoable[0]

    def forget_after(self, entries: int) -> None:
        """Drop the undo states of changes that a rewind has taken back: those past the first `entries`."""
        self.undoable = [s for s in self.undoable if len(s.progress.entries) < entries]

    def _undo(self, received: Received) -> Event:
        live = self.live
        kept = ledger.kept_by_undo(live.progress.entries)
        last = live.progress.entries[kept]
        in_memory = (s for s in reversed(self.undoable) if len(s.progress.entries) == kept)
        before = next(in_memory, None) or self.recall(last.step, kept)
        if before is None:
            raise UsageError(
                f"the state before the change at step {last.step} is no longer kept",
                "Resume from an older checkpoint: lrtui resume RUN --from STEP.",
            )
        step, paused = live.step, self.paused
        self.forget_after(kept)
        live.restore(before)
        if paused:
            self.pause_at = live.step
        return Rewound(step, to=live.step, entries=kept, cause="undo", script=received.script)

    def _entry(self, command: Command, cause: str) -> Entry:
        rate, step = self.live.rate, self.live.step
        match command:
            case Decay():
                return ledger.scale(rate, step, self.live.config.train.decay_factor, cause)
            case Scale(factor=factor):
                return ledger.scale(rate, step, factor, cause)
            case SetRate(lr=lr):
                return ledger.set_rate(rate, step, lr, cause)
            case Hold():
                return ledger.hold(rate, step, cause)
            case Release():
                return ledger.release(rate, step, cause)
            case CoolDown(steps=steps, shape=shape):
                return ledger.cool_down(rate, step, steps, shape, cause)
            case Extend(steps=steps, schedule=mode):
                return ledger.extend(rate, step, steps, mode, cause)
            case Reshape(schedule=keys):
                settings, left = self.live.config.model_dump(exclude_none=True), rate.pieces[-1].planned - step
                return ledger.reshape(rate, step, new_shape(settings, keys, step, rate(step), left), cause)
            case ResetOptimizer():
                if not self.live.train.optimizer.buffers:
                    raise UsageError("plain SGD has no state to throw away", "optim.momentum, adam and adamw have.")
                return ledger.reset(step, cause)
        raise UsageError(f"{type(command).__name__} is no command of a run")
