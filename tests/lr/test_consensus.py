"""Our own rule: landmarks of curves made by hand, whatever the noise, the spikes and the number of points."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrtui.lr.consensus import NEVER_DIVERGED, Shape, consensus, read_shape, zero_lag
from lrtui.lr.range_plan import RangePlan
from lrtui.lr.suggest import NO_DESCENT, TOO_FEW, Refusal


def curve(plan: RangePlan, noise: float = 0.0, blow_up: float = 0.3, seed: int = 0) -> list[float]:
    """4 nats, a descent by 1.5 whose middle is at 1e-3, and a blow-up that begins at `blow_up`."""
    chance = random.Random(seed)
    losses = []
    for lr in plan.lrs():
        x = math.log10(lr)
        loss = 4.0 - 1.5 / (1 + math.exp(-3 * (x + 3))) + max(0.0, 3 * (x - math.log10(blow_up))) ** 2
        losses.append(loss + chance.gauss(0, noise))
    return losses


def plan_of(points: int) -> RangePlan:
    return RangePlan(low=1e-6, high=1.0, points=points)


def shape_of(plan: RangePlan, losses: list[float]) -> Shape:
    shape = read_shape(plan.lrs(len(losses)), losses, plan.points)
    assert isinstance(shape, Shape), shape
    return shape


def test_zero_lag_smoothing_has_no_lag_and_forgets_nothing() -> None:
    step = zero_lag([0.0] * 50 + [1.0] * 50, 5.0)
    assert step[49] + step[50] == pytest.approx(1.0)  # symmetric about the step
    assert zero_lag([3.0] * 20, 4.0) == pytest.approx([3.0] * 20)
    weights = [math.exp(-abs(i - 3) / 2.0) for i in range(8)]
    values = [1.0, 5.0, 2.0, 8.0, 0.0, 3.0, 3.0, 9.0]
    expected = sum(w * v for w, v in zip(weights, values, strict=True)) / sum(weights)
    assert zero_lag(values, 2.0)[3] == pytest.approx(expected)


@pytest.mark.parametrize("points", [60, 100, 300, 1000])
def test_the_landmarks_are_where_they_were_put(points: int) -> None:
    plan = plan_of(points)
    shape = shape_of(plan, curve(plan))
    assert 0.01 < shape.bottom < 0.06  # 98 % of the descent are done at 2e-2
    assert 0.3 < shape.divergence < 0.8


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("points", [100, 1000])
def test_noise_moves_a_suggestion_by_little(points: int, seed: int) -> None:
    plan = plan_of(points)
    clean, noisy = (consensus(plan.lrs(), curve(plan, noise, seed=seed), points) for noise in (0.0, 0.15))
    assert isinstance(clean, float)
    assert isinstance(noisy, float)
    assert abs(math.log10(noisy / clean)) < 0.5


@pytest.mark.parametrize("place", [3, 30, 50, 75])
def test_a_single_spike_is_no_landmark(place: int) -> None:
    plan = plan_of(100)
    losses = curve(plan)
    spiked = [*losses]
    spiked[place] += 50.0
    assert consensus(plan.lrs(), spiked, 100) == pytest.approx(consensus(plan.lrs(), losses, 100), rel=0.35)


def test_a_blow_up_to_the_heavens_does_not_reach_back() -> None:
    plan = plan_of(100)
    losses = curve(plan)
    towering = [loss if loss < 4.0 else 1e30 for loss in losses]
    assert consensus(plan.lrs(), towering, 100) == pytest.approx(consensus(plan.lrs(), losses, 100), rel=0.4)


def test_a_loss_that_is_no_number_is_a_divergence() -> None:
    plan = plan_of(100)
    losses = [loss if lr < 0.1 else math.nan for lr, loss in zip(plan.lrs(), curve(plan), strict=True)]
    shape = shape_of(plan, losses)
    assert shape.divergence < 0.1
    answer = consensus(plan.lrs(), losses, 100)
    assert isinstance(answer, float)
    assert answer < 0.05


def test_what_never_diverges_is_told_to_go_higher() -> None:
    plan = plan_of(100)
    losses = curve(plan, blow_up=100.0)
    assert consensus(plan.lrs(), losses, 100) == NEVER_DIVERGED
    assert NEVER_DIVERGED.sentence == "never diverged: raise the upper end"
    assert NEVER_DIVERGED.remedy == "raise"
    assert consensus(plan.lrs(), [4.0 - 0.01 * i for i in range(100)], 100) == NEVER_DIVERGED


def test_a_model_that_has_learned_all_there_is_cannot_diverge_and_needs_not() -> None:
    """Counting 1 2 3: the loss falls to nothing, and with it every gradient."""
    plan = plan_of(100)
    losses = [1.3 / (1 + (lr / 3e-3) ** 2) for lr in plan.lrs()]
    answer = consensus(plan.lrs(), losses, 100)
    assert isinstance(answer, float)
    assert 3e-3 < answer < 2e-2


def test_a_longer_run_gets_a_lower_rate() -> None:
    plan = plan_of(100)
    rates = [consensus(plan.lrs(), curve(plan), 100, horizon) for horizon in (1, 500, 2000, 30_000, 10**9)]
    one, short, middling, long, endless = rates
    assert one == short, "shorter than what was measured is as short as that"
    assert long == endless
    assert isinstance(middling, float)
    assert short == pytest.approx(middling * 4 ** (1 / 3))
    assert long == pytest.approx(middling / 15 ** (1 / 3))


def test_it_keeps_away_from_the_divergence() -> None:
    plan = plan_of(100)
    steep = [4.0 - 1.5 * (lr > 0.01) + 3.0 * (lr > 0.02) for lr in plan.lrs()]
    answer = consensus(plan.lrs(), steep, 100)
    assert isinstance(answer, float)
    assert answer <= 0.02 / 2.5


@pytest.mark.parametrize("noise", [0.0, 0.01, 0.2])
def test_a_plateau_then_a_cliff_is_no_descent(noise: float) -> None:
    chance = random.Random(1)
    losses = [4.0 + chance.gauss(0, noise) for _ in range(70)] + [4.0 + 0.3 * i * i for i in range(10)]
    assert consensus(plan_of(100).lrs(80), losses, 100) == NO_DESCENT
    assert NO_DESCENT.sentence == "no descent: lower the lower end, or the model cannot learn"
    assert consensus(plan_of(100).lrs(), [4.0] * 100, 100) == NO_DESCENT


def test_noise_alone_is_no_descent() -> None:
    for seed in range(60):
        chance = random.Random(seed)
        losses = [2.0 + chance.gauss(0, 0.2) for _ in range(100)]
        assert isinstance(consensus(plan_of(100).lrs(), losses, 100), Refusal), seed


@pytest.mark.parametrize("n", [0, 1, 5, 11])
def test_too_few_points(n: int) -> None:
    plan = plan_of(100)
    assert consensus(plan.lrs(n), curve(plan)[:n], 100) == TOO_FEW
    assert consensus(plan.lrs(), [*curve(plan)[:n], *[math.nan] * (100 - n)], 100) == TOO_FEW


@given(
    st.integers(20, 120),
    st.lists(st.one_of(st.floats(), st.floats(0, 8), st.just(math.nan)), max_size=120),
    st.booleans(),
)
def test_whatever_the_losses_a_suggestion_is_a_rate_that_was_tested(
    points: int, losses: list[float], linear: bool
) -> None:
    plan = RangePlan(low=1e-6, high=10.0, points=points, linear=linear)
    losses = losses[:points]
    answer = consensus(plan.lrs(len(losses)), losses, points)
    finite = next((i for i, loss in enumerate(losses) if not math.isfinite(loss)), len(losses))
    if isinstance(answer, Refusal):
        assert answer.sentence
    else:
        assert plan.low <= answer <= plan.lr(finite - 1)


def test_a_descent_is_seen_through_the_noise_of_small_batches() -> None:
    """A names MLP gives it: flat for half the range, then three deviations of a batch down, then up."""
    plan, found = RangePlan(low=1e-4, high=10.0, points=100), 0
    for seed in range(100):
        chance = random.Random(seed)
        way = [3.35 - 0.3 * max(0.0, min(1.0, (i - 45) / 20)) + 3.0 * max(0.0, i - 80) / 20 for i in range(100)]
        losses = [loss + chance.gauss(0, 0.1) for loss in way]
        found += not isinstance(consensus(plan.lrs(), losses, plan.points), Refusal)
    assert found >= 94


@pytest.mark.parametrize("alike", [0.0, 0.4, 0.7])
def test_losses_that_wander_are_no_descent(alike: float) -> None:
    """A model that has learned already, tested where no rate does anything; neighbouring batches are alike."""
    plan, found = RangePlan(low=1e-6, high=1e-3, points=100), 0
    for seed in range(100):
        chance, wander, losses = random.Random(seed), 0.0, []
        for _ in range(plan.points):
            wander = alike * wander + math.sqrt(1 - alike**2) * chance.gauss(0, 1)
            losses.append(2.0 + 0.1 * wander)
        found += not isinstance(consensus(plan.lrs(), losses, plan.points), Refusal)
    assert found <= 4
