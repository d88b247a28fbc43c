"""Training, as a generator: it steps, takes commands between two steps, and yields what happened.

A session knows no process, socket, screen or clock. Tests do `list(session.run())`; the host iterates it and writes
the run directory. What it yields are the frozen events of `lrtui.messages`, and `CheckpointDue` and `UndoDue`, which
ask whoever iterates to keep a copy of the state, and `Answered`, which closes a command that somebody waits for.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from lrtui.engine.course import Course, Yielded
from lrtui.engine.experiment import experiment
from lrtui.engine.inbox import Inbox, Received
from lrtui.engine.race import race
from lrtui.engine.state import IDLE, Answered, UndoDue
from lrtui.errors import LrtuiError
from lrtui.messages import (
    CommandRejected,
    Confirm,
    DropRace,
    Event,
    Find,
    Finished,
    KeepLane,
    Race,
    RateChanged,
    Rewound,
    Sample,
    Save,
    ScriptDone,
    Stop,
    Stopped,
    Warned,
)


class Session(Course):
    """A course with a hand on it: it takes commands at every boundary, pauses, and ends."""

    def run(self, inbox: Inbox | None = None) -> Iterator[Yielded]:
        """Train to the end of the ledger's total, or to a Stop."""
        inbox = inbox or Inbox()
        live = self.live
        if live.good is None:
            live.remember_good()
        while True:
            yield from self._commands(inbox)
            if self._stop_cause is not None:
                yield from self._last_checkpoint()
                yield Stopped(live.step, cause=self._stop_cause, state_sha256=live.sha256(), resume="")
                return
            if live.step >= live.rate.total:
                yield from self._finish(inbox)
                return
            if self.steering.paused:
                yield from self.steering.tell_pause()
                yield IDLE
                if not inbox.wait():
                    self._stop_cause = "pause"  # nobody is there to continue: save and end
                continue
            replay = self.replay[0].step if self.replay else math.inf
            ends = (live.rate.total, self.steering.pause_at, inbox.next_scripted, replay)
            yield from self.advance(min(ends), lambda: inbox.live or self.pulse())

    def _commands(self, inbox: Inbox) -> Iterator[Yielded]:
        """Apply what is due at this boundary: the ledger of before first, then the script, then people."""
        for entries, replayed in ((self.replay, True), (self.fresh, False)):
            while entries and entries[0].step <= self.live.step:
                entry = entries.popleft()
                yield from self.steering.apply(entry, replayed=replayed)
                if entry.cause == "rollback":
                    self.live.remember_good()  # as the rescue did when it made this entry
                yield UndoDue(self.steering.undoable[-1])
        while self._stop_cause is None and (received := inbox.take(self.live.step)) is not None:
            told: list[Event] = []
            answered = False  # a race tells whoever asked for it when it is run, not when it is decided
            for item in self._command(received, inbox):
                yield item
                if isinstance(item, Event):
                    told.append(item)
                answered = answered or (isinstance(item, Answered) and item.asker == received.asker)
            if received.asker is not None and not answered:
                yield Answered(received.asker, self.live.step, tuple(told))

    def _command(self, received: Received, inbox: Inbox) -> Iterator[Yielded]:
        command = received.command
        if isinstance(command, Stop):
            self._stop_cause = "stop" if received.cause in ("user", "script") else received.cause
        elif isinstance(command, Save):
            yield self.checkpoint(pinned=True)
        elif isinstance(command, Sample | Find | Confirm | Race | KeepLane | DropRace):
            try:
                if isinstance(command, Sample):
                    yield self.observer.sample(command)
                elif isinstance(command, Race | KeepLane | DropRace):
                    yield from race(self, received, inbox)
                else:
                    yield from experiment(self._bench, command, self.pulse, lambda: inbox.stopping)
            except LrtuiError as error:
                yield CommandRejected(self.live.step, command=type(command).__name__.lower(), reason=error.sentence)
        else:
            for event in self.steering.carry_out(received):
                yield event
                if isinstance(event, RateChanged):
                    yield UndoDue(self.steering.undoable[-1])
                elif isinstance(event, Rewound):
                    self.went_back()
                    yield self.checkpoint()  # what memory alone knows, a plateau's count, outlives a kill
        if received.script is not None:
            yield ScriptDone(self.live.step, script=received.script)

    def _last_checkpoint(self) -> Iterator[Yielded]:
        if self.kept != (self.live.step, len(self.live.progress.entries)):
            yield self.checkpoint()

    def _finish(self, inbox: Inbox) -> Iterator[Yielded]:
        """A last evaluation (plateau does not see it: the run may go on), a sample, a checkpoint."""
        step, evaluated = self.live.step, self.observer.current
        if evaluated is None:
            evaluated = self.observer.evaluate()
            yield evaluated
        if not self.config.train.sample_every or step % self.config.train.sample_every:
            yield self.observer.sample(Sample())
        yield from self._last_checkpoint()
        if inbox.unreached:
            lines = "1 line of it was" if inbox.unreached == 1 else f"{inbox.unreached} lines of it were"
            yield Warned(step, message=f"the --at script goes beyond step {step:,}: {lines} never reached")
        yield Finished(
            step,
            train_loss=evaluated.train_loss,
            val_loss=evaluated.val_loss,
            state_sha256=self.live.sha256(),
            seconds=0.0,
        )
