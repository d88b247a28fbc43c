"""Which rates a range test tries, how it smooths, and when it stops."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrtui.errors import UsageError
from lrtui.lr.range_plan import (
    RangePlan,
    StopState,
    check,
    default_range,
    parse_range,
    smooth,
    watch,
)

LN_V = math.log(65)


def stop(losses: list[float]) -> tuple[int, str] | None:
    """The index of the loss at which a test ends, and why."""
    state = StopState()
    for i, loss in enumerate(losses):
        state, reason = watch(state, loss, LN_V)
        if reason:
            return i, reason
    return None


def test_exponential_rates_have_equal_ratios_and_linear_ones_equal_steps() -> None:
    plan = RangePlan(low=1e-4, high=10.0, points=101)
    assert plan.lr(0) == 1e-4
    assert plan.lr(100) == 10.0
    assert plan.lr(20) == pytest.approx(1e-3)
    assert [b / a for a, b in pairwise(plan.lrs())] == pytest.approx([10**0.05] * 100)
    plan = RangePlan(low=1.0, high=3.0, points=21, linear=True)
    assert plan.lrs(4) == pytest.approx([1.0, 1.1, 1.2, 1.3])
    assert plan.lr(20) == 3.0
    assert len(plan.lrs()) == len(plan.lrs(99)) == 21


@given(
    st.floats(1e-12, 1e8),
    st.floats(2.0, 1e6),
    st.integers(20, 400),
    st.booleans(),
)
def test_rates_ascend_from_end_to_end(low: float, ratio: float, points: int, linear: bool) -> None:
    plan = RangePlan(low=low, high=min(low * ratio, 1e9), points=points, linear=linear)
    lrs = plan.lrs()
    assert (lrs[0], lrs[-1]) == (plan.low, plan.high)
    assert all(a < b for a, b in pairwise(lrs))
    assert plan.problems() == []


@pytest.mark.parametrize(
    ("plan", "phrases"),
    [
        (RangePlan(low=0.0, high=1.0), ["lower end"]),
        (RangePlan(low=math.nan, high=math.inf), ["lower end", "upper end"]),
        (RangePlan(low=1e-300, high=1.0), ["lower end"]),
        (RangePlan(low=1.0, high=2e9), ["upper end"]),
        (RangePlan(low=1.0, high=1.5), ["twice"]),
        (RangePlan(low=1.0, high=0.1, points=19), ["twice", "20 to 10,000"]),
        (RangePlan(low=1e-3, high=1.0, points=10_001), ["20 to 10,000"]),
    ],
)
def test_a_plan_that_cannot_be_says_all_that_is_wrong(plan: RangePlan, phrases: list[str]) -> None:
    assert len(plan.problems()) == len(phrases)
    with pytest.raises(UsageError) as caught:
        check(plan)
    assert all(phrase in caught.value.message for phrase in phrases)


def test_the_range_fits_model_and_optimizer() -> None:
    assert default_range("lstm", "adam") == default_range("bigram", "adamw") == (1e-6, 1.0)
    assert default_range("mlp", "sgd") == (1e-4, 10.0)
    assert default_range("bigram", "sgd") == (1e-4, 1e3)


def test_a_range_is_two_rates() -> None:
    assert parse_range("1e-5:1") == (1e-5, 1.0)
    for text in ("", "1e-5", "1e-5:", ":1", "a:b", "1:2:3"):
        with pytest.raises(UsageError, match=r"LOW:HIGH"):
            parse_range(text)


def test_the_average_is_the_bias_corrected_one_of_the_formula() -> None:
    losses = [4.0, 3.5, 5.0, 2.0, 1.0]
    value, expected = 0.0, []
    for k, loss in enumerate(losses, 1):
        value = 0.98 * value + 0.02 * loss
        expected.append(value / (1 - 0.98**k))
    assert smooth(losses, 100) == pytest.approx(expected)


def test_the_memory_is_the_same_share_of_the_range_whatever_the_points() -> None:
    def lag(points: int) -> float:
        """Where, as a share of the range, a fall at its middle is half seen."""
        smoothed = smooth([2.0 if i > points // 2 else 4.0 for i in range(2 * points)], points)
        return next(i for i, loss in enumerate(smoothed) if loss < 3.0) / points

    assert lag(100) == pytest.approx(lag(1000), abs=0.02) == pytest.approx(lag(300), abs=0.02)


def test_what_is_no_number_stays_at_its_place() -> None:
    smoothed = smooth([4.0, math.nan, 2.0, math.inf], 100)
    assert math.isnan(smoothed[1])
    assert smoothed[3] == math.inf
    assert smoothed[2] == pytest.approx((0.98 * 4 + 2) / 1.98)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_loss_that_is_no_number_stops_at_once(bad: float) -> None:
    assert stop([4.0, 3.0, bad, 2.0]) == (2, f"the loss is {bad}")


def test_above_ln_v_stops_only_a_model_that_had_learned() -> None:
    high = LN_V + 0.7
    never = [*[LN_V] * 30, *[high] * 60]
    assert stop(never) is None
    learned = [*[LN_V] * 30, *[LN_V - 0.3] * 20, *[high] * 60]
    found = stop(learned)
    assert found is not None
    assert 50 < found[0] < 60
    assert f"knowing nothing is {LN_V:.2f}" in found[1]
    # a run in its middle has learned before the test begins
    assert stop([*[1.5] * 10, *[high] * 30]) is not None


def test_fourfold_stops_a_model_that_never_learned() -> None:
    found = stop([*[5.0] * 20, *[21.0] * 40])
    assert found is not None
    assert "fourfold" in found[1]
    assert stop([*[5.0] * 20, *[19.0] * 40]) is None


def test_noise_around_almost_nothing_is_no_divergence() -> None:
    """A model that has learned to count has losses of 0.001 with an odd batch of 0.01."""
    assert stop([0.001, 0.01] * 50) is None
    assert stop([*[0.001] * 20, *[0.9] * 20]) is not None


def test_the_stop_comes_a_decade_before_fastais() -> None:
    """On the shape of a character model: the loss climbs slowly above ln V, long before it is four times its best."""
    plan = RangePlan(low=1e-4, high=1e3, points=200)
    losses = [
        min(LN_V - 2.0 / (1 + math.exp(-3 * (math.log10(lr) + 1))) + max(0.0, 2 * math.log10(lr)) ** 1.5, 20.0)
        for lr in plan.lrs()
    ]
    found = stop(losses)
    assert found is not None
    smoothed = smooth(losses, 200)
    theirs = next((i for i, loss in enumerate(smoothed) if loss > 4 * min(smoothed[: i + 1])), 199)
    assert plan.lr(theirs) > 10 * plan.lr(found[0])
