"""The live state of a run: what trains, at which step, at which rate."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lrtui.engine.state import Snapshot
from lrtui.engine.step import TrainStep
from lrtui.lr.ledger import Entry, Rate, fold
from lrtui.lr.schedule import Schedule
from lrtui.messages import RateChanged
from lrtui.runs.checkpoints import Progress

if TYPE_CHECKING:
    from lrtui.config.schema import Config


class Live:
    """Tensors (in `train`), the next `step`, the `rate` (the ledger folded), and the rest of the `progress`.

    `schedule` is what the ledger is folded over; `good` is the last good state, which a divergence rolls back to.
    """

    def __init__(self, config: Config, train: TrainStep, schedule: Schedule) -> None:
        self.config, self.train, self.schedule = config, train, schedule
        self.progress = Progress()
        self.step = 0
        self.rate = Rate.of(schedule)
        self.good: Snapshot | None = None

    def capture(self) -> Snapshot:
        """A copy of everything, as of this step boundary."""
        snapshot = self.train.capture(self.progress.at(step=self.step))
        if self.good is None or self.good.progress == snapshot.progress:
            return snapshot
        return replace(snapshot, good=self.good)

    def remember_good(self) -> None:
        """This state is the one to fall back to."""
        self.good = None
        self.good = self.capture()

    def restore(self, snapshot: Snapshot, weights_only: bool = False) -> None:
        """Become `snapshot`; `weights_only` keeps a fresh optimizer."""
        self.train.restore(snapshot, weights_only)
        self.progress, self.step = snapshot.progress, snapshot.step
        self.rate = fold(self.schedule, self.progress.entries)
        if weights_only:
            self.remember_good()  # the snapshot has no optimizer to fall back to
        else:
            self.good = snapshot.good or snapshot

    def apply(self, entry: Entry, *, replayed: bool = False, script: int | None = None) -> RateChanged:
        """Write `entry` into the ledger, do what it says, and tell what it does to the rate of this step."""
        old = self.rate(self.step)
        if entry.kind == "reset":
            self.train.reset_optimizer()
        self.rate = self.rate.apply(entry)
        self.progress = self.progress.at(entries=(*self.progress.entries, entry))
        return RateChanged(
            self.step,
            entry=entry,
            old=old,
            new=self.rate(self.step),
            cause=entry.cause,
            replayed=replayed,
            script=script,
        )

    def sha256(self) -> str:
        return self.train.sha256()
