"""The books of a sweep: how each lane stands, its rate, and which of them a rung ends. No tensors here."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import msgspec

from lrtui.engine.lanes import LaneTensors
from lrtui.engine.sweep_state import LaneRecord, SweepMeta, SweepState
from lrtui.errors import UsageError
from lrtui.lr import divergence, ledger, plateau
from lrtui.lr.halving import places, pruned, standing
from lrtui.lr.ledger import Rate, fold
from lrtui.messages import LaneRow, finite_or_none
from lrtui.runs.checkpoints import Progress
from lrtui.runs.sweeps import SweepPlan

if TYPE_CHECKING:
    from lrtui.config.schema import Config


@dataclass
class Lane:
    """One lane: its row of the table, its rate as a function of the step, its progress as a run has it."""

    row: LaneRow
    rate: Rate
    progress: Progress
    reason: str = ""  # why it is lost


class LaneBook:
    """Every lane of `plan`, as a sweep begins or as `state` has it."""

    def __init__(self, plan: SweepPlan, config: Config, ln_v: float, state: SweepState | None = None) -> None:
        self.plan, self.config, self.ln_v = plan, config, ln_v
        self.eta, self.rungs, self.counted = plan.eta, list(plan.rungs), len(plan.rates)
        records = [LaneRecord(row=row, progress=Progress()) for row in plan.rows()]
        if state is not None:
            meta = state.meta
            self.eta, self.rungs, self.counted = meta.eta, list(meta.rungs), meta.counted
            records = meta.lanes
        self.lanes = [self._lane(record) for record in records]

    def _lane(self, record: LaneRecord) -> Lane:
        schedule = replace(self.config.lr_schedule(), base=record.row.rate)
        return Lane(record.row, fold(schedule, record.progress.entries), record.progress)

    def state(self, step: int, entries: int, packs: list[tuple[tuple[int, ...], LaneTensors]]) -> SweepState:
        """The books and the tensors together."""
        meta = SweepMeta(
            step=step,
            entries=entries,
            eta=self.eta,
            rungs=list(self.rungs),
            counted=self.counted,
            lanes=[LaneRecord(row=lane.row, progress=lane.progress) for lane in self.lanes],
            packs=[list(lanes) for lanes, _ in packs],
            updates=[tensors.updates for _, tensors in packs],
        )
        return SweepState(meta, tuple(packs))

    # -- what happens to lanes ------------------------------------------------------------------------------------

    def read(self, number: int, losses: Sequence[float]) -> int:
        """Fold a lane's training losses; how many of them count: all, or up to the one that lost it."""
        lane = self.lanes[number]
        before = lane.progress.step
        state, n, reason = divergence.fold(lane.progress.divergence, losses, self.ln_v)
        lane.progress = lane.progress.at(divergence=state, step=before + n)
        changes: dict[str, object] = {"loss": None if state.smooth is None else finite_or_none(state.smooth)}
        if reason is not None:
            lane.reason = reason
            changes |= {"state": "diverged", "died": before + n}
        lane.row = msgspec.structs.replace(lane.row, **changes)
        return n

    def evaluated(self, number: int, loss: float, step: int, seen: bool = True) -> bool:
        """Note a lane's validation loss; True where that cut its rate, as a plateau does that has `seen` it."""
        lane, schedule = self.lanes[number], self.lanes[number].rate.schedule
        lane.row = msgspec.structs.replace(lane.row, val=finite_or_none(loss))
        progress, cut = lane.progress, False
        if math.isfinite(loss) and (progress.best is None or loss < progress.best):
            progress = progress.at(best=loss, best_step=step)
        if seen and schedule.kind == "plateau" and math.isfinite(loss) and step % self.config.train.eval_every == 0:
            state, cut = plateau.update(progress.plateau, loss, schedule)
            progress = progress.at(plateau=state)
            if cut:
                entry = ledger.scale(lane.rate, step, schedule.factor, "plateau")
                lane.rate = lane.rate.apply(entry)
                progress = progress.at(entries=(*progress.entries, entry))
        lane.progress = progress
        return cut

    def leave(self, number: int, state: str, step: int, rung: int | None) -> None:
        """A lane trains no more."""
        lane = self.lanes[number]
        lane.row = msgspec.structs.replace(lane.row, state=state, died=step, rung=rung)

    # -- rungs ----------------------------------------------------------------------------------------------------

    def prune(self, eta: int, rungs: Sequence[int], counted: int) -> None:
        """Another pruning from here: of `counted` rates."""
        self.eta, self.rungs, self.counted = eta, list(rungs), counted

    def rung(self, step: int) -> tuple[list[int], int]:
        """The lanes that end at the rung of this step, and its number, counted from 1."""
        number = self.rungs.index(step) + 1
        if not self.eta:
            return [], number
        losses, lost, kept = self._by_rate()
        ended = set(pruned(losses, lost, kept, places(self.counted, self.eta, number)))
        return [lane.row.lane for lane in self._training() if lane.row.rate in ended], number

    def _by_rate(self) -> tuple[dict[float, list[float]], dict[float, int], frozenset[float]]:
        losses: dict[float, list[float]] = {}
        for lane in self._training():
            losses.setdefault(lane.row.rate, []).append(math.inf if lane.row.loss is None else lane.row.loss)
        lost = dict.fromkeys(losses, 0)
        for lane in self.lanes:
            if lane.row.state == "diverged" and lane.row.rate in lost:
                lost[lane.row.rate] += 1
        return losses, lost, frozenset(lane.row.rate for lane in self._training() if lane.row.kept)

    def _training(self) -> list[Lane]:
        return [lane for lane in self.lanes if lane.row.state == "training"]

    def rates_left(self) -> int:
        """How many rates still train."""
        return len({lane.row.rate for lane in self._training()})

    # -- rows -----------------------------------------------------------------------------------------------------

    def training(self, number: int) -> LaneRow:
        """The row of a lane that trains. Raises UsageError for one that does not, or is none."""
        if not 0 <= number < len(self.lanes):
            raise UsageError(f"there is no lane {number}", f"Lanes are numbered 0 to {len(self.lanes) - 1}.")
        row = self.lanes[number].row
        if row.state != "training":
            raise UsageError(f"lane {number} trains no more: it was {row.state} at step {row.died}")
        return row

    def leading(self) -> LaneRow | None:
        """The lane with the least smoothed loss of the rate that stands best now."""
        losses, lost, _ = self._by_rate()
        for lr in standing(losses, lost):
            rows = [lane.row for lane in self._training() if lane.row.rate == lr and lane.row.loss is not None]
            if rows:
                return min(rows, key=lambda row: (row.loss, row.lane))
        return None

    def table(self, done: bool = False) -> list[LaneRow]:
        """Every lane; `done`: those that still train have come to the end."""
        rows = [lane.row for lane in self.lanes]
        return [msgspec.structs.replace(row, state="done") if done and row.state == "training" else row for row in rows]
