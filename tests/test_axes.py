"""The arithmetic of charts: no spike is lost in a column, and ticks are numbers people write."""

import math
from array import array
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrtui.axes import (
    columns,
    linear_axis,
    log_axis,
    log_step_axis,
    rate_axis,
    short_count,
    short_loss,
    short_rate,
    step_axis,
)

values = st.lists(st.floats(-1e6, 1e6) | st.sampled_from([math.nan, math.inf, -math.inf]), max_size=300)


@given(values, st.integers(1, 40))
def test_columns_keep_the_extremes_and_drop_what_is_not_finite(y: list[float], count: int) -> None:
    x = range(len(y))
    found = columns(x, y, 0, max(1, len(y) - 1), count)
    finite = [value for value in y if math.isfinite(value)]
    assert len(found) <= 2 * count
    assert all(math.isfinite(c.low) and c.low <= c.high and c.low - 1e-6 <= c.mean <= c.high + 1e-6 for c in found)
    assert min((c.low for c in found), default=None) == min(finite, default=None)
    assert max((c.high for c in found), default=None) == max(finite, default=None)
    assert all(before.x < after.x for before, after in pairwise(found))


def test_a_single_spike_in_a_million_steps_is_in_its_column() -> None:
    y = array("d", [1.0]) * 1_000_000
    y[700_001] = 50.0
    y[200_000] = math.nan
    found = columns(range(1_000_000), y, 0, 999_999, 100)
    assert len(found) == 100
    assert [index for index, column in enumerate(found) if column.high == 50.0] == [70]
    assert found[70].mean == pytest.approx(1.0049)


def test_only_what_is_inside_the_range_is_reduced() -> None:
    found = columns(range(1000), [float(k) for k in range(1000)], 100, 199, 10)
    assert (found[0].low, found[-1].high) == (100.0, 199.0)
    assert columns([], [], 0, 1, 10) == []
    assert columns([5], [1.0], 10, 20, 10) == []


def test_a_column_knows_which_way_it_went() -> None:
    assert [c.fell for c in columns(range(6), [3.0, 2.0, 1.0, 1.0, 2.0, 3.0], 0, 5, 2)] == [True, False]


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (1.23, 4.17, ("1", "2", "3", "4")),
        (1.52, 1.58, ("1.52", "1.54", "1.56", "1.58")),
        (0.0, 0.0, ("-1.0", "-0.5", "0.0", "0.5", "1.0")),
        (1000.0, 5200.0, ("1000", "2000", "3000", "4000", "5000")),
    ],
)
def test_linear_ticks(low: float, high: float, labels: tuple[str, ...]) -> None:
    assert linear_axis(low, high, 5).labels == labels


@given(st.floats(-1e8, 1e8), st.floats(1e-9, 1e8), st.integers(2, 10))
def test_a_linear_axis_holds_its_range_with_few_ticks(low: float, width: float, ticks: int) -> None:
    axis = linear_axis(low, low + width, ticks)
    room = 1e-6 * (axis.high - axis.low)
    assert axis.low <= low + room
    assert axis.high >= low + width - room
    assert 2 <= len(axis.ticks) <= 2 * ticks + 2
    assert len(set(axis.ticks)) == len(axis.labels)


@pytest.mark.parametrize(
    ("low", "high", "ticks", "labels"),
    [
        (1e-5, 2e-3, 4, ("1e-5", "1e-4", "1e-3")),
        (2e-4, 2e-3, 4, ("2e-4", "5e-4", "1e-3", "2e-3")),
        (1e-6, 1.0, 4, ("1e-6", "1e-4", "1e-2", "1")),
        (2e-3, 2e-3, 3, ("1e-3", "2e-3", "5e-3")),
    ],
)
def test_log_ticks(low: float, high: float, ticks: int, labels: tuple[str, ...]) -> None:
    assert log_axis(low, high, ticks, short_rate).labels == labels


