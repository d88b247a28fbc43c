"""Divergence: see it in the losses, and go back to the last good state before the weights are lost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lrtui.engine.live import Live
from lrtui.lr import divergence, ledger
from lrtui.messages import Diverged, Event, Rewound, finite_or_none

CHECK_EVERY = 100  # steps between two looks at whether the state is worth falling back to
MAX_ROLLBACKS = 3
ROLLBACK_FACTOR = 0.5


@dataclass(frozen=True)
class Alarm:
    """Divergence was seen in the loss at `index` of a block; `action` is rollback, stop or continue."""

    index: int
    reason: str
    action: str


class Rescue:
    """Watches the training losses of `live`, keeps its good state, and falls back to it.

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
        state, alarm = self.live.progress.divergence, None
        for i, loss in enumerate(losses):
            state, reason = divergence.update(state, loss, self.ln_v)
            if reason is not None and decide and not self._told:
                alarm = Alarm(i, reason, self._action())
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
        before = live.step
        live.restore(live.good)
        yield Rewound(before, to=live.step, entries=len(live.progress.entries), cause="rollback")
        if alarm.action == "rollback":
            yield live.apply(ledger.scale(live.rate, live.step, ROLLBACK_FACTOR, "rollback"))
            live.remember_good()  # with the cut in its ledger: a second rollback cuts again
