"""Divergence on curves made by hand: what is lost is told in time, what is merely noisy is left alone."""

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrtui.lr.divergence import DivergenceState, fold, update

LN_V = math.log(65)


def first_alarm(losses: list[float]) -> tuple[int, str] | None:
    """The index of the loss that raised the alarm, and its reason."""
    state = DivergenceState()
    for i, loss in enumerate(losses):
        state, reason = update(state, loss, LN_V)
        if reason:
            return i, reason
    return None


def falling(n: int, to: float = 2.0) -> list[float]:
    return [to + (LN_V - to) * math.exp(-i / 50) for i in range(n)]


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_loss_that_is_not_finite_alarms_at_once_and_leaves_the_state(bad: float) -> None:
    assert first_alarm([*falling(3), bad]) == (3, f"the loss is {bad}")
    state, _ = update(DivergenceState(), 3.0, LN_V)
    assert update(state, bad, LN_V)[0] == state


def test_a_run_that_had_learned_and_blows_up() -> None:
    alarm = first_alarm([*falling(300), *[2.0 + 0.1 * i for i in range(300)]])
    assert alarm is not None
    at, reason = alarm
    # the raw loss passes ln V + 0.5 at 327, the smoothed one follows within its memory
    assert 327 < at < 380
    assert reason == "the smoothed loss rose from 2.03 to 4.71; knowing nothing is 4.17"


def test_the_alarm_is_the_first_smoothed_loss_above_the_line() -> None:
    losses = [*[2.0] * 200, *[8.0] * 100]
    weight = 1 - 0.98**200
    smooth, expected = 2.0 * weight, None
    for i in range(200, 300):
        smooth = 0.98 * smooth + 0.02 * 8.0
        if expected is None and smooth / (1 - 0.98 ** (i + 1)) > LN_V + 0.5:
            expected = i
    alarm = first_alarm(losses)
    assert alarm is not None
    assert alarm[0] == expected


def test_a_run_that_starts_above_knowing_nothing_has_lost_nothing() -> None:
    assert first_alarm([LN_V + 3.0] * 500) is None
    assert first_alarm([LN_V + 3.0 * math.exp(-i / 30) for i in range(200)] + falling(500)) is None


def test_a_run_that_never_learned_can_be_lost_too() -> None:
    at, reason = first_alarm([LN_V - 0.01] * 300 + [LN_V + 2.0] * 300) or (0, "")
    assert 310 < at < 330
    assert reason == "the smoothed loss rose from 4.16 to 4.69; knowing nothing is 4.17"


def test_a_run_thrown_off_in_its_first_steps_is_told_before_it_creeps_back() -> None:
    thrown = [LN_V, 6.6, 7.1, 6.0, 5.2, 4.6, 4.2, *falling(300, 2.8)]  # Adam at 0.5 on a small LSTM
    assert first_alarm(thrown) == (4, "the smoothed loss rose from 4.17 to 5.82; knowing nothing is 4.17")


def test_one_bad_batch_in_the_first_steps_is_not_divergence() -> None:
    assert first_alarm([LN_V, LN_V + 2.0, LN_V, *falling(300)]) is None


def test_spikes_and_noise_are_not_divergence() -> None:
    noisy = [loss + (0.8 if i % 2 else -0.8) for i, loss in enumerate(falling(600))]
    noisy[400] = 60.0  # one batch
    assert first_alarm(noisy) is None


def test_smooth_is_the_mean_of_a_constant_from_the_first_loss_on() -> None:
    state = DivergenceState()
    assert state.smooth is None
    for _ in range(5):
        state, _ = update(state, 3.25, LN_V)
        assert state.smooth == pytest.approx(3.25, rel=1e-12)


def test_best_is_the_least_smoothed_loss() -> None:
    state, seen = DivergenceState(), []
    for loss in [*falling(100), *[3.0] * 100]:
        state, _ = update(state, loss, LN_V)
        seen.append(state.smooth)
    assert state.best == min(seen) < seen[-1]


def test_the_state_survives_json_to_the_bit() -> None:
    state = DivergenceState()
    for loss in falling(7):
        state, _ = update(state, loss, LN_V)
    assert msgspec.json.decode(msgspec.json.encode(state), type=DivergenceState) == state


@given(st.lists(st.one_of(st.floats(0.0, 9.0), st.sampled_from([math.nan, math.inf])), max_size=40))
def test_many_losses_at_once_are_one_after_the_other(losses: list[float]) -> None:
    one, many, at = DivergenceState(), DivergenceState(), 0
    expected = []
    for i, loss in enumerate(losses):
        one, reason = update(one, loss, LN_V)
        if reason:
            expected.append((i + 1, reason, one))
    found = []
    while at < len(losses):
        many, at, reason = fold(many, losses, LN_V, at)
        if reason:
            found.append((at, reason, many))
    assert found == expected
    assert many == one
