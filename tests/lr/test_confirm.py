"""Which rates are confirmed, and which of them wins."""

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lrtui.errors import UsageError
from lrtui.lr.confirm import POINTS, check, check_rates, every, points, spread, tail_mean, winner

SIX = {"rel": 0.06}  # two digits


@pytest.mark.parametrize("lanes", [3, 4, 5, 8, 32])
def test_rates_span_the_band_in_even_ratios_with_the_suggestion_among_them(lanes: int) -> None:
    rates = spread((1e-3, 1e-1), 2.7e-2, lanes)
    assert len(rates) == lanes
    assert rates == sorted(set(rates))
    assert (rates[0], rates[-1]) == (1e-3, 1e-1)
    assert 2.7e-2 in rates
    ratio = 100 ** (1 / (lanes - 1))
    others = [lr for lr in rates if lr != 2.7e-2]
    assert all(lr == pytest.approx(1e-3 * ratio ** round(math.log(lr / 1e-3, ratio)), **SIX) for lr in others)


def test_two_rates_are_the_suggestion_and_the_farther_end() -> None:
    assert spread((1e-3, 1e-1), 2e-2, 2) == [1e-3, 2e-2]
    assert spread((1e-3, 1e-1), 2e-3, 2) == [2e-3, 1e-1]


def test_a_narrow_band_still_has_rates_that_differ() -> None:
    rates = spread((1e-3, 2.2e-3), 1.5e-3, 32)
    assert len(set(rates)) == 32


@given(st.floats(1e-8, 1e3), st.floats(2.2, 1e4), st.floats(0, 1), st.integers(2, 32))
@example(98.0, 2.25, 1.0, 11)
def test_any_band_gives_that_many_different_rates_within_it(low: float, wide: float, at: float, lanes: int) -> None:
    low, high = float(f"{low:.1e}"), float(f"{low * wide:.1e}")
    suggestion = min(max(float(f"{low * (high / low) ** at:.1e}"), low), high)
    rates = spread((low, high), suggestion, lanes)
    assert len(check_rates(rates)) == lanes
    assert all(low * 0.999 <= lr <= high * 1.001 for lr in rates)
    assert suggestion in rates


@pytest.mark.parametrize(
    ("lanes", "steps", "words"), [(1, 200, "2 to 32"), (33, 200, "2 to 32"), (5, 3, "20 to"), (5, 10**9, "20 to")]
)
def test_what_confirms_nothing_is_a_sentence(lanes: int, steps: int, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        check(lanes, steps)


@pytest.mark.parametrize("rates", [[1e-3, math.nan], [1e-3, math.inf], [0.0, 1.0], [-1.0, 1.0], [1.0, 1.0]])
def test_rates_that_cannot_be_are_a_sentence(rates: list[float]) -> None:
    with pytest.raises(UsageError, match=r"above 0|differ"):
        check_rates(rates)


def test_the_last_quarter_counts() -> None:
    assert tail_mean([9.0] * 15 + [1.0, 2.0, 3.0, 2.0, 2.0], 20) == 2.0
    assert math.isnan(tail_mean([1.0] * 19, 20)), "it was not trained to the end"
    assert math.isnan(tail_mean([1.0] * 19 + [math.nan], 20))
    assert tail_mean([math.inf] + [1.0] * 19, 20) == 1.0


def test_a_rate_that_was_lost_never_wins() -> None:
    assert winner([1.0, 2.0, 3.0], [2.5, 1.0, 2.0], [None, 7, None]) == 3.0
    assert winner([1.0, 2.0], [math.nan, 3.0], [None, None]) == 2.0
    assert winner([1.0, 2.0], [math.nan, math.nan], [3, 4]) is None
    assert winner([1.0, 2.0], [2.0, 2.0], [None, None]) == 1.0


def test_a_curve_has_a_hundred_points_at_most() -> None:
    for steps in (20, 100, 101, 250, 100_000):
        assert len(points([1.0] * steps, every(steps))) <= POINTS
    assert points([1.0, 3.0, 5.0], 2) == [2.0, 5.0]
    assert math.isnan(points([1.0, math.nan], 2)[0])
