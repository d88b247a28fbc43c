"""From the story of a run to marks, reference lines, points and ghosts."""

import math
from array import array

from lrtui.messages import Rewound
from lrtui.plot import Mark, Reference
from lrtui.run_charts import LEFT_BEHIND, changes, ghosts, references, shared_references, stumbles, validation
from lrtui.runs.history import History, fold_history
from tests.runs.story import evaluated, scaled, started


def test_every_surviving_change_every_step_back_and_every_nan_is_a_mark() -> None:
    undo = Rewound(step=500, to=400, entries=0, cause="undo")
    history = fold_history([started(), scaled(400, 10.0), undo, undo, scaled(700), scaled(900, 2.0)])
    assert changes(history, [480, 480]) == [
        Mark(400, "undo"),
        Mark(480, "NaN", alarm=True),
        Mark(700, "×0.1"),
        Mark(900, "×2"),
    ]


def test_a_history_of_nothing_shows_nothing() -> None:
    assert changes(History()) == references(History()) == shared_references([]) == ghosts([]) == []
    assert len(validation(History()).x) == 0


def test_a_loss_stumbles_at_its_first_value_that_is_no_number() -> None:
    steps = range(10, 15)
    assert stumbles(steps, array("d", [1, 2, 3, 4, 5])) == []
    assert stumbles(steps, array("d", [1, 2, math.nan, 4, math.inf])) == [12]
    assert stumbles(steps, array("d", [math.inf, -math.inf, 1, 2, 3])) == [10]
    assert stumbles(steps, array("d", [1e200, 1, 1, 1, 1])) == [], "large, but a number"
    assert stumbles([], []) == []


def test_reference_lines_are_shared_only_where_they_agree() -> None:
    one = fold_history([started()])
    assert references(one) == [Reference("uniform", 4.17), Reference("unigram", 3.3), Reference("bigram", 2.45)]
    other = fold_history([replace_baselines(2.9)])
    assert shared_references([one, one]) == references(one)
    assert shared_references([one, other]) == []


def replace_baselines(bigram: float):  # type: ignore[no-untyped-def]
    import msgspec

    return msgspec.structs.replace(started(), baselines={"bigram": bigram})


def test_evaluations_without_a_loss_are_no_points() -> None:
    history = fold_history([started(), evaluated(200, 2.5), evaluated(400, None), evaluated(600, 2.1)])
    curve = validation(history, "val of 1", hue=3)
    assert (list(curve.x), list(curve.y)) == ([200, 600], [2.5, 2.1])
    assert (curve.label, curve.style, curve.hue) == ("val of 1", "points", 3)


def test_only_the_first_ghost_is_named() -> None:
    curves = ghosts([([1, 2], [3.0, 4.0]), ([5], [6.0])], LEFT_BEHIND)
    assert [(curve.label, curve.style) for curve in curves] == [(LEFT_BEHIND, "dim"), ("", "dim")]
    assert list(curves[1].y) == [6.0]
