"""Small sweeps for tests: fresh ones as if in a new process, and what they tell."""

import math
from collections.abc import Iterable, Sequence

from lrtui.config.schema import Config
from lrtui.engine.inbox import Inbox
from lrtui.engine.sweep import Sweep, SweepYielded
from lrtui.engine.sweep_build import pack_maker
from lrtui.messages import Event, LaneRow, LanesStepped, Swept
from lrtui.runs.sweeps import SweepPlan
from tests.small import TEXT, small_workplace

RATES = [5e-4, 2e-3, 8e-3]


def plan_of(rates: Sequence[float] = RATES, seeds: Sequence[int] = (1337,), **values: object) -> SweepPlan:
    return SweepPlan(**{"rates": list(rates), "seeds": list(seeds), "chunk": 7, **values})  # type: ignore[arg-type]


def small_sweep(config: Config, plan: SweepPlan | None = None, text: str = TEXT, **options: object) -> Sweep:
    """A fresh sweep, as if in a new process."""
    place, plan = small_workplace(config, text), plan or plan_of()
    ln_v = math.log(place.data.vocabulary.size)
    return Sweep(plan, place.config, ln_v, pack_maker(place, plan.seeds), **options)  # type: ignore[arg-type]


def swept(sweep: Sweep, inbox: Inbox | None = None) -> list[SweepYielded]:
    """Everything a sweep yields, to its end."""
    return list(sweep.run(inbox))


def losses_of(items: Iterable[SweepYielded]) -> dict[int, list[float]]:
    """The training losses of each lane."""
    losses: dict[int, list[float]] = {}
    for item in items:
        if isinstance(item, LanesStepped):
            for lane, block in zip(item.lanes, item.loss, strict=True):
                losses.setdefault(lane, []).extend(math.nan if v is None else v for v in block)
    return losses


def table_of(items: Iterable[SweepYielded]) -> list[LaneRow]:
    (end,) = [item for item in items if isinstance(item, Swept)]
    return end.table


def of_kind(items: Iterable[SweepYielded], kind: type[Event]) -> list[Event]:
    return [item for item in items if isinstance(item, kind)]
