"""Which rates a sweep tries, and which of them go on: a grid of rates, and successive halving over it.

Successive halving (Jamieson & Talwalkar 2016): at each rung the best 1/eta of the rates go on. With rungs at
steps/eta^k every rung costs about the same number of lane-steps, and the whole sweep little more than one run.
"""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

from lrtui.errors import UsageError
from lrtui.lr.range_plan import HIGHEST, LOWEST

#: lanes of one sweep: each costs the memory of a model and its optimizer, and a file that is kept open
MOST_LANES = 512
MOST_SEEDS = 64
LEAST_ETA, MOST_ETA = 2, 64
#: a loss after fewer steps says nothing of a rate
LEAST_RUNG = 10
_HINT = "For example 1e-4:1e0:16, or 1e-3,3e-3,1e-2."


def parse_rates(text: str) -> list[float]:
    """The rates of `LOW:HIGH:N`, in even ratios, or of `A,B,C`, ascending. Raises UsageError.

    A grid is rounded to three digits, which can be typed, where the rates then still differ.
    """
    try:
        if ":" in text:
            low, high, count = text.split(":")
            return grid(float(low), float(high), int(count))
        rates = [float(word) for word in text.split(",")]
    except ValueError:
        raise UsageError(f"rates are LOW:HIGH:N or A,B,C, not {text!r}", _HINT) from None
    return check_rates(rates)


def grid(low: float, high: float, count: int) -> list[float]:
    """`count` rates from `low` to `high` in even ratios. Raises UsageError."""
    if not 2 <= count <= MOST_LANES:
        raise UsageError(f"a grid has 2 to {MOST_LANES} rates, not {count:,}", _HINT)
    check_rates([low, high])
    if not low < high:
        raise UsageError(f"the upper end of the rates must be above the lower, not {low:g} to {high:g}", _HINT)
    exact = [low * (high / low) ** (i / (count - 1)) for i in range(count)]
    short = [float(f"{lr:.2e}") for lr in exact]
    return short if all(a < b for a, b in pairwise(short)) else exact


def check_rates(rates: Sequence[float]) -> list[float]:
    """The rates, ascending. Raises UsageError where one is none, or twice there."""
    if wrong := [lr for lr in rates if not LOWEST <= lr <= HIGHEST]:
        raise UsageError(f"a learning rate is a number from {LOWEST:g} to {HIGHEST:g}, not {wrong[0]:g}", _HINT)
    if len(set(rates)) < len(rates):
        raise UsageError("a sweep needs rates that differ")
    return sorted(rates)


def check_size(rates: int, seeds: int) -> None:
    """Raises UsageError where a sweep cannot have so many lanes."""
    if not 1 <= seeds <= MOST_SEEDS:
        raise UsageError(f"a sweep has 1 to {MOST_SEEDS} seeds, not {seeds:,}")
    if not 1 <= rates * seeds <= MOST_LANES:
        raise UsageError(f"{rates} rates × {seeds} seeds are {rates * seeds:,} lanes; at most {MOST_LANES} can be")


def default_rungs(rates: int, eta: int, steps: int) -> list[int]:
    """The steps at which the best 1/eta go on, until one rate is left: steps/eta^k, none before LEAST_RUNG."""
    cuts = 0
    while eta**cuts < rates:
        cuts += 1
    rungs = [steps // eta**k for k in range(cuts, 0, -1)]
    return sorted({rung for rung in rungs if rung >= min(LEAST_RUNG, steps)} - {0, steps})


def parse_rungs(text: str, steps: int) -> list[int]:
    """The rungs of `31,125,500`. Raises UsageError for what are no steps of the run, ascending."""
    try:
        rungs = [int(word) for word in text.split(",")]
    except ValueError:
        raise UsageError(f"rungs are steps such as 100,400,1600, not {text!r}") from None
    check_rungs(rungs, steps)
    return rungs


def check_rungs(rungs: Sequence[int], steps: int) -> None:
    """Raises UsageError where rungs are no steps of a run of `steps` steps, ascending."""
    if any(a >= b for a, b in pairwise(rungs)) or not all(0 < rung < steps for rung in rungs):
        raise UsageError(f"rungs rise from 1 to {steps - 1:,}, before the last step, not {', '.join(map(str, rungs))}")


def check_eta(eta: int) -> int:
    """`eta`, 0 for no pruning. Raises UsageError where it cannot be."""
    if eta and not LEAST_ETA <= eta <= MOST_ETA:
        raise UsageError(f"pruning keeps the best 1/eta; eta is {LEAST_ETA} to {MOST_ETA}, not {eta}")
    return eta


def places(rates: int, eta: int, rung: int) -> int:
    """How many of `rates` rates may go on after the `rung`-th cut, counted from 1."""
    return max(1, -(-rates // int(eta**rung)))


def standing(losses: Mapping[float, Sequence[float]], lost: Mapping[float, int]) -> list[float]:
    """Rates from best to worst: fewest seeds lost first, then the least mean loss, of equals the lower rate.

    `losses` are those of a rate's seeds that still train; `lost` counts the seeds that diverged.
    """

    def mean(lr: float) -> float:
        known = [loss for loss in losses[lr] if math.isfinite(loss)]
        return math.fsum(known) / len(known) if known and len(known) == len(losses[lr]) else math.inf

    return sorted(losses, key=lambda lr: (lost.get(lr, 0), mean(lr), lr))


def pruned(
    losses: Mapping[float, Sequence[float]], lost: Mapping[float, int], kept: frozenset[float], wanted: int
) -> list[float]:
    """The rates that end at a rung where `wanted` may go on; those `kept` by hand go on whatever their loss."""
    order = standing(losses, lost)
    ahead = {lr for lr in order if lr in kept}
    for lr in order:
        if len(ahead) >= wanted:
            break
        ahead.add(lr)
    return [lr for lr in order if lr not in ahead]


def spread_of(values: Sequence[float]) -> tuple[float, float]:
    """Mean and sample standard deviation (0 for one value; NaN, NaN for none)."""
    if not values:
        return math.nan, math.nan
    mean = math.fsum(values) / len(values)
    if len(values) == 1:
        return mean, 0.0
    return mean, math.sqrt(math.fsum((v - mean) ** 2 for v in values) / (len(values) - 1))
