"""What a range test says in the end: a rate, the band around it that other rules agree on, or a refusal in words."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lrtui.lr.consensus import consensus, first_loss, read_shape
from lrtui.lr.range_plan import RangePlan, smooth
from lrtui.lr.suggest import LEARNED, NO_DESCENT, RULES, Answer, Refusal, trimmed
from lrtui.quantities import rate_text

#: shown for comparison, never chosen: on a linear axis the steepest place is about the window's start
NEVER_CHOSEN = {"lightning_linear"}
#: how far from the suggestion, as a factor, a rule may be and still widen the band
NEAR = 5.0
#: a band is at least this factor wide to both sides: a range test is no more precise
ROOM = 1.5
#: a test that begins below this share of ln V is of a model that has learned more than how frequent letters are
KNOWS = 0.85


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`rules` is what each rule says, `consensus` first; `band` spans those near the suggestion, and it.

    Either `suggestion` (two digits, within the range tested) and `band`, or `refusal`. `horizon` is the number of
    steps the suggestion is for: the best rate falls with the length of a run.
    """

    suggestion: float | None
    band: tuple[float, float] | None
    rules: Mapping[str, Answer]
    refusal: Refusal | None
    horizon: int


def judge(plan: RangePlan, losses: Sequence[float | None], horizon: int, ln_v: float = 0.0) -> Verdict:
    """The verdict on the raw losses of a test's points in their order; None and NaN are losses that were no number.

    `ln_v` is the loss in nats of knowing nothing (0: unknown): it tells why a loss does not fall.
    """
    raw = [math.nan if loss is None else loss for loss in losses]
    lrs = plan.lrs(len(raw))
    window = trimmed(lrs, smooth(raw, plan.points), plan.points)
    flat = LEARNED if first_loss(raw, plan.points) < KNOWS * ln_v else NO_DESCENT
    others = {name: _told(_within(plan, rule(*window)), flat) for name, rule in RULES.items()}
    chosen = _told(consensus(lrs, raw, plan.points, horizon), flat)
    if isinstance(chosen, Refusal):
        rules = {"consensus": chosen, **others}
        return Verdict(suggestion=None, band=None, rules=rules, refusal=chosen, horizon=horizon)
    suggestion = _two_digits(plan, chosen)
    rules = {"consensus": suggestion, **others}
    shape = read_shape(lrs, raw, plan.points)
    highest = suggestion * NEAR if isinstance(shape, Refusal) else min(suggestion * NEAR, shape.bottom)
    known = [lr for name, lr in others.items() if name not in NEVER_CHOSEN and not isinstance(lr, Refusal)]
    near = [lr for lr in known if suggestion / NEAR <= lr <= highest]
    ends = [suggestion / ROOM, suggestion * ROOM, *near]
    band = _two_digits(plan, min(ends)), _two_digits(plan, max(ends))
    return Verdict(suggestion=suggestion, band=band, rules=rules, refusal=None, horizon=horizon)


def _told(answer: Answer, flat: Refusal) -> Answer:
    """The answer, where there is no descent with the reason for it."""
    return flat if answer == NO_DESCENT else answer


def _within(plan: RangePlan, answer: Answer) -> Answer:
    """Only a tenth of the minimum can be a rate that was not tested, below all that were."""
    if isinstance(answer, Refusal) or plan.low <= answer <= plan.high:
        return answer
    return Refusal("below the range", f"{rate_text(answer)} was not tested; lower the lower end", "lower")


def _two_digits(plan: RangePlan, lr: float) -> float:
    """As precise as a range test is; rounding does not leave the range."""
    return min(max(float(f"{lr:.1e}"), plan.low), plan.high)
