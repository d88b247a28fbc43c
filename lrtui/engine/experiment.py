"""Experiments on a live state that leave nothing behind: the range test, and the confirmation of what it suggests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from lrtui.engine.confirm import confirm
from lrtui.engine.live import Live
from lrtui.engine.range_test import find
from lrtui.errors import UsageError
from lrtui.lr.confirm import check, spread
from lrtui.messages import Confirm, Event, Find, RangeTested
from lrtui.text.batches import Batch

Ask = Callable[[], bool]


@dataclass(frozen=True)
class Bench:
    """What is experimented on: a state, the loss of knowing nothing, and what to evaluate on."""

    live: Live
    ln_v: float
    validation: Sequence[Batch] = ()


def experiment(
    bench: Bench, command: Find | Confirm, tell: Ask = lambda: False, interrupted: Ask = lambda: False
) -> Iterator[Event]:
    """Carry out `command`, with progress where `tell()` says that somebody waits.

    Raises UsageError for what cannot be, where a confirmation finds no band, and where it is `interrupted()`.
    """
    if isinstance(command, Find):
        yield from find(bench.live, command, bench.ln_v, tell, interrupted)
        return
    rates = list(command.rates)
    check(len(rates) or command.lanes, command.steps)
    if not rates:
        tested = None
        for event in find(bench.live, Find(), bench.ln_v, tell, interrupted):
            yield event
            tested = event if isinstance(event, RangeTested) else tested
        if tested is None or tested.band is None or tested.suggestion is None:
            raise UsageError(f"there is no band to confirm: {tested.refusal if tested else 'no test'}")
        rates = spread(tested.band, tested.suggestion, command.lanes)
    yield from confirm(bench.live, rates, command.steps, bench.ln_v, bench.validation, tell, interrupted)
