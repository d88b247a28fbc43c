"""From a range test, ended or under way, to the curves and marks of its chart: both front ends draw the same."""

import math
from collections.abc import Sequence

from lrtui.figure import Curve, Mark
from lrtui.lr.consensus import seen_curve
from lrtui.lr.range_plan import RangePlan
from lrtui.lr.suggest import finite
from lrtui.lr.verdict import NEVER_CHOSEN
from lrtui.messages import RangeStepped, RangeTested
from lrtui.words import rate_text


def plan_of(event: RangeStepped | RangeTested) -> RangePlan:
    """The rates that a test tries."""
    return RangePlan(low=event.low, high=event.high, points=event.points, linear=event.linear)


def curves(plan: RangePlan, losses: Sequence[float | None], band: tuple[float, float] | None = None) -> list[Curve]:
    """The raw losses of the points so far, and the curve through them; up to a blow-up the verdict is read from it.

    Where there is a `band`, the part of the curve inside of it once more, with a hue of its own.
    """
    lrs, raw = finite(plan.lrs(len(losses)), [math.nan if loss is None else loss for loss in losses])
    calm = seen_curve(raw, plan.points) if raw else ()
    drawn = [Curve(x=lrs, y=raw, label="loss", style="dots"), Curve(x=lrs, y=calm, label="without lag")]
    inside = [(lr, loss) for lr, loss in zip(lrs, calm, strict=True) if band and band[0] <= lr <= band[1]]
    if inside:
        x, y = zip(*inside, strict=True)
        drawn.append(Curve(x=x, y=y, label="band", hue=2))
    return drawn


def marks(event: RangeTested) -> list[Mark]:
    """The suggestion, with its rate, the other rules by name, and where the test stopped."""
    plan = plan_of(event)
    found = [Mark(lr, name) for name, lr in event.rules.items() if lr is not None and _shown(name)]
    if event.suggestion is not None:
        found.append(Mark(event.suggestion, f"lr {rate_text(event.suggestion)}"))
    if event.stopped and event.losses:
        found.append(Mark(plan.lr(len(event.losses) - 1), "stopped", alarm=True))
    return found


def _shown(rule: str) -> bool:
    return rule != "consensus" and rule not in NEVER_CHOSEN
