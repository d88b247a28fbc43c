"""Each rule on numbers made by hand: where it speaks, and where it must not."""

import math
import random
from dataclasses import replace

import pytest

from lrtui.lr.diagnose import Diagnosis, Evaluation, Signs, diagnose

LN_V, UNIGRAM = 3.3, 2.8


def falling(step: int) -> float:
    return 1.5 + 1.8 * math.exp(-step / 400)


def signs(n: int = 1000, loss=falling, noise: float = 0.05, update: float = 3e-3, **more: object) -> Signs:  # type: ignore[no-untyped-def]
    chance = random.Random(1)
    return Signs(
        **{
            "step": n,
            "ln_v": LN_V,
            "unigram": UNIGRAM,
            "steps": range(n),
            "losses": [loss(step) + chance.gauss(0, noise) for step in range(n)],
            "updates": [(step, update) for step in range(0, n, 100)],
            "lr": 1e-2,
            "highest_lr": 1e-2,
            **more,
        }  # type: ignore[arg-type]
    )


def evaluated(*losses: tuple[float, float]) -> list[Evaluation]:
    return [Evaluation(step=100 * (i + 1), train=train, val=val) for i, (train, val) in enumerate(losses)]


def sign(given: Signs) -> str | None:
    found = diagnose(given)
    return found.sign if found else None


def test_a_healthy_run_has_nothing_wrong_and_nothing_is_known_of_an_empty_one() -> None:
    assert diagnose(signs()) is None
    assert diagnose(Signs(step=0, ln_v=LN_V)) is None
    assert diagnose(signs(1)) is None


@pytest.mark.parametrize("loss", [LN_V, 40.0, LN_V - 0.04, UNIGRAM])
def test_nothing_learned_by_large_updates_is_a_rate_too_high(loss: float) -> None:
    found = diagnose(signs(300, lambda _: loss, update=0.2))
    assert isinstance(found, Diagnosis)
    assert found.line() == "rate too high: try the range test (f) or decay (d)"
    assert f"{loss:.1f}"[:2] in found.numbers[0]
    assert "by 0.2 of their length" in found.numbers[1]


def test_updates_that_leave_nothing_of_the_weights_must_be_made_up_for() -> None:
    stuck = signs(400, lambda _: 2.7, bigram=2.4, updates=[(0, 4.6), (100, 1e-2)])
    found = diagnose(stuck)
    assert isinstance(found, Diagnosis)
    assert found.sign == "rate too high"
    assert "half of what pairs" in found.numbers[0]
    assert sign(replace(stuck, updates=[(0, 0.5)])) is None
    assert sign(signs(400, lambda _: 2.55, bigram=2.4, noise=1.0, updates=[(0, 4.6)])) is None


def test_it_is_not_too_high_before_200_steps_nor_with_small_updates_nor_once_it_has_learned() -> None:
    assert sign(signs(199, lambda _: LN_V, update=0.2)) is None
    assert sign(signs(300, lambda _: LN_V, noise=1.0, update=0.05)) is None
    assert sign(signs(300, update=0.2)) is None
    stuck = signs(1000, lambda _: LN_V, noise=1.0, updates=[(0, 5.0), (900, 1e-2)])
    assert sign(stuck) == "rate too high"
    assert sign(replace(stuck, settled=600)) is None, "what was before the last change does not count"


def test_a_loss_far_above_knowing_nothing_is_a_rate_too_high_however_small_its_updates_are() -> None:
    lost = signs(300, lambda _: LN_V + 0.6, update=5e-3)
    assert sign(lost) == "rate too high"
    assert sign(replace(lost, settled=150)) is None, "the change of the rate has just begun to show"
    assert sign(signs(300, lambda _: LN_V + 0.4, update=5e-3)) != "rate too high"
    assert sign(signs(300, lambda _: LN_V + 0.6, update=4e-6)) == "rate too low", "on another text, and it stays there"


def test_a_loss_that_is_no_number_is_a_rate_too_high() -> None:
    given = signs(50)
    assert sign(replace(given, losses=[*given.losses[:-1], math.nan])) == "rate too high"
    assert sign(replace(given, losses=[math.nan, *given.losses[1:]])) is None


def test_updates_that_hardly_move_the_weights_are_a_rate_too_low() -> None:
    found = diagnose(signs(300, lambda step: LN_V - step / 1e4, update=4e-6))
    assert isinstance(found, Diagnosis)
    assert found.line() == "rate too low: raise it (])"
    assert "4e-6" in found.numbers[0]


