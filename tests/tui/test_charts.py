"""The charts of a screen, from views made by hand."""

import math
import re
import time
from array import array
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrtui.lr.ledger import cool_down, scale
from lrtui.lr.rate import Rate
from lrtui.lr.schedule import KINDS, Schedule
from lrtui.messages import Rewound
from lrtui.plot import Look
from lrtui.runs.history import fold_history
from lrtui.runs.metrics import Block
from lrtui.tui.buckets import Numbers
from lrtui.tui.charts import _mean, compare_lines, loss_lines, rate_lines, schedule_lines, smoothed, view_span
from lrtui.tui.state import RunView
from tests.runs.story import evaluated, scaled, started

LOOK = Look(width=90, height=18, colour=False)
LOG = replace(LOOK, log_y=True)


def trained(step: int, total: int = 1000, rate: Rate | None = None, lr: float = 0.1, **more: Any) -> RunView:
    numbers = Numbers()
    for at in range(0, step, 1000):
        n = min(1000, step - at)
        loss = array("d", [2.0 + 2.0 * math.exp(-k / 300) for k in range(at, at + n)])
        numbers.add(Block(0, at, loss, array("d", [lr]) * n, loss))
    history = fold_history([started(steps=total), evaluated(200, 2.5)])
    given = {"history": history, "rate": rate or Rate.of(Schedule(base=lr, steps=total)), **more}
    return RunView(name="quiet-otter", config={}, numbers=numbers, step=step, total=total, **given)


EMPTY = trained(0)


def ticks(lines: str) -> list[float]:
    return [float(line.split("┤")[0]) for line in lines.split("\n") if re.match(r"\s*[\d.e+-]+┤", line)]


@given(step=st.integers(0, 10**9), total=st.integers(0, 10**9))
def test_the_x_range_holds_the_run_and_never_more_than_twice_of_it_or_its_total(step: int, total: int) -> None:
    low, high = view_span(replace(EMPTY, step=step, total=total))
    assert low == 0
    assert high >= step
    assert high <= max(100, 2 * 1.1 * step + 1, total)
    assert high == total or high >= 1.1 * step


def test_the_x_range_stays_while_training_moves_on_and_ends_with_the_total() -> None:
    view = trained(0)
    spans = [view_span(replace(view, step=step, total=50_000))[1] for step in range(0, 50_001, 500)]
    assert spans == sorted(spans)
    assert len(set(spans)) <= 14, "each new range repaints the chart"
    assert spans[-1] == 50_000
    assert view_span(replace(view, step=12_400, total=50_000)) == (0, 15_000)
    assert view_span(replace(view, step=30_000, total=50_000)) == (0, 50_000)


def test_the_x_range_holds_the_branches_left_behind() -> None:
    view = trained(900, 1000)
    view.numbers.add(Block(1, 300, array("d"), array("d"), array("d")))
    assert view_span(replace(view, step=300, total=300)) == (0, 1000)


def test_the_loss_shows_everything_that_happened() -> None:
    view = trained(1000)
    steps_back = Rewound(step=900, to=700, entries=1, cause="undo")
    history = fold_history([started(), evaluated(200, 2.5), scaled(400), scaled(800, 2.0), steps_back])
    bad = array("d", [3.0, math.nan, 3.5])
    view.numbers.add(Block(1, 700, array("d"), array("d"), array("d")))
    view.numbers.add(Block(1, 700, bad, bad, bad))
    lines = loss_lines(replace(view, history=history), LOOK)
    assert lines.split("\n")[0] == "Loss   ── loss   ~~ left behind   • val"
    for shown in ("×0.1", "undo", "NaN", "unigram 3.30", "bigram 2.45"):
        assert shown in lines, shown
    assert "×2" not in lines, "that change was undone"
    assert sum(line.count("•") for line in lines.split("\n")[1:]) == 1
    assert "~~~" in lines.split("\n", 1)[1]