@given(st.floats(-280, 280), st.floats(0, 20), st.integers(2, 9))
def test_a_log_axis_holds_its_range_with_few_ticks(low: float, decades: float, ticks: int) -> None:
    axis = log_axis(10**low, 10 ** (low + decades), ticks, short_rate)
    assert axis.low <= low + 1e-6
    assert axis.high >= low + decades - 1e-6
    assert 1 <= len(axis.ticks) <= ticks
    assert all(axis.low - 1e-6 <= tick <= axis.high + 1e-6 for tick in axis.ticks)


def test_a_narrow_logarithmic_range_has_linear_ticks_and_is_not_widened_to_decades() -> None:
    axis = log_axis(1.52, 2.27, 5, short_loss)
    assert axis.labels == ("1.6", "1.8", "2", "2.2")
    assert axis.ticks == pytest.approx([math.log10(float(label)) for label in axis.labels])
    assert 10**axis.high - 10**axis.low < 1.0


def test_the_ticks_of_rates_are_the_levels_that_were_held_and_round_ones_between() -> None:
    flat = rate_axis(1e-2, 1e-2, [1e-2], 4, log=True)
    assert (flat.labels[0], flat.ticks[0]) == ("1e-2", -2.0)
    cut = rate_axis(3e-4, 3e-2, [3e-2, 3e-4, 3e-3], 14, log=True)
    assert cut.labels[:3] == ("3e-2", "3e-4", "3e-3")
    assert {"1e-2", "1e-3"} <= set(cut.labels)
    few = rate_axis(3e-4, 3e-2, [3e-2, 3e-4, 3e-3], 3, log=True)
    assert few.labels == ("3e-2", "3e-4", "3e-3")
    linear = rate_axis(0.0, 3e-3, [3e-3], 9, log=False)
    assert linear.labels[0] == "3e-3"
    assert "0" in linear.labels
    assert rate_axis(5e-3, 5e-3, [5e-3], 5, log=False).labels[0] == "5e-3"


@given(st.floats(-12, 2), st.floats(0, 9), st.lists(st.floats(0, 1), max_size=6), st.integers(2, 40), st.booleans())
def test_no_two_ticks_of_rates_share_a_row(low: float, wide: float, at: list[float], rows: int, log: bool) -> None:
    levels = [10 ** (low + wide * part) for part in at]
    axis = rate_axis(10**low, 10 ** (low + wide), levels, rows, log=log)
    apart = sorted(axis.ticks)
    assert all(after - before >= 0.999 * (axis.high - axis.low) / (rows - 1) for before, after in pairwise(apart))
    assert axis.ticks
    assert all(axis.low - 1e-6 <= tick <= axis.high + 1e-6 for tick in axis.ticks)


def test_step_ticks() -> None:
    assert step_axis(0, 5000, 5).labels == ("0", "1,000", "2,000", "3,000", "4,000", "5,000")
    assert step_axis(0, 2_400_000, 3).labels == ("0", "1M", "2M")
    assert step_axis(0, 3, 8).labels == ("0", "1", "2", "3")
    assert step_axis(7, 7, 5).high == 8
    assert log_step_axis(0, 5000).labels == ("1", "10", "100", "1,000")


def test_numbers_as_people_write_them() -> None:
    for text in ("2e-3", "1.5e-4", "1e-1", "1", "1.5", "9", "10", "12", "500", "1e4", "0", "3e-10", "-2", "nan"):
        assert short_rate(float(text)) == text
    assert [short_rate(value) for value in (0.996, 9.96, 9999.0)] == ["1", "10", "9999"]
    assert [short_count(value) for value in (0, 950, 12_400, 120_000, 2_500_000)] == [
        "0",
        "950",
        "12,400",
        "120k",
        "2.5M",
    ]
    assert [short_loss(value) for value in (5.0, 0.2, 1e-5, 1e7)] == ["5", "0.2", "1e-5", "1e7"]
