"""What training does by itself, from boundary to boundary: it steps, reads back, falls back, looks around and saves."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from lrtui.engine.experiment import Bench
from lrtui.engine.live import Live
from lrtui.engine.observe import Observer
from lrtui.engine.rescue import CHECK_EVERY, Alarm, Rescue
from lrtui.engine.state import Answered, CheckpointDue, Idle, UndoDue
from lrtui.engine.steering import Recall, Steering
from lrtui.engine.step import TrainStep
from lrtui.engine.stretch import Readings, next_stop, train_until
from lrtui.lr.ledger import Entry
from lrtui.messages import Event, RateChanged, Rewound, Sample, Stepped, finite_or_nones

if TYPE_CHECKING:
    from lrtui.config.schema import Config
    from lrtui.lr.schedule import Schedule
    from lrtui.text.batches import Batch
    from lrtui.text.vocabulary import Vocabulary


Yielded = Event | CheckpointDue | UndoDue | Answered | Idle


class Course:
    """One run of one lane, without a hand on it: a `Session` adds the commands, a race tries several courses in turn.

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
        self.kept: tuple[int, int] | None = None  # step and entries of the last state that is sure to be kept

    @property
    def automatic(self) -> bool:
        """Whether plateau and divergence decide now; while a known ledger is applied again, it has decided already."""
        return self._automatic and not self.replay

    def advance(self, end: float, interrupted: Callable[[], bool]) -> Iterator[Yielded]:
        """Train to the next boundary at which something is due, at most to `end`, or until `interrupted()`; see to it.

        At least one step is trained.
        """
        stop = next_stop(self.config.train, self.live.step, (end,))
        train_until(stop, self.live, self._readings, interrupted)
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
            loss=finite_or_nones(losses),
            lr=rates,
            grad_norm=finite_or_nones(norms),
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
                self.went_back()
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
            yield self.checkpoint(best=best, optional=not regular)

    def checkpoint(self, *, pinned: bool = False, best: bool = False, optional: bool = False) -> CheckpointDue:
        """Ask for a copy of this state to be kept."""
        self.kept = None if optional else (self.live.step, len(self.live.progress.entries))
        best = best or self.live.progress.best_step == self.live.step
        return CheckpointDue(self.live.capture(), pinned=pinned, best=best, optional=optional)

    def went_back(self) -> None:
        """Training stands at an earlier step: what was to come, or was seen, was of another branch."""
        self.replay.clear()  # of the abandoned branch, in the log as here
        self.observer.forget()
        self.kept = None
