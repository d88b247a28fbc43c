"""Which samples a rewind left behind, whether it was seen happening or is read back from the files."""

from lrtui.messages import Rewound
from lrtui.tui.branches import eras_of, left_behind
from tests.tui.views import sample

BACK = Rewound(step=550, to=400, entries=0, cause="undo")


def test_read_back_a_sample_belongs_to_the_branch_that_its_step_allows() -> None:
    made = [sample(step, "x") for step in (400, 500, 500, 600)]
    eras = eras_of(made, [BACK], 0)
    assert eras == [0, 0, 1, 1]
    assert left_behind(made, eras, [BACK]) == (False, True, False, False)


def test_a_step_that_the_branch_never_reached_is_of_a_later_one() -> None:
    assert eras_of([sample(500, "x"), sample(600, "x")], [BACK], 0) == [0, 1]


def test_what_comes_after_a_rewind_was_seen_is_of_the_present() -> None:
    assert eras_of([sample(520, "x")], [BACK], 1) == [1]
    assert left_behind([sample(520, "x")], [1], [BACK]) == (False,)


def test_a_second_rewind_takes_more_back() -> None:
    again = Rewound(step=650, to=450, entries=0, cause="undo")
    made = [sample(step, "x") for step in (400, 500, 500, 600, 500)]
    eras = eras_of(made, [BACK, again], 0)
    assert eras == [0, 0, 1, 1, 2]
    assert left_behind(made, eras, [BACK, again]) == (False, True, True, True, False)
