"""Confirming a suggestion: which rates of its band are trained for real steps, and which of them wins."""

import math
from collections.abc import Sequence
from itertools import pairwise

from lrtui.errors import UsageError

#: rates trained side by side: one alone has nobody to beat, and each costs the memory of a model
LEAST_LANES, MOST_LANES = 2, 32
#: real steps: fewer are a range test, more are a sweep
LEAST_STEPS, MOST_STEPS = 20, 100_000
#: the share of the steps, at the end, whose mean loss is compared
TAIL = 0.25
#: points of a curve
POINTS = 100


def check(lanes: int, steps: int) -> None:
    """Raises UsageError where no confirmation can be so."""
    if not LEAST_LANES <= lanes <= MOST_LANES:
        raise UsageError(f"a confirmation trains {LEAST_LANES} to {MOST_LANES} rates, not {lanes:,}")
    if not LEAST_STEPS <= steps <= MOST_STEPS:
        raise UsageError(f"a confirmation has {LEAST_STEPS} to {MOST_STEPS:,} steps, not {steps:,}")


def check_rates(rates: Sequence[float]) -> list[float]:
    """The rates, ascending. Raises UsageError where one is none, or twice there."""
    if wrong := [lr for lr in rates if not (math.isfinite(lr) and lr > 0)]:
        raise UsageError(f"a learning rate needs a finite number above 0, not {wrong[0]:g}")
    if len(set(rates)) < len(rates):
        raise UsageError("a confirmation needs rates that differ")
    return sorted(rates)


def spread(band: tuple[float, float], suggestion: float, lanes: int) -> list[float]:
    """`lanes` rates from end to end of the band in even ratios; the one nearest the suggestion gives way to it.

    The ends stay where there is room for them: with two rates, the suggestion and the end farther from it are taken.
    Two digits, as a range test is no more precise, and more where two would fall together.
    """
    low, high = band
    rates = [*(low * (high / low) ** (i / (lanes - 1)) for i in range(lanes - 1)), high]
    inner = range(1, lanes - 1) if lanes > 2 else range(lanes)
    if low < suggestion < high:
        nearest = min(inner, key=lambda i: abs(math.log(rates[i] / suggestion)))
        rates[nearest] = suggestion
    short = [float(f"{lr:.1e}") for lr in rates]
    return short if all(a < b for a, b in pairwise(short)) else sorted(rates)


def tail_mean(losses: Sequence[float], steps: int) -> float:
    """The mean loss over the last quarter of `steps`; NaN where a loss among them is none, or not all were trained."""
    wanted = max(1, round(steps * TAIL))
    if len(losses) < steps:
        return math.nan
    return math.fsum(losses[-wanted:]) / wanted if all(map(math.isfinite, losses[-wanted:])) else math.nan


def winner(rates: Sequence[float], losses: Sequence[float], died: Sequence[int | None]) -> float | None:
    """The rate with the least loss among those that were not lost; of equals the lower rate. None: all were lost."""
    alive = [(loss, lr) for lr, loss, at in zip(rates, losses, died, strict=True) if at is None and math.isfinite(loss)]
    return min(alive)[1] if alive else None


def points(losses: Sequence[float], every: int) -> list[float]:
    """Means of `every` losses each, the last of what is left; NaN where one of them is no number."""
    return [_mean(losses[i : i + every]) for i in range(0, len(losses), every)]


def _mean(losses: Sequence[float]) -> float:
    return sum(losses) / len(losses)


def every(steps: int) -> int:
    """How many steps make a point, so that no curve has more than POINTS."""
    return -(-steps // POINTS)
