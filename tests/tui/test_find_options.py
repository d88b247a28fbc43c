"""The options of the Find screen as they are typed, told and carried out."""

import pytest

from lrtui.errors import UsageError
from lrtui.messages import Confirm, Find
from lrtui.tui.find_options import FindOptions, check_experiment, range_of
from tests.tui.found import TESTED, refused

DEFAULT = (1e-6, 1.0)


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("", FindOptions()),
        ("1e-6:1 100 confirm 5 200", FindOptions()),
        ("1e-5:1", FindOptions(Find(1e-5, 1.0))),
        ("200 linear", FindOptions(Find(None, None, 200, True))),
        ("confirm 3", FindOptions(lanes=3)),
        ("1e-5:10 50 confirm 8 1,000", FindOptions(Find(1e-5, 10.0, 50), 8, 1000)),
    ],
)
def test_typed(text: str, options: FindOptions) -> None:
    assert FindOptions.parse(text, DEFAULT) == options
    assert FindOptions.parse(options.text(DEFAULT), DEFAULT) == options


@pytest.mark.parametrize(
    "text",
    ["x", "1:1", "1e-6:1:2", "5", "1e6", "confirm 1", "confirm 5 5", "confirm x", "0:1", "nan:1", "1 2 3 4", "[/b]",
     "1e-99:1", "confirm confirm", "confirm 5 200 7"],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        FindOptions.parse(text, DEFAULT)
    assert caught.value.sentence.isprintable()


def test_told() -> None:
    assert FindOptions().told(DEFAULT) == "100 rates from 1e-6 to 1 in even ratios; then 5 rates, 200 steps each"
    assert "evenly spread" in FindOptions(Find(linear=True)).told(DEFAULT)


def test_what_confirms_a_test() -> None:
    assert FindOptions(lanes=3, steps=60).confirm(TESTED) == Confirm(steps=60, rates=[5e-3, 1e-2, 2e-2])
    with pytest.raises(UsageError, match="no band"):
        FindOptions().confirm(refused())


def test_an_experiment_is_foretold_or_refused() -> None:
    assert check_experiment(Find(), DEFAULT).startswith("tests 100 rates from 1e-6 to 1 in even ratios; training waits")
    assert check_experiment(Find(high=10.0), DEFAULT).startswith("tests 100 rates from 1e-6 to 10 ")
    assert check_experiment(Confirm(rates=[0.1, 0.2]), DEFAULT).startswith("trains 2 rates for 200 steps each")
    for impossible in (Find(2.0, 1.0), Find(points=3), Confirm(lanes=1), Confirm(steps=1)):
        with pytest.raises(UsageError):
            check_experiment(impossible, DEFAULT)


def test_the_range_is_that_of_the_model_and_its_optimizer() -> None:
    assert range_of({"model": {"kind": "lstm"}, "optim": {"kind": "adam"}}) == (1e-6, 1.0)
    assert range_of({"model": {"kind": "bigram"}, "optim": {"kind": "sgd"}}) == (1e-4, 1e3)
    assert range_of({}) == (1e-6, 1.0), "a config that cannot be read"
