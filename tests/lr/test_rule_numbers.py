"""Every rule shows its numbers, whether it holds or not, and the first that holds is the diagnosis."""

import math

import pytest

from lrtui.lr.diagnose import Signs, diagnose
from lrtui.lr.rule_numbers import rule_numbers
from tests.lr.test_diagnose import LN_V, OVERFIT, evaluated, signs

CASES = {
    "nothing known": Signs(step=0, ln_v=LN_V),
    "healthy": signs(),
    "fresh": signs(1000, lambda _: LN_V, update=0.5, fresh_optimizer=900, settled=900),
    "too high": signs(300, lambda _: LN_V, update=0.2),
    "no number": signs(300, lambda _: math.nan),
    "overfitting": signs(evaluations=evaluated(*OVERFIT)),
    "too low": signs(300, lambda step: LN_V - step / 1e4, update=4e-6),
    "plateau": signs(2000, lambda _: 1.9, noise=0.1),
    "underfitting": signs(2000, lambda _: 1.9, lr=1e-3, evaluations=evaluated((1.9, 1.92))),
}


@pytest.mark.parametrize("case", CASES)
def test_the_first_rule_that_holds_is_the_diagnosis(case: str) -> None:
    rules = rule_numbers(CASES[case])
    assert next((rule.found for rule in rules if rule.found), None) == diagnose(CASES[case])
    assert len(rules) == 5
    assert all(rule.numbers and all(line for line in rule.numbers) for rule in rules)


def numbers(case: Signs) -> dict[str, tuple[str, ...]]:
    return {rule.name: rule.numbers for rule in rule_numbers(case)}


def test_the_numbers_of_a_healthy_run() -> None:
    told = numbers(signs(evaluations=evaluated((2.0, 2.1), (1.6, 1.9))))
    assert told["fresh optimizer"] == ("its state is as old as the weights",)
    assert told["rate too high"][0].endswith("; knowing nothing 3.300, frequencies 2.800")
    assert told["rate too high"][1] == "since step 0 an update was at most 0.003 of the weights"
    assert told["overfitting"] == ("val 1.900 at step 200 is the newest and the best",)
    assert told["plateau, or underfitting"][0].startswith("since step 800 the loss changed by -0.")


def test_what_is_missing_is_said() -> None:
    told = numbers(signs(300, updates=[], settled=200, rising=True))
    assert told["rate too low"] == (
        "no update has been measured since step 200",
        "not in a warm-up, and that goes on",
        "too early: 100 of 200 steps since the last change",
    )
    assert told["overfitting"] == ("nothing has been evaluated",)
    assert told["plateau, or underfitting"][0].startswith("fewer than 200 steps")
    ending = numbers(signs(2000, ending=True))
    assert "not where the schedule ends, and it is about to" in ending["plateau, or underfitting"]


def test_two_rules_may_hold_and_both_say_so() -> None:
    both = signs(2000, lambda _: 1.9, noise=0.1, evaluations=evaluated(*OVERFIT))
    assert [rule.name for rule in rule_numbers(both) if rule.found] == ["overfitting", "plateau, or underfitting"]


@pytest.mark.parametrize("value", [1e300, -1e300, math.inf, 1e154])
def test_losses_beyond_all_reason_are_no_error(value: float) -> None:
    wild = signs(2000, lambda step: value if step % 2 else 1.0)
    assert len(rule_numbers(wild)) == 5
