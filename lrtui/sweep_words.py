"""The events of a sweep as sentences, and its table as lines."""

from collections.abc import Sequence
from typing import TypeVar

import msgspec

from lrtui.messages import (
    Event,
    LaneKept,
    LanePromoted,
    LaneRow,
    LanesCut,
    PruningChanged,
    RateRow,
    SweepResumed,
    SweepStarted,
    Swept,
)
from lrtui.printable import printable
from lrtui.quantities import counted, fine_rate, loss_text

_Row = TypeVar("_Row", LaneRow, RateRow)
#: events that their sentence places: the others name their step themselves
PLACED = (LanesCut, LaneKept, PruningChanged, LanePromoted)
#: how lanes train, in words
WAYS = {
    "lanes": "all rates of a seed as one batched program",
    "turns": "lane after lane",
    "processes": "lanes shared out over several processes",
}


def sweep_happening(event: Event) -> str | None:
    """One or more lines that tell an event of a sweep; None for any other, for steps and for evaluations."""
    match event:
        case SweepStarted():
            return _started(event)
        case SweepResumed():
            resumed = f"{printable(event.run)} resumed at step {event.step:,}: {printable(event.badge)}"
            return "\n".join([resumed, *(f"skipped state: {printable(reason)}" for reason in event.skipped)])
        case LanesCut():
            return _cut(event)
        case LaneKept():
            return f"lane {event.lane} stays, whatever a rung says"
        case PruningChanged():
            return pruning_text(event.eta, event.rungs)
        case LanePromoted():
            run = printable(event.run)
            return f"lane {event.lane} is the run {run} at step {event.at:,}; go on with: lrtui resume {run}"
        case Swept():
            return swept_text(event)
        case _:
            return None


def pruning_text(eta: int, rungs: Sequence[int]) -> str:
    """The pruning of a sweep in words."""
    if not eta or not rungs:
        return "nothing is pruned"
    return f"the best 1/{eta} of the rates go on at step {', '.join(f'{rung:,}' for rung in rungs)}"


def _started(event: SweepStarted) -> str:
    rates, seeds = len(event.rates), len(event.seeds)
    size = counted(rates, "rate") + (f" × {seeds} seeds = {rates * seeds} lanes" if seeds > 1 else "")
    first, last = fine_rate(event.rates[0]), fine_rate(event.rates[-1])
    told = [
        f"{printable(event.run)}: {size} {f'from {first} to {last}' if rates > 1 else f'at lr {first}'}, "
        f"{event.parameters:,} parameters, {event.steps:,} steps, corpus {printable(event.corpus)}",
        f"{WAYS.get(event.mode, printable(event.mode))}: {printable(event.because)}",
        pruning_text(event.eta, event.rungs),
    ]
    return "\n".join(told)


def _cut(event: LanesCut) -> str:
    count = len(event.lanes)
    which = f"lane {event.lanes[0]}" if count == 1 else f"{count} lanes"
    left = f"{event.left} go on" if event.left != 1 else "1 goes on"
    again = ", again after the resume" if event.replayed else ""
    if event.cause == "pruned":
        return f"rung {event.rung}: {which} pruned, {left}"
    if event.cause == "diverged":
        return f"{which} lost{_lost_where(event)}, {left}: {printable(event.reason)}"
    return f"{which} cut by hand, {left}{again}"


def _lost_where(event: LanesCut) -> str:
    """The steps of the losses, which are between two boundaries: what is told of lanes is told at the later one."""
    if all(died == event.step for died in event.died):
        return ""
    first, last = min(event.died), max(event.died)
    return f" at step {first:,}" if first == last else f" at steps {first:,} … {last:,}"


def swept_text(event: Swept) -> str:
    """The verdict of a sweep on one line."""
    if event.rate is None or event.winner is None:
        return f"swept {counted(len(event.table), 'lane')}: none lasted"
    row = next(row for row in event.rates if row.rate == event.rate)
    spread = f" ± {row.val_spread:.3f} over {row.seeds} seeds" if row.seeds > 1 and row.val_spread is not None else ""
    lanes = counted(len(event.table), "lane")
    return f"swept {lanes}: lr {fine_rate(event.rate)} wins, val {loss_text(row.val)}{spread}"


def table_lines(rows: Sequence[LaneRow], rates: Sequence[RateRow], winner: int | None, halted: str = "") -> list[str]:
    """The table of a sweep: a line a lane, or where there are several seeds a line a rate.

    `halted` is how a sweep stands that trains no more: its lanes do not, either.
    """
    if halted:
        rows, rates = _halted(rows, halted), _halted(rates, halted)
    if len(rates) < len(rows):
        return _rate_lines(rates, next((row.rate for row in rows if row.lane == winner), None))
    told = [f"  {'lane':>4}  {'rate':<9} {'loss':>7} {'val':>7}  state"]
    for row in rows:
        state = "the winner" if row.lane == winner else state_text(row)
        told.append(
            f"  {row.lane:>4}  {fine_rate(row.rate):<9} {loss_text(row.loss):>7} {loss_text(row.val):>7}  {state}"
        )
    return told


def _halted(rows: Sequence[_Row], how: str) -> list[_Row]:
    return [msgspec.structs.replace(row, state=how) if row.state == "training" else row for row in rows]


def state_text(row: LaneRow) -> str:
    """How a lane stands, in a few words."""
    kept = ", kept" if row.kept else ""
    if row.died is None:
        return f"{printable(row.state)}{kept}"
    rung = f", rung {row.rung}" if row.rung is not None else ""
    word = "lost" if row.state == "diverged" else printable(row.state)
    return f"{word} at step {row.died:,}{rung}{kept}"


def _rate_lines(rates: Sequence[RateRow], winner: float | None) -> list[str]:
    told = [f"  {'rate':<9} {'loss':>7} {'±':>6} {'val':>7} {'±':>6}  {'seeds':>5}  state"]
    for row in rates:
        state = "the winner" if row.rate == winner else f"{printable(row.state)} at step {row.steps:,}"
        lost = f", {row.lost} lost" if row.lost and row.state != "diverged" else ""
        told.append(
            f"  {fine_rate(row.rate):<9} {loss_text(row.loss):>7} {_spread(row.loss_spread):>6} "
            f"{loss_text(row.val):>7} {_spread(row.val_spread):>6}  {row.seeds:>5}  {state}{lost}"
        )
    return told


def _spread(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
