"""The verdict: a suggestion with its band, or a refusal; never a number that was not tested."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrtui.lr.range_plan import RangePlan
from lrtui.lr.suggest import LEARNED, NO_DESCENT, Refusal
from lrtui.lr.verdict import judge
from tests.lr.test_consensus import curve, plan_of


def test_a_good_curve_has_a_suggestion_within_a_band_of_agreeing_rules() -> None:
    plan = plan_of(100)
    verdict = judge(plan, curve(plan, noise=0.02), 2000)
    assert verdict.refusal is None
    assert verdict.suggestion is not None
    assert verdict.band is not None
    assert 1e-3 < verdict.suggestion < 0.1
    assert verdict.band[0] <= verdict.suggestion <= verdict.band[1] <= 0.3
    assert verdict.rules["consensus"] == verdict.suggestion
    assert verdict.horizon == 2000


def test_it_has_two_digits() -> None:
    plan = plan_of(100)
    for seed in range(5):
        suggestion = judge(plan, curve(plan, noise=0.1, seed=seed), 1).suggestion
        assert suggestion is not None
        assert suggestion == float(f"{suggestion:.1e}")


def test_lightnings_rule_is_shown_and_never_widens_the_band() -> None:
    plan = plan_of(100)
    verdict = judge(plan, curve(plan), 1)
    linear = verdict.rules["lightning_linear"]
    assert isinstance(linear, float)
    assert verdict.band is not None
    assert linear < verdict.band[0]


def test_a_refusal_leaves_no_number_but_the_table() -> None:
    plan = plan_of(100)
    verdict = judge(plan, curve(plan, blow_up=100.0), 1)
    assert (verdict.suggestion, verdict.band) == (None, None)
    assert verdict.refusal is not None
    assert verdict.refusal.remedy == "raise"
    assert isinstance(verdict.rules["valley"], float)


def test_a_tenth_of_the_minimum_that_was_not_tested_is_refused() -> None:
    plan = RangePlan(low=0.05, high=10.0, points=100)
    minimum = judge(plan, curve(plan), 1).rules["minimum"]
    assert isinstance(minimum, Refusal)
    assert minimum.reason == "below the range", "as short as the other rows of the table"
    assert re.search(r": \d(\.\d)?e-\d was not tested; lower the lower end$", minimum.sentence)
    assert minimum.remedy == "lower"


def test_a_model_that_has_learned_is_not_told_to_lower_the_lower_end() -> None:
    plan = plan_of(100)
    losses = [2.2 + max(0.0, 3 * (math.log10(lr) + 1)) for lr in plan.lrs()]
    told = judge(plan, losses, 1, math.log(27))
    assert told.refusal == told.rules["consensus"] == LEARNED
    assert NO_DESCENT not in told.rules.values()
    unknown, hardly = judge(plan, losses, 1), judge(plan, [loss + 0.7 for loss in losses], 1, math.log(27))
    assert unknown.refusal == hardly.refusal == NO_DESCENT, "2.9 of 3.3 nats: that is only how frequent letters are"
    assert judge(plan, curve(plan), 1, 9.0).suggestion == judge(plan, curve(plan), 1).suggestion, "it still falls"


@pytest.mark.parametrize("losses", [[], [None], [4.0], [None] * 100, [4.0] * 100, [math.inf] * 30])
def test_nothing_to_go_by(losses: list[float | None]) -> None:
    verdict = judge(plan_of(100), losses, 1, 3.3)
    assert verdict.suggestion is None
    assert verdict.refusal is not None


@given(
    st.integers(20, 150),
    st.lists(st.one_of(st.none(), st.floats(), st.floats(0, 8)), max_size=150),
    st.floats(1e-12, 1e3),
    st.floats(2.0, 1e5),
    st.booleans(),
)
def test_no_number_comes_from_what_is_none(
    points: int, losses: list[float | None], low: float, ratio: float, linear: bool
) -> None:
    plan = RangePlan(low=low, high=low * ratio, points=points, linear=linear)
    verdict = judge(plan, losses[:points], 7)
    assert (verdict.suggestion is None) == (verdict.refusal is not None) == (verdict.band is None)
    told = [lr for lr in (*verdict.rules.values(), *(verdict.band or ())) if not isinstance(lr, Refusal)]
    assert all(plan.low <= lr <= plan.high for lr in told)
    if verdict.band is not None and verdict.suggestion is not None:
        assert verdict.band[0] <= verdict.suggestion <= verdict.band[1]
