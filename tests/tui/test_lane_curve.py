"""The curve of a lane: means in bounded memory, the same however its blocks were cut, and taken back by a resume."""

import math
from array import array

import pytest

from lrtui.runs.metrics import Block
from lrtui.tui.lane_curve import LaneCurve


def block(step: int, losses: list[float]) -> Block:
    return Block(0, step, array("d", losses), array("d", [0.1] * len(losses)), array("d", [1.0] * len(losses)))


def curve(total: int, losses: list[float], size: int) -> LaneCurve:
    made = LaneCurve(total)
    for step in range(0, len(losses), size):
        made.add(block(step, losses[step : step + size]))
    return made


@pytest.mark.parametrize("size", [1, 7, 100, 5000])
def test_means_do_not_depend_on_where_blocks_begin(size: int) -> None:
    losses = [5 - step / 1000 for step in range(5000)]
    whole, made = curve(5000, losses, 5000).points, curve(5000, losses, size).points
    assert made.step == whole.step
    assert made.loss == pytest.approx(whole.loss)


def test_a_long_lane_has_few_points_and_a_short_one_all() -> None:
    long = curve(100_000, [2.0] * 100_000, 10_000)
    assert 400 < len(long.step) <= 512
    assert set(long.mean) == {2.0}
    assert list(curve(300, [1.0] * 300, 50).step) == list(range(300))
    assert len(long.tail) == 50


def test_what_is_no_number_counts_for_nothing() -> None:
    made = curve(1000, [3.0] * 100 + [math.nan] * 3 + [1.0, math.inf], 50)
    assert math.isnan(made.mean[made.step.index(100)])
    assert made.end == 105
    assert made.mean[-1] == 1.0 or math.isnan(made.mean[-1])


def test_a_resume_takes_back_what_came_later() -> None:
    losses = [4.0] * 500
    made = curve(2000, losses, 100)
    shown = made.points
    made.add(block(300, []))
    assert made.end == 300
    assert max(made.step) < 300
    assert not made.tail
    made.add(block(300, [1.0] * 100))
    assert made.end == 400
    assert made.mean[-1] == pytest.approx(1.0, abs=0.1)
    assert max(shown.step) > 400, "what is drawn meanwhile stays as it was"
