"""The range test on a live state: one batch a rate, and afterwards every bit is as it was.

The batches are those that training would use next, and a recurrent model carries its state on from where it is: the
test sees exactly what the next steps of this run would see. Nothing is taken from them by that, because a batch is a
pure function of its step; parameters, optimizer and carry are copied before and put back after, and progress, ledger
and rescue are never touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing

from lrtui.engine.live import Live
from lrtui.errors import UsageError
from lrtui.lr.range_plan import RangePlan, StopState, check, default_range, watch
from lrtui.lr.suggest import Refusal
from lrtui.lr.verdict import judge
from lrtui.messages import Event, Find, RangeStepped, RangeTested, finite_or_nones

READ_EVERY = 8  # points between two looks at the losses: seldom for a GPU's sake, often for the stop's
PROGRESS = 20  # how many times a test tells of itself at most


class RangeTest:
    """One test from the present state of `live`. `blocks` gives the raw losses; `stopped` says why it ended early."""

    def __init__(self, live: Live, plan: RangePlan, ln_v: float) -> None:
        self.live, self.plan, self.ln_v = live, plan, ln_v
        self.stopped = ""

    def blocks(self) -> Iterator[list[float]]:
        """Train point after point. However the iteration ends, `live` is then as it was."""
        train = self.live.train
        before, carry = train.capture(self.live.progress), train.carry
        try:
            state, done = StopState(), 0
            while done < self.plan.points and not self.stopped:
                block = self._losses(done, min(done + READ_EVERY, self.plan.points))
                done += len(block)
                for i, loss in enumerate(block):
                    state, self.stopped = watch(state, loss, self.ln_v)
                    if self.stopped:
                        del block[i + 1 :]
                yield block
        finally:
            train.restore(before)
            train.carry = carry  # the tensors themselves: no step writes into them

    def _losses(self, begin: int, end: int) -> list[float]:
        live, rates = self.live, [self.plan.lr(i) for i in range(begin, end)]
        momenta = [live.rate.momentum(live.step)] * len(rates)
        losses, _ = live.train.kernel.train(live.step + begin, rates, momenta)
        # six digits, as the event tells them: whoever judges the event again comes to the same verdict
        return [float(f"{loss:.6g}") for loss in losses.tolist()]


def find(
    live: Live,
    command: Find,
    ln_v: float,
    tell: Callable[[], bool] = lambda: False,
    interrupted: Callable[[], bool] = lambda: False,
) -> Iterator[Event]:
    """Carry out `command`: `RangeTested`, and before it what there is of it where `tell()` says that somebody waits.

    Raises UsageError for a range that cannot be, and where the test is `interrupted()`.
    """
    plan, losses = plan_of(live, command), list[float]()
    test = RangeTest(live, plan, ln_v)
    told = 0
    with closing(test.blocks()) as blocks:  # type: ignore[type-var]
        for block in blocks:
            losses += block
            if interrupted():
                raise UsageError(f"the range test gave way at point {len(losses)} of {plan.points}: the run is to stop")
            if len(losses) - told >= plan.points / PROGRESS and tell():
                yield _progress(live.step, plan, told, losses)
                told = len(losses)
    yield _tested(live, plan, losses, test)


def plan_of(live: Live, command: Find) -> RangePlan:
    """The rates that `command` asks for; what it leaves out is the model's and the optimizer's. Raises UsageError."""
    low, high = default_range(live.config.model.kind, live.config.optim.kind)
    return check(
        RangePlan(
            low=low if command.low is None else command.low,
            high=high if command.high is None else command.high,
            points=command.points,
            linear=command.linear,
        )
    )


def _progress(step: int, plan: RangePlan, first: int, losses: list[float]) -> RangeStepped:
    return RangeStepped(
        step,
        low=plan.low,
        high=plan.high,
        points=plan.points,
        linear=plan.linear,
        first=first,
        losses=finite_or_nones(losses[first:]),
    )


def _tested(live: Live, plan: RangePlan, losses: list[float], test: RangeTest) -> RangeTested:
    horizon = max(1, live.rate.total - live.step)
    verdict = judge(plan, losses, horizon, test.ln_v)
    refusals = {name: answer.sentence for name, answer in verdict.rules.items() if isinstance(answer, Refusal)}
    return RangeTested(
        live.step,
        low=plan.low,
        high=plan.high,
        points=plan.points,
        linear=plan.linear,
        losses=finite_or_nones(losses),
        stopped=test.stopped,
        horizon=horizon,
        suggestion=verdict.suggestion,
        band=verdict.band,
        rules={name: None if isinstance(answer, Refusal) else answer for name, answer in verdict.rules.items()},
        refusals=refusals,
        refusal=verdict.refusal.sentence if verdict.refusal else "",
        remedy=verdict.refusal.remedy if verdict.refusal else "",
    )
