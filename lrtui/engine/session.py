"""Training, as a generator: it steps, takes commands between two steps, and yields what happened.

A session knows no process, socket, screen or clock. Tests do `list(session.run())`; the host iterates it and writes
the run directory. What it yields are the frozen events of `lrtui.messages`, and `CheckpointDue` and `UndoDue`, which
ask whoever iterates to keep a copy of the state, and `Answered`, which closes a command that somebody waits for.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from lrtui.engine.experiment import Bench, experiment
from lrtui.engine.inbox import Inbox, Received
from lrtui.engine.live import Live
from lrtui.engine.observe import Observer
from lrtui.engine.rescue import CHECK_EVERY, Alarm, Rescue
from lrtui.engine.state import IDLE, Answered, CheckpointDue, Idle, UndoDue
from lrtui.engine.steering import Recall, Steering
from lrtui.engine.step import TrainStep
from lrtui.engine.stretch import Readings, next_stop, train_until
from lrtui.errors import LrtuiError
from lrtui.lr.ledger import Entry
from lrtui.messages import (
    CommandRejected,
    Confirm,
    Event,
    Find,
    Finished,
    RateChanged,
    Rewound,
    Sample,
    Save,
    ScriptDone,
    Stepped,
    Stop,
    Stopped,
    Warned,
    finite_or_none,
)

if TYPE_CHECKING:
    from lrtui.config.schema import Config
    from lrtui.lr.schedule import Schedule
    from lrtui.text.batches import Batch
    from lrtui.text.vocabulary import Vocabulary


Yielded = Event | CheckpointDue | UndoDue | Answered | Idle


class Session:
    """One run of one lane.

    `evaluation` holds the fixed batches of `train` and `val`; `schedule` is the one the run began with (default: the
    config's). `fresh` are new ledger entries for the first boundary, `replay` known ones to apply again at their steps
    (a resume, a replay); `automatic` is off in a replay: plateau cuts and rollbacks then come from the ledger alone.
    `pulse()` says when the losses should be read back; `recall(step, entries)` may find a state memory no longer holds.
    """

    def __init__(
        self,
        config: Config,
        train: TrainStep,
        vocabulary: Vocabulary,
        evaluation: Mapping[str, Sequence[Batch]],
        *,
        schedule: Schedule | None = None,
        fresh: Sequence[Entry] = (),
        replay: Sequence[Entry] = (),
        automatic: bool = True,
        pulse: Callable[[], bool] = lambda: False,
        recall: Recall = lambda step, entries: None,
    ) -> None:
        self.config, self.pulse = config, pulse
        self.replay, self._automatic = deque(replay), automatic
        self.fresh = deque(fresh)
        self.live = Live(config, train, schedule or config.lr_schedule())
        self.rescue = Rescue(self.live, math.log(vocabulary.size))
        self.steering = Steering(self.live, recall)
        self.observer = Observer(self.live, vocabulary, evaluation)
        self._bench = Bench(self.live, self.rescue.ln_v, evaluation["val"])
        self._readings = Readings()
        self._stop_cause: str | None = None
        self._kept: tuple[int, int] | None = None  # step and entries of the last state that is sure to be kept

    @property
    def automatic(self) -> bool:
        """Whether plateau and divergence decide now; while a known ledger is applied again, it has decided already."""
        return self._automatic and not self.replay

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
            end = next_stop(self.config.train, live.step, ends)
            train_until(end, live, self._readings, lambda: inbox.live or self.pulse())
            if not (yield from self._read_back()):
                yield from self._look()

    def _read_back(self) -> Generator[Yielded, None, bool]:
        """Read the losses since the last time; returns True when they meant divergence and training went back."""
        losses, norms, rates, update = self._readings.take()
        if not losses:
            return False
        first = self.live.step - len(losses)
        alarm = self.rescue.watch(losses, decide=not self.replay) if self._automatic else None
        acted = alarm is not None and alarm.action != "continue"
        if alarm is not None and acted:
            keep = alarm.index + 1
            losses, norms, rates = losses[:keep], norms[:keep], rates[:keep]
            self.live.step = first + keep
        yield Stepped(
            first,
            n=len(losses),
            loss=[finite_or_none(v) for v in losses],
            lr=rates,
            grad_norm=[finite_or_none(v) for v in norms],
            update=update,
        )
        if alarm is not None:
            yield from self._divergence(alarm, first + alarm.index + 1, losses[alarm.index])
        return acted

    def _divergence(self, alarm: Alarm, step: int, loss: float) -> Iterator[Yielded]:
        before = None
        for event in self.rescue.act(alarm, step, loss):
            if isinstance(event, Rewound):
                self.steering.forget_after(event.entries)
                self._went_back()
                before = self.live.capture()
            yield event
            if isinstance(event, RateChanged) and before is not None:
                self.steering.remember(before)
                yield UndoDue(before)
        if alarm.action == "stop":
            self._stop_cause = "diverged"

    def _look(self) -> Iterator[Yielded]:
        """What is due at this boundary: remember the good state, evaluate, sample, save."""
        t, step = self.config.train, self.live.step
        best = False
        if t.eval_every and step % t.eval_every == 0:
            evaluated = self.observer.evaluate()
            best = evaluated.best
            yield evaluated
            for cut in self.steering.plateau(evaluated.val_loss, self.automatic):
                yield cut
                yield UndoDue(self.steering.undoable[-1])
        if step % CHECK_EVERY == 0:
            self.rescue.remember()  # after the evaluation: what it noted is part of the state to go back to
        if t.sample_every and step % t.sample_every == 0:
            yield self.observer.sample(Sample())
        regular = bool(t.checkpoint_every) and step % t.checkpoint_every == 0
        if regular or best:
            yield self._checkpoint(best=best, optional=not regular)

    def _checkpoint(self, *, pinned: bool = False, best: bool = False, optional: bool = False) -> CheckpointDue:
        self._kept = None if optional else (self.live.step, len(self.live.progress.entries))
        best = best or self.live.progress.best_step == self.live.step
        return CheckpointDue(self.live.capture(), pinned=pinned, best=best, optional=optional)

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
            for item in self._command(received, inbox):
                yield item
                if isinstance(item, Event):
                    told.append(item)
            if received.asker is not None:
                yield Answered(received.asker, self.live.step, tuple(told))

    def _command(self, received: Received, inbox: Inbox) -> Iterator[Yielded]:
        command = received.command
        if isinstance(command, Stop):
            self._stop_cause = "stop" if received.cause in ("user", "script") else received.cause
        elif isinstance(command, Save):
            yield self._checkpoint(pinned=True)
        elif isinstance(command, Sample | Find | Confirm):
            try:
                if isinstance(command, Sample):
                    yield self.observer.sample(command)
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
                    self._went_back()
                    yield self._checkpoint()  # what memory alone knows, a plateau's count, outlives a kill
        if received.script is not None:
            yield ScriptDone(self.live.step, script=received.script)

    def _went_back(self) -> None:
        self.replay.clear()  # of the abandoned branch, in the log as here
        self.observer.forget()
        self._kept = None

    def _last_checkpoint(self) -> Iterator[Yielded]:
        if self._kept != (self.live.step, len(self.live.progress.entries)):
            yield self._checkpoint()

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
            yield Warned(step, message=f"{inbox.unreached} lines of the --at script were never reached")
        yield Finished(
            step,
            train_loss=evaluated.train_loss,
            val_loss=evaluated.val_loss,
            state_sha256=self.live.sha256(),
            seconds=0.0,
        )
