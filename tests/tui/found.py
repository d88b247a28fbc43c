"""What an experiment tells, made by hand: a range test that suggests 1e-2, one that refuses, and a confirmation."""

from typing import Any

import msgspec

from lrtui.lr.range_plan import RangePlan
from lrtui.messages import CommandRejected, Confirmed, ConfirmStepped, Event, RangeStepped, RangeTested
from lrtui.tui.findings import Findings, fold
from tests.lr.test_consensus import curve

PLAN = RangePlan(low=1e-6, high=1.0, points=100)
LOSSES: list[float | None] = [float(f"{loss:.6g}") for loss in curve(PLAN)[:95]]
RATES = [5e-3, 1e-2, 2e-2]


def stepped(first: int, end: int, step: int = 400) -> RangeStepped:
    """The points `first` … `end` of the test, as they come."""
    return RangeStepped(
        step, low=PLAN.low, high=PLAN.high, points=PLAN.points, linear=False, first=first, losses=LOSSES[first:end]
    )


TESTED = RangeTested(
    step=400,
    low=PLAN.low,
    high=PLAN.high,
    points=PLAN.points,
    linear=False,
    losses=LOSSES,
    stopped="the loss rose from 2.20 to 9.10, more than fourfold",
    horizon=600,
    suggestion=1e-2,
    band=(5e-3, 2e-2),
    rules={
        "consensus": 1e-2,
        "valley": 5e-3,
        "minimum": 5e-2,
        "slide": None,
        "steep": 2e-2,
        "lightning_linear": 2e-6,
    },
    refusals={"slide": "no descent: lower the lower end, or the model cannot learn"},
)


def refused(remedy: str = "raise", **more: Any) -> RangeTested:
    """A test that suggests nothing; `remedy` is what it advises."""
    told = {
        "raise": "never diverged: raise the upper end",
        "lower": "no descent: lower the lower end, or the model cannot learn",
        "points": "too few points: try more points, or lower the upper end",
    }[remedy]
    rules: dict[str, float | None] = dict.fromkeys(TESTED.rules)
    refusals = dict.fromkeys(rules, told)
    return msgspec.structs.replace(
        TESTED,
        suggestion=None,
        band=None,
        rules=rules,
        refusals=refusals,
        refusal=told,
        remedy=remedy,
        stopped="",
        **more,
    )


def trained(points: int) -> ConfirmStepped:
    """A confirmation of 200 steps after so many points of ten steps."""
    return ConfirmStepped(400, steps=200, every=10, rates=RATES, first=0, curves=_curves(points))


CONFIRMED = Confirmed(
    400,
    steps=200,
    every=10,
    rates=RATES,
    curves=[
        [2.0 - 0.03 * i for i in range(20)],
        [2.0 - 0.04 * i for i in range(20)],
        [2.0 + 0.5 * i for i in range(6)],
    ],
    losses=[1.5, 1.3, None],
    val_losses=[1.6, 1.4, None],
    died=[None, None, 60],
    winner=1e-2,
)
GAVE_WAY = CommandRejected(400, command="find", reason="the range test gave way at point 40 of 100: the run is to stop")


def _curves(points: int) -> list[list[float | None]]:
    return [curve[:points] for curve in CONFIRMED.curves]


def found(*events: Event) -> Findings:
    """What is known after these events, while the worker lives."""
    return fold(Findings(), events, over=False)