def test_both_charts_share_the_x_axis() -> None:
    view = trained(700, 5000)
    for log_x in (False, True):
        look = replace(LOOK, log_x=log_x)
        assert loss_lines(view, look).split("\n")[-1] == rate_lines(view, look).split("\n")[-1]


def test_what_is_left_of_the_schedule_is_dotted_to_the_end_of_the_chart() -> None:
    rate = Rate.of(Schedule(base=0.1, steps=1000))
    rate = rate.apply(scale(rate, 600, 0.1))
    lines = rate_lines(trained(500, 1000, rate), LOG).split("\n")
    assert lines[0] == "Learning rate   ── lr   ┈┈ to come"
    cells = [
        (column, row)
        for row, line in enumerate(lines[1:-2])
        for column, cell in enumerate(line)
        if "\u2800" < cell <= "\u28ff"
    ]
    before = {row for column, row in cells if column < 8 + 48}
    after = {row for column, row in cells if column > 8 + 50}
    assert (len(before), len(after)) == (1, 1)
    assert max(before) < min(after)
    assert max(column for column, _ in cells) >= 88


def test_nothing_is_to_come_after_the_end_or_before_the_beginning() -> None:
    assert "to come" not in rate_lines(trained(1000, 1000), LOG)
    assert "to come" not in rate_lines(replace(trained(500), rate=None), LOG)


def test_a_cool_down_to_zero_is_drawn_on_both_scales() -> None:
    rate = Rate.of(Schedule(base=0.1, steps=1000))
    rate = rate.apply(cool_down(rate, 500, 200))
    view = trained(500, 700, rate)
    assert len(ticks(rate_lines(view, LOG))) >= 2
    assert ticks(rate_lines(view, LOOK))[-1] == 0


def test_smoothing_calms_the_line_and_keeps_its_level() -> None:
    steps, noisy = range(2000), [2.0 + (-1) ** k for k in range(2000)]
    for smoothing in (0.6, 0.9, 0.98):
        calm = smoothed(steps, noisy, smoothing, 4.0)
        assert calm[0] == 3.0
        assert max(abs(value - 2.0) for value in calm[200:]) < 0.25
    assert "~0.9" in loss_lines(trained(500), LOOK, 0.9).split("\n")[0]


def test_smoothing_agrees_with_its_formula() -> None:
    values, keep = [3.0, 1.0, 4.0, 1.0, 5.0], 0.9
    found = smoothed(range(5), values, keep, 1.0)
    for k in range(5):
        weights = [keep ** (k - i) for i in range(k + 1)]
        assert found[k] == pytest.approx(sum(w * v for w, v in zip(weights, values, strict=False)) / sum(weights))


def test_smoothing_forgets_by_steps_not_by_buckets_and_skips_what_is_no_number() -> None:
    single = smoothed(range(100), [float(k) for k in range(100)], 0.9, 10.0)
    pairs = smoothed(range(0, 100, 2), [k + 0.5 for k in range(0, 100, 2)], 0.9, 10.0)
    assert pairs[-1] == pytest.approx(single[-1], abs=1.5)
    holed = smoothed(range(5), [1.0, math.nan, 1.0, math.nan, 2.0], 0.6, 1.0)
    assert [math.isnan(value) for value in holed] == [False, True, False, True, False]
    assert 1.0 < holed[4] < 2.0
    assert list(smoothed([], [], 0.6, 1.0)) == []
    assert list(smoothed([7], [2.0], 0.6, 1.0)) == [2.0]


def test_on_a_log_axis_a_smoothed_fall_stays_near_its_band() -> None:
    steps = 4000
    numbers, loss = Numbers(), array("d", [3.0 * 10 ** (-3 * min(1.0, k / 400)) for k in range(steps)])
    numbers.add(Block(0, 0, loss, loss, loss))
    curve = _mean(numbers.branch, LOG, 0.9, (0, steps))
    worst = max(drawn / true for drawn, true in zip(curve.y, loss, strict=True))
    assert worst < 20, "the linear mean is far too high here"
    assert curve.y[-1] == pytest.approx(loss[-1], rel=0.05)
    linear = _mean(numbers.branch, LOOK, 0.9, (0, steps))
    assert max(drawn / true for drawn, true in zip(linear.y, loss, strict=True)) > 40


