"""Divergence: see it in the losses, and go back to the last good state before the weights are lost."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

from lrtui.engine.live import Live
from lrtui.engine.range_test import find
from lrtui.lr import divergence, ledger
from lrtui.messages import Diverged, Event, Find, RangeTested, Rewound, finite_or_none

CHECK_EVERY = 100  # steps between two looks at whether the state is worth falling back to
MAX_ROLLBACKS = 3
ROLLBACK_FACTOR = 0.5
MOST_CUT = 1e-4  # a range test may say so of a rate far too high, but no rollback cuts more than this
LOOK_AHEAD = 200  # points of the schedule in which its highest rate is looked for


@dataclass(frozen=True)
class Alarm:
    """Divergence was seen in the loss at `index` of a block; `action` is rollback, stop or continue."""

    index: int
    reason: str
    action: str


class Rescue:
    """Watches the training losses of `live`, keeps its good state, and falls back to it.

    A rollback halves the rate, or cuts it to half of what a range test from the good state suggests, where that is
    lower: three cuts must do for a rate that is any number of times too high.

    Everything here is a function of the losses and of fixed steps, never of the clock, so that a resumed run is
    rescued at the same step, from the same state, as one that was never stopped.
    """

    def __init__(self, live: Live, ln_v: float) -> None:
        self.live, self.ln_v = live, ln_v
        self._told = False  # one alarm per divergence when told to go on

    def watch(self, losses: Sequence[float], decide: bool) -> Alarm | None:
        """Fold `losses` into the state and tell of a divergence; one that is acted on ends the fold.

        `decide` is off while a known ledger is applied again: what was to be decided has been.
        """
        state, alarm, done = self.live.progress.divergence, None, 0
        while done < len(losses):
            begin = done
            state, done, reason = divergence.fold(state, losses, self.ln_v, begin)
            self._told = self._told and done == begin + 1  # a sound loss before this one has ended the last divergence
            if reason is not None and decide and not self._told:
                alarm = Alarm(done - 1, reason, self._action())
                if alarm.action != "continue":
                    break
            self._told = reason is not None
        self.live.progress = self.live.progress.at(divergence=state)
        return alarm

    def remember(self) -> None:
        """At a fixed step: this state is the one to fall back to, if it is a good one."""
        if self.live.good is None or divergence.is_healthy(self.live.progress.divergence):
            self.live.remember_good()

    def _action(self) -> str:
        wanted: str = self.live.config.train.on_diverge
        rollbacks = sum(entry.cause == "rollback" for entry in self.live.progress.entries)
        return "stop" if wanted == "rollback" and rollbacks >= MAX_ROLLBACKS else wanted

    def act(self, alarm: Alarm, step: int, loss: float) -> Iterator[Event]:
        """Say what happened before `step` and do what is done about it; a stop, too, leaves the last good state."""
        live = self.live
        yield Diverged(step, loss=finite_or_none(loss), reason=alarm.reason, action=alarm.action)
        if alarm.action == "continue":
            return
        assert live.good is not None
        before, rate = live.step, live.rate
        live.restore(live.good)
        yield Rewound(before, to=live.step, entries=len(live.progress.entries), cause="rollback")
        if alarm.action == "rollback":
            # going back may have dropped the very edit that was too much: the rate of before needs no test
            milder = live.rate(before - 1) < ROLLBACK_FACTOR * rate(before - 1)
            factor = ROLLBACK_FACTOR if milder else (yield from self._cut())
            yield live.apply(ledger.scale(live.rate, live.step, factor, "rollback"))
            live.remember_good()  # with the cut in its ledger: a second rollback cuts again

    def _cut(self) -> Generator[Event, None, float]:
        """Half the rate, or half of what a range test on the state gone back to suggests, where that is lower.

        Halving alone would need seven rollbacks from a rate that is a hundred times too high.
        """
        live, suggestion = self.live, None
        for event in find(live, Find(), self.ln_v):
            if isinstance(event, RangeTested):
                suggestion = event.suggestion
                yield event
        ahead = max((lr for _, lr in live.rate.curve(live.step, LOOK_AHEAD)), default=0.0)
        if suggestion is None or not ahead > 0.0:
            return ROLLBACK_FACTOR
        return max(MOST_CUT, min(ROLLBACK_FACTOR, float(f"{ROLLBACK_FACTOR * suggestion / ahead:.2g}")))
