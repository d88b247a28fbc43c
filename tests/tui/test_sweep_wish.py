"""The typed line that asks for a sweep."""

import pytest

from lrtui.errors import UsageError
from lrtui.tui.sweep_wish import SweepWish, wish_around


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("1e-4:1e0:16", SweepWish("1e-4:1e0:16")),
        ("  1e-3,1e-2  seeds 3", SweepWish("1e-3,1e-2", seeds=3)),
        ("1e-3, 1e-2 --seeds 2 --prune 4", SweepWish("1e-3,1e-2", 2, 4)),
        ("1e-4:1:16 prune 2 100,400 seeds 2", SweepWish("1e-4:1:16", 2, 2, "100,400")),
        ("1e-4:1:16 prune 0", SweepWish("1e-4:1:16")),
    ],
)
def test_what_is_typed(text: str, wish: SweepWish) -> None:
    assert SweepWish.parse(text) == wish


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "type the rates"),
        ("fast", "rates are LOW:HIGH:N"),
        ("1:1e-4:16", "upper end"),
        ("1e-4:1:16 seeds", "seeds takes a number"),
        ("1e-4:1:16 seeds many", "not 'many'"),
        ("1e-4:1:16 prune 1", "eta is 2 to 64"),
        ("1e-4:1:16 often", "neither seeds nor prune"),
        ("1e-4:1:512 seeds 9", "4,608 lanes"),
        ("1e-4:1:16 seeds 0", "1 to 64 seeds"),
        ("1e-4:1:16 prune 4 100,50", "rungs rise"),
        ("1e-4:1:16 prune 4 2000", "before the last step"),
        ("1e-4:1:16 prune 4 1,x", "rungs are steps"),
    ],
)
def test_what_cannot_be(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        SweepWish.parse(text).told(1000)


def test_what_it_would_do_and_the_flags_for_it() -> None:
    wish = SweepWish.parse("1e-4:1e0:16 seeds 3 prune 4")
    assert (
        wish.told(2000)
        == "16 rates × 3 seeds, 1e-4 to 1e0, 2,000 steps; the best 1/4 of the rates go on at step 125, 500"
    )
    assert wish.arguments() == ["--lr", "1e-4:1e0:16", "--seeds", "3", "--prune", "4"]
    assert SweepWish.parse("1e-3").told(10) == "one rate, 1e-3, 10 steps; nothing is pruned"
    assert SweepWish.parse("1e-4:1:16 prune 2 100").arguments()[-2:] == ["--rungs", "100"]


@pytest.mark.parametrize("lr", [1e-7, 3e-4, 0.1, 0.123456, 1e3])
def test_the_line_to_begin_with_is_one(lr: float) -> None:
    assert "16 rates" in SweepWish.parse(wish_around(lr)).told(4000)
