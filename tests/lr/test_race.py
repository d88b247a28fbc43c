"""Which races can be, how long they are, and who leads."""

import math

import pytest

from lrtui.errors import UsageError
from lrtui.lr.race import check, every, leader, length, means


def test_a_race_is_bounded_by_the_end_of_the_run_and_by_the_script() -> None:
    assert length(100, 50, 1000, math.inf) == 50
    assert length(980, 50, 1000, math.inf) == 20
    assert length(100, 50, 1000, 107.0) == 7
    with pytest.raises(UsageError, match="no steps are left"):
        length(1000, 50, 1000, math.inf)


def test_the_least_mean_of_the_last_quarter_leads() -> None:
    losses = [[9.0, 9.0, 9.0, 1.0], [0.0, 0.0, 0.0, 2.0], [0.0, 0.0]]
    ranked = means(losses, 4, [None, None, 2])
    assert ranked[:2] == [1.0, 2.0]
    assert math.isnan(ranked[2])
    assert leader(ranked) == 0
    assert leader([2.0, 2.0]) == 0
    assert leader([math.nan, math.nan]) is None


def test_no_curve_has_more_than_a_hundred_points() -> None:
    assert [every(steps) for steps in (1, 100, 101, 20_000)] == [1, 1, 2, 200]


@pytest.mark.parametrize(
    ("factors", "steps", "sentence"),
    [
        ([1.0], 100, "2 to 8 lanes"),
        ([1.0] * 9, 100, "2 to 8 lanes"),
        ([1.0, -1.0], 100, "above 0"),
        ([1.0, math.inf], 100, "above 0"),
        ([1.0, 1.0], 100, "same lane"),
        ([1.0, 2.0], 4, "5 to 20,000 steps"),
        ([1.0, 2.0], 20_001, "5 to 20,000 steps"),
    ],
)
def test_what_cannot_be_is_told(factors: list[float], steps: int, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        check(factors, steps)
