"""What a range test says in the end: a rate, the band around it that other rules agree on, or a refusal in words."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lrtui.lr.consensus import Shape, consensus, read_shape
from lrtui.lr.range_plan import RangePlan, smooth
from lrtui.lr.suggest import RULES, Answer, Refusal, trimmed

#: shown for comparison, never chosen: on a linear axis the steepest place is about the window's start
NEVER_CHOSEN = {"lightning_linear"}
#: how far from the suggestion a rule may be and still widen the band
NEAR = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`rules` is what each rule says, `consensus` first; `band` spans those that survive, the suggestion among them.

    Either `suggestion` (two digits, within the range tested) and `band`, or `refusal`. `horizon` is the number of
    steps the suggestion is for: the best rate falls with the length of a run.
    """

    suggestion: float | None
    band: tuple[float, float] | None
    rules: Mapping[str, Answer]
    refusal: Refusal | None
    horizon: int


def judge(plan: RangePlan, losses: Sequence[float | None], horizon: int) -> Verdict:
    """The verdict on the raw losses of a test's points in their order; None and NaN are losses that were no number."""
    raw = [math.nan if loss is None else loss for loss in losses]
    lrs = plan.lrs(len(raw))
    shape = read_shape(lrs, raw, plan.points)
    chosen = consensus(lrs, raw, plan.points)
    window = trimmed(lrs, smooth(raw, plan.points), plan.points)
    rules: dict[str, Answer] = {"consensus": chosen}
    rules |= {name: _within(plan, rule(*window)) for name, rule in RULES.items()}
    if isinstance(chosen, Refusal) or isinstance(shape, Refusal):
        refusal = chosen if isinstance(chosen, Refusal) else None
        return Verdict(suggestion=None, band=None, rules=rules, refusal=refusal, horizon=horizon)
    suggestion = rules["consensus"] = _two_digits(plan, chosen)
    survivors = [suggestion, *_survivors(rules, suggestion, shape)]
    band = _two_digits(plan, min(survivors)), _two_digits(plan, max(survivors))
    return Verdict(suggestion=suggestion, band=band, rules=rules, refusal=None, horizon=horizon)


def _survivors(rules: Mapping[str, Answer], suggestion: float, shape: Shape) -> list[float]:
    """The rates of rules that are near the suggestion, and not beyond the bottom, where the loss rises already."""
    known = [lr for name, lr in rules.items() if name not in NEVER_CHOSEN and not isinstance(lr, Refusal)]
    return [lr for lr in known if suggestion / NEAR <= lr <= min(suggestion * NEAR, shape.bottom)]


def _within(plan: RangePlan, answer: Answer) -> Answer:
    if isinstance(answer, Refusal) or plan.low <= answer <= plan.high:
        return answer
    return Refusal(f"{answer:.2g} is outside of what was tested", "lower the lower end", "lower")


def _two_digits(plan: RangePlan, lr: float) -> float:
    """As precise as a range test is; rounding does not leave the range."""
    return min(max(float(f"{lr:.1e}"), plan.low), plan.high)
