"""Grids of rates, rungs, and who goes on."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrtui.errors import UsageError
from lrtui.lr.halving import (
    check_eta,
    check_rungs,
    check_size,
    default_rungs,
    grid,
    parse_rates,
    parse_rungs,
    places,
    pruned,
    spread_of,
    standing,
)

NOBODY: frozenset[float] = frozenset()


def test_a_grid_has_even_ratios_and_rates_that_can_be_typed() -> None:
    rates = parse_rates("1e-4:1e0:16")
    assert len(rates) == 16
    assert (rates[0], rates[1], rates[-1]) == (1e-4, 1.85e-4, 1.0)
    assert all(b / a == pytest.approx(10 ** (4 / 15), rel=0.01) for a, b in pairwise(rates))


def test_a_dense_grid_is_not_rounded() -> None:
    rates = grid(1.0, 1.01, 50)
    assert len(set(rates)) == 50


def test_rates_by_name_are_put_in_order() -> None:
    assert parse_rates("1e-2,1e-3") == [1e-3, 1e-2]
    assert parse_rates("0.5") == [0.5]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "LOW:HIGH:N"),
        ("1:2", "LOW:HIGH:N"),
        ("1e-4:x:3", "LOW:HIGH:N"),
        ("1:1e-4:3", "must be above the lower"),
        ("1e-4:1:1", "2 to 512 rates"),
        ("0:1:4", "from 1e-12 to 1e[+]09, not 0"),
        ("nan,1", "not nan"),
        ("1e-3,1e-3", "differ"),
    ],
)
def test_what_are_no_rates_is_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        parse_rates(text)


def test_sizes_that_cannot_be() -> None:
    check_size(16, 32)
    with pytest.raises(UsageError, match="513 lanes"):
        check_size(171, 3)
    with pytest.raises(UsageError, match="1 to 64 seeds"):
        check_size(2, 0)


@pytest.mark.parametrize(
    ("rates", "eta", "steps", "rungs"),
    [
        (64, 4, 2000, [31, 125, 500]),
        (16, 4, 2000, [125, 500]),
        (16, 2, 1600, [100, 200, 400, 800]),
        (64, 4, 300, [18, 75]),  # a first rung at step 4 would say nothing
        (1, 4, 300, []),
        (3, 2, 6, []),
    ],
)
def test_rungs_by_default(rates: int, eta: int, steps: int, rungs: list[int]) -> None:
    assert default_rungs(rates, eta, steps) == rungs


@given(st.integers(1, 512), st.integers(2, 64), st.integers(1, 10**6))
def test_default_rungs_can_always_be_and_cost_little(rates: int, eta: int, steps: int) -> None:
    rungs = default_rungs(rates, eta, steps)
    check_rungs(rungs, steps)
    assert all(places(rates, eta, number) <= rates for number in range(1, len(rungs) + 1))


def test_rungs_are_steps_of_the_run() -> None:
    assert parse_rungs("10,20", 30) == [10, 20]
    for text in ("20,10", "10,10", "0", "30", "-1"):
        with pytest.raises(UsageError, match="rungs rise from 1 to 29"):
            parse_rungs(text, 30)
    with pytest.raises(UsageError, match="rungs are steps"):
        parse_rungs("soon", 30)


def test_eta() -> None:
    assert check_eta(0) == 0
    assert check_eta(4) == 4
    for eta in (1, 65, -2):
        with pytest.raises(UsageError, match="2 to 64"):
            check_eta(eta)


def test_places_never_run_out() -> None:
    assert [places(64, 4, rung) for rung in (1, 2, 3, 4)] == [16, 4, 1, 1]
    assert [places(10, 3, rung) for rung in (1, 2)] == [4, 2]


def test_standing_counts_lost_seeds_before_losses() -> None:
    losses = {0.1: [2.0, 2.2], 0.2: [1.0], 0.3: [2.1, 2.1], 0.4: [math.nan, 1.0], 0.5: [2.1, 2.1]}
    assert standing(losses, {0.2: 1}) == [0.1, 0.3, 0.5, 0.4, 0.2]


def test_the_worst_end_and_the_kept_go_on() -> None:
    losses = {0.1: [1.0], 0.2: [2.0], 0.3: [3.0], 0.4: [4.0]}
    assert pruned(losses, {}, NOBODY, 2) == [0.3, 0.4]
    assert pruned(losses, {}, frozenset({0.4}), 2) == [0.2, 0.3]
    assert pruned(losses, {}, frozenset({0.3, 0.4}), 1) == [0.1, 0.2]
    assert pruned(losses, {}, NOBODY, 9) == []


def test_a_spread_of_seeds() -> None:
    assert spread_of([1.0, 2.0, 3.0]) == (2.0, 1.0)
    assert spread_of([1.5]) == (1.5, 0.0)
    assert all(map(math.isnan, spread_of([])))