def test_a_log_axis_of_steps_shows_how_a_long_run_began() -> None:
    numbers = Numbers()
    for at in range(0, 200_000, 1000):
        loss = array("d", [4.0 if k < 20 else 2.0 for k in range(at, at + 1000)])
        numbers.add(Block(0, at, loss, array("d", [1e-4 if k < 100 else 1e-3 for k in range(at, at + 1000)]), loss))
    view = replace(EMPTY, numbers=numbers, step=200_000, total=200_000)
    for smoothing in (0.0, 0.6):
        rows = loss_lines(view, replace(LOOK, log_x=True), smoothing).split("\n")[1:-2]
        high = {column for column, cell in enumerate(rows[0]) if "\u2800" < cell <= "\u28ff"}
        assert {9, 15, 20} <= high
        low = {column for row in rows[-3:] for column, cell in enumerate(row) if "\u2800" < cell <= "\u28ff"}
        assert {60, 85} <= low
        assert not {9, 15} & low
    rates = rate_lines(view, replace(LOG, log_x=True)).split("\n")[1:-2]
    assert "⠤" in rates[-1][8:20] or "⣀" in rates[-1][8:20] or "⢀" in rates[-1][8:20]


def test_rates_left_behind_are_dim_and_named() -> None:
    view = trained(900, 1000, lr=1e-2)
    view.numbers.add(Block(1, 300, array("d"), array("d"), array("d")))
    more = array("d", [1e-3] * 100)
    view.numbers.add(Block(1, 300, more, more, more))
    heading, *rows = rate_lines(replace(view, step=400), LOG).split("\n")
    assert heading == "Learning rate   ── lr   ┈┈ to come   ~~ left behind"
    assert any("~~~~" in row for row in rows)


@pytest.mark.parametrize("kind", KINDS)
def test_every_schedule_has_a_preview(kind: str) -> None:
    schedule = Schedule(kind=kind, base=0.1, steps=500, warmup=50)
    lines = schedule_lines([("now", schedule, 500), ("then", Rate.of(schedule), 800)], LOOK, "Schedule")
    assert lines.split("\n")[0] == "Schedule   ── now   oo then"
    assert "nothing" not in lines
    assert len(lines.split("\n")) == LOOK.height


def test_runs_are_compared_on_the_same_steps() -> None:
    one, other = trained(900), replace(trained(300, lr=0.01), name="loud-owl")
    loss, rate = compare_lines([one, other], LOOK, LOG, 0.6)
    assert loss.split("\n")[0] == "Loss   ── quiet-otter   oo loud-owl"
    assert loss.split("\n")[-1] == rate.split("\n")[-1]
    assert "bigram 2.45" in loss
    assert "oooo" in rate.split("\n", 1)[1]
    assert compare_lines([], LOOK, LOG)[0].count("nothing to show yet") == 1


def test_a_view_of_nothing_yet_is_drawn() -> None:
    view = replace(trained(0), total=0, rate=None)
    for look in (LOOK, LOG, Look(width=10, height=3), replace(LOG, log_x=True, ascii=True)):
        assert loss_lines(view, look, 0.98)
        assert rate_lines(view, look)


def test_a_long_run_is_drawn_as_quickly_as_a_short_one() -> None:
    def seconds(steps: int) -> float:
        one = array("d", [2.0 + 0.1 * (k % 7) for k in range(1000)])
        numbers = Numbers()
        for at in range(0, steps, 1000):
            numbers.add(Block(0, at, one, one, one))
        view = replace(trained(0), numbers=numbers, step=steps, total=steps)
        found = []
        for width in (88, 89, 90, 91):
            begin = time.process_time()
            loss_lines(view, Look(width=width, height=16), 0.9)
            found.append(time.process_time() - begin)
        return min(found)

    assert seconds(1_000_000) < 4 * seconds(4_000) + 0.01
