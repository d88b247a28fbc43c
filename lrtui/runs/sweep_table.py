"""The table of a sweep: lanes summed up by rate, and which of them won. Pure, for engine and screens alike."""

import math
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from lrtui.lr.halving import spread_of, standing
from lrtui.messages import LaneRow, RateRow

#: how far a lane came, in words, best first: what a rate is called after its lanes
STATES = ("done", "training", "pruned", "killed", "diverged")
#: steps whose mean stands for the loss of a lane that is not at its end
SMOOTH = 50


def with_losses(rows: Iterable[LaneRow], losses: Mapping[int, Sequence[float]]) -> list[LaneRow]:
    """The rows, those without a loss with the mean of the newest of their `losses`, which are by lane."""
    told = []
    for row in rows:
        newest = losses.get(row.lane, ())[-SMOOTH:]
        if row.loss is None and newest:
            row = msgspec.structs.replace(row, loss=sum(newest) / len(newest))
        told.append(row)
    return told


def rate_rows(rows: Sequence[LaneRow], step: int) -> list[RateRow]:
    """One row a rate, ascending: means and spreads over its seeds; `step` is how far the lanes that train have come."""
    by_rate: dict[float, list[LaneRow]] = {}
    for row in rows:
        by_rate.setdefault(row.rate, []).append(row)
    return [_rate_row(rate, by_rate[rate], step) for rate in sorted(by_rate)]


def _rate_row(rate: float, rows: list[LaneRow], step: int) -> RateRow:
    state = min((row.state for row in rows), key=_rank)
    counted = [row for row in rows if row.state == state and state != "diverged"]
    loss, loss_spread = _mean(row.loss for row in counted)
    val, val_spread = _mean(row.val for row in counted)
    return RateRow(
        rate=rate,
        state=state,
        steps=max(step if row.died is None else row.died for row in rows),
        seeds=len(counted),
        lost=sum(row.state == "diverged" for row in rows),
        loss=loss,
        val=val,
        loss_spread=loss_spread,
        val_spread=val_spread,
    )


def _rank(state: str) -> int:
    return STATES.index(state) if state in STATES else len(STATES)


def _mean(values: Iterable[float | None]) -> tuple[float | None, float | None]:
    given = list(values)
    known = [value for value in given if value is not None and math.isfinite(value)]
    if not known or len(known) < len(given):
        return None, None
    return spread_of(known)


def winner(rows: Sequence[LaneRow]) -> LaneRow | None:
    """Of the rates that lasted, the one with the least mean validation loss: its best lane. None: none lasted."""
    lasting = [row for row in rows if row.state in ("done", "training")]
    losses: dict[float, list[float]] = {}
    for row in lasting:
        losses.setdefault(row.rate, []).append(math.inf if row.val is None else row.val)
    lost = {lr: sum(row.state == "diverged" and row.rate == lr for row in rows) for lr in losses}
    for lr in standing(losses, lost):
        known = [row for row in lasting if row.rate == lr and row.val is not None]
        if known:
            return min(known, key=lambda row: (row.val, row.lane))
    return None