@pytest.mark.parametrize(
    "more", [{"rising": True}, {"ending": True}, {"settled": 200}, {"update": 2e-5}, {"updates": []}]
)
def test_a_rate_that_is_meant_to_be_low_is_not_too_low(more: dict[str, object]) -> None:
    assert sign(signs(300, lambda step: LN_V - step / 400, **{"update": 4e-6, **more})) is None


def test_a_loss_that_stands_still_is_a_plateau() -> None:
    found = diagnose(signs(2000, lambda _: 1.9, noise=0.1))
    assert isinstance(found, Diagnosis)
    assert found.line({"decay": "D"}) == "plateau since 1,600: decay (D)"
    assert "known to ±" in found.numbers[0]


def test_no_plateau_where_the_loss_falls_or_it_cannot_be_known() -> None:
    assert sign(signs(2000, lambda step: 3 - step / 2000, noise=0.1)) is None
    assert sign(signs(2000, lambda _: 1.9, noise=1.0)) is None, "too noisy to say"
    assert sign(signs(900, lambda _: 1.9)) is None, "a window of less than 200 steps"
    assert sign(signs(2000, lambda _: 1.9, settled=1900)) is None, "the rate has just been changed"
    assert sign(signs(2000, lambda _: 1.9, ending=True)) is None, "the schedule has ended"
    assert sign(signs(2000, lambda _: 0.01, noise=0.001)) is None, "all is learned"


def test_means_of_many_steps_say_the_same() -> None:
    given = signs(4000, lambda _: 1.9, noise=0.1)
    steps, losses = given.steps[::10], [sum(given.losses[i : i + 10]) / 10 for i in range(0, 4000, 10)]
    assert sign(replace(given, steps=steps, losses=losses)) == "plateau"


def test_flat_after_a_decay_with_both_losses_high_is_underfitting() -> None:
    given = signs(2000, lambda _: 1.9, lr=1e-3, evaluations=evaluated((1.9, 1.92)))
    found = diagnose(given)
    assert isinstance(found, Diagnosis)
    assert found.line() == "underfitting: a larger model"
    assert sign(replace(given, evaluations=evaluated((1.5, 1.92)))) is None, "it could overfit: it is large enough"
    assert sign(replace(given, evaluations=evaluated((0.2, 0.21)))) is None, "it has learned all there is"
    assert sign(replace(given, evaluations=[])) is None
    assert sign(replace(given, lr=5e-3)) == "plateau"


OVERFIT = [(2.0, 2.1), (1.6, 1.9), (1.3, 1.95), (1.1, 2.05), (0.9, 2.2)]


def test_val_that_rises_while_train_falls_is_overfitting_since_its_best() -> None:
    found = diagnose(signs(evaluations=evaluated(*OVERFIT)))
    assert isinstance(found, Diagnosis)
    assert found.line() == "overfitting since step 200, the best checkpoint"
    assert found.numbers[0].startswith("val 1.900 → 1.950 → 2.050 → 2.200")


@pytest.mark.parametrize(
    "losses",
    [
        OVERFIT[:4],
        [(2.0, 2.1), (1.6, 1.9), (1.7, 1.95), (1.8, 2.05), (1.9, 2.2)],
        [(2.0, 2.1), (1.6, 1.9), (1.59, 1.92), (1.595, 1.92), (1.59, 1.92)],
        [(2.0, 2.1), (1.6, 1.9), (1.3, 1.95), (1.1, 2.05), (0.9, 1.89)],
        [(math.nan, math.nan)] * 5,
    ],
    ids=["two only", "train rises too", "noise", "a new best", "no numbers"],
)
def test_it_is_not_overfitting(losses: list[tuple[float, float]]) -> None:
    assert sign(signs(evaluations=evaluated(*losses))) is None


def test_a_fresh_optimizer_is_told_for_200_steps_and_before_all_else() -> None:
    given = signs(1000, lambda _: LN_V, update=0.5, fresh_optimizer=900, settled=900)
    found = diagnose(given)
    assert isinstance(found, Diagnosis)
    assert found.line() == "fresh optimizer state: expect a bump"
    assert found.numbers == ("the optimizer's state begins at step 900, 100 steps ago",)
    assert sign(replace(given, fresh_optimizer=800, settled=800)) == "rate too high"
