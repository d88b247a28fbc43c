"""What experiments have found of one state: the newest range test and its confirmation, folded from events alone.

Whoever asked for them, and whether they are under way, interrupted or long over: the same events tell. No Textual here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

from lrtui.lr.range_plan import HIGHEST, LOWEST, MOST_POINTS, RangePlan
from lrtui.messages import (
    CommandRejected,
    Confirmed,
    ConfirmStepped,
    Event,
    Find,
    RangeStepped,
    RangeTested,
    RunResumed,
    RunStarted,
)
from lrtui.range_charts import plan_of

#: what an experiment is called in commands, and in words
Kind = Literal["", "find", "confirm"]
NAMES: dict[Kind, str] = {"": "experiment", "find": "range test", "confirm": "confirmation"}
Losses = tuple[float | None, ...]
#: an end of a range that a refusal calls too near is moved by so many times, points grow by so many
_FARTHER, _MORE = 100.0, 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A confirmation as far as it has come: `curves` in points of `every` steps, one for each of `rates`, ascending.

    `ended` is its verdict, None while it goes on, or where it was interrupted.
    """

    step: int
    steps: int
    every: int
    rates: tuple[float, ...]
    curves: tuple[Losses, ...]
    ended: Confirmed | None = None

    @property
    def done(self) -> int:
        """Steps trained so far."""
        return min(self.steps, self.every * max(map(len, self.curves), default=0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """The newest range test, taken at `step`, and the confirmation that came after it.

    `tested` is its verdict, None while it goes on, or where it was interrupted; `running` is what is under way, and
    `refused` why the newest experiment could not be, or did not come to its end. `lowest` is the lower end of a test
    that asks for a lower one, None of any other, and `in_vain` tells that the one before had asked for that already.
    """

    step: int = 0
    plan: RangePlan | None = None
    losses: Losses = ()
    tested: RangeTested | None = None
    trial: Trial | None = None
    running: Kind = ""
    refused: str = ""
    lowest: float | None = None
    in_vain: bool = False

    def after(self, event: Event) -> Self:
        """And then `event`."""
        match event:
            case RangeStepped():
                return self._stepped(event)
            case RangeTested():
                return self._tested(event)
            case ConfirmStepped():
                return replace(self, trial=_trial(self, event), running="confirm", refused="")
            case Confirmed():
                return replace(self, trial=_trial(self, event), **_OVER)
            case CommandRejected(command="find" | "confirm"):
                return replace(self, running="", refused=event.reason)
            case RunResumed() | RunStarted():
                return self.interrupted()
            case _:
                return self

    def interrupted(self) -> Self:
        """Nobody goes on with what was under way."""
        if not self.running:
            return self
        return replace(self, running="", refused=f"the worker ended before the {NAMES[self.running]} did")

    @property
    def offer(self) -> float | None:
        """The rate to apply: the confirmation's winner, or else what the test suggests. None while it may change."""
        if self.running:
            return None
        if self.trial is not None and self.trial.ended is not None:
            return self.trial.ended.winner
        return self.tested.suggestion if self.tested is not None else None

    @property
    def advice(self) -> Find | None:
        """The test that a refusal asks for: farther up, farther down or with more points; None where there is none."""
        plan, tested = self.plan, self.tested
        if self.running or plan is None or tested is None or tested.suggestion is not None:
            return None
        low, high, points = plan.low, plan.high, plan.points
        match tested.remedy:
            case "raise":
                high = min(HIGHEST, _round(high * _FARTHER))
            case "lower" if not self.in_vain:
                low = max(LOWEST, _round(low / _FARTHER))
            case "points":
                points = min(MOST_POINTS, points * _MORE)
        if (low, high, points) == (plan.low, plan.high, plan.points):
            return None
        return Find(low, high, points, plan.linear)

    def find(self, otherwise: Find) -> Find:
        """The command of the newest test, so that it can be done again."""
        plan = self.plan
        return otherwise if plan is None else Find(plan.low, plan.high, plan.points, plan.linear)

    def _tested(self, event: RangeTested) -> Self:
        lowest = event.low if event.remedy == "lower" else None
        return replace(
            self,
            step=event.step,
            plan=plan_of(event),
            losses=tuple(event.losses),
            tested=event,
            trial=None,
            lowest=lowest,
            in_vain=lowest is not None and self.lowest is not None and lowest < self.lowest,
            **_OVER,
        )

    def _stepped(self, event: RangeStepped) -> Self:
        plan = plan_of(event)
        begins = not event.first or plan != self.plan or self.running != "find"
        before: Losses = () if begins else self.losses[: event.first]
        missing: Losses = (None,) * (event.first - len(before))  # a line that could not be read
        losses = (*before, *missing, *event.losses)
        return replace(
            self, step=event.step, plan=plan, losses=losses, tested=None, trial=None, running="find", refused=""
        )


#: an experiment has come to its end
_OVER: dict[str, Any] = {"running": "", "refused": ""}


def fold(findings: Findings, events: Iterable[Event], *, over: bool) -> Findings:
    """The findings after these events; `over`: nobody is there to go on with an experiment."""
    for event in events:
        findings = findings.after(event)
    return findings.interrupted() if over else findings


def _trial(before: Findings, event: ConfirmStepped | Confirmed) -> Trial:
    curves = tuple(map(tuple, event.curves))
    if isinstance(event, ConfirmStepped) and event.first and before.trial is not None:
        curves = joined(before.trial.curves, event.first, curves)
    return Trial(
        step=event.step,
        steps=event.steps,
        every=event.every,
        rates=tuple(event.rates),
        curves=curves,
        ended=event if isinstance(event, Confirmed) else None,
    )


def joined(before: Sequence[Losses], first: int, curves: Sequence[Losses]) -> tuple[Losses, ...]:
    """Curves that are known up to point `first`, and what follows; one that was lost has ended before."""
    if len(before) != len(curves):
        return tuple(curves)
    return tuple((*known[:first], *more) for known, more in zip(before, curves, strict=True))


def _round(rate: float) -> float:
    """Without the dust of a multiplication."""
    return float(f"{rate:.3g}")
