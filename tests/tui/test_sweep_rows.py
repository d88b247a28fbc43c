"""The table of a sweep: its order, its columns at every width, and what stands in them."""

from dataclasses import replace
from pathlib import Path

import pytest
from msgspec.structs import replace as replaced
from rich.cells import cell_len

from lrtui.messages import LaneRow
from lrtui.tui.sweep_rows import LaneOrder, columns_for, count_line, heading, row_text, sweep_lines
from lrtui.tui.sweep_state import SweepView, opening, reduce
from lrtui.tui.sweep_watch import SweepWatch
from tests.runs.swept import RATES, told_sweep


def view_of(home: Path, **more: object) -> SweepView:
    return reduce(opening("brave-owl"), SweepWatch(told_sweep(home, **more)).look())  # type: ignore[arg-type]


def test_lanes_by_rate_or_the_best_first(tmp_path: Path) -> None:
    view = view_of(tmp_path)
    lines = sweep_lines(view, LaneOrder())
    assert [line.lanes[0].rate for line in lines] == RATES
    assert [line.state for line in lines][4:] == ["best", "done", "pruned", "diverged"]
    best = sweep_lines(view, LaneOrder(best_first=True))
    assert [line.lanes[0].lane for line in best] == [4, 5, 0, 1, 2, 3, 6, 7]
    assert count_line(view) == "2 done · 5 pruned · 1 lost"


def test_rates_have_means_and_spreads(tmp_path: Path) -> None:
    view = view_of(tmp_path, seeds=2)
    lines = sweep_lines(view, LaneOrder(by_rate=True))
    assert [line.lanes[0].rate for line in lines] == RATES
    assert all(len(line.lanes) == 2 for line in lines)
    columns = columns_for(LaneOrder(by_rate=True), 2, 60)
    assert heading(columns).split() == ["rate", "loss", "±", "val", "±", "state"]
    told = row_text(lines[4], columns).split()
    assert told[0] == "2.56e-1"
    assert told[3:] == ["2.228", "0.007", "done"]
    assert lines[4].state == "best"
    first = sweep_lines(view, LaneOrder(by_rate=True, best_first=True))
    assert [line.lanes[0].rate for line in first][:2] == [0.256, 1.02]
    assert first[-1].lanes[0].rate == RATES[-1]


@pytest.mark.parametrize("width", [1, 8, 20, 36, 42, 44, 58, 120])
@pytest.mark.parametrize("by_rate", [False, True])
def test_columns_fit(tmp_path: Path, width: int, by_rate: bool) -> None:
    order, view = LaneOrder(by_rate=by_rate), view_of(tmp_path, seeds=2)
    columns = columns_for(order, 2, width)
    assert "rate" in heading(columns)
    for line in sweep_lines(view, order):
        assert cell_len(row_text(line, columns)) <= max(width, 7)
        if width >= 20:
            assert line.lanes[0].state != "diverged" or "lost 20" in row_text(line, columns) or width < 36
    if width >= 44 and not by_rate:
        assert heading(columns).split() == ["#", "rate", "seed", "loss", "val", "state"]


def test_a_narrow_table_still_names_lanes(tmp_path: Path) -> None:
    columns = columns_for(LaneOrder(), 1, 36)
    assert heading(columns).split() == ["#", "rate", "loss", "val", "state"]
    line = sweep_lines(view_of(tmp_path), LaneOrder())[0]
    assert row_text(line, columns).split() == ["0", "1e-3", "2.900", "3.475", "pruned", "250"]
    late = LaneRow(lane=0, rate=0.1, seed=1, state="pruned", died=30_000)
    (line,) = sweep_lines(replace(view_of(tmp_path, name="late"), rows=(late,)), LaneOrder())
    columns = columns_for(LaneOrder(), 1, 36, [line])
    assert row_text(line, columns).endswith("out 30,000")
    early, by_hand = (replace(line, lanes=(replaced(late, state=state, died=250),)) for state in ("pruned", "killed"))
    assert row_text(early, columns).endswith("out 250   "), "one word for one thing"
    assert row_text(by_hand, columns).endswith("cut 250   "), "and another for what k does"
    assert row_text(line, columns_for(LaneOrder(), 1, 60, [line])).rstrip().endswith("pruned 30,000")


def test_what_stands_for_a_state(tmp_path: Path) -> None:
    view = view_of(tmp_path)
    hostile = LaneRow(lane=0, rate=0.1, seed=1, state="\x1b]0;evil\x07", kept=True)
    (line,) = sweep_lines(replace(view, rows=(hostile,)), LaneOrder())
    assert row_text(line, columns_for(LaneOrder(), 1, 80)).isprintable()
    assert ", kept" in row_text(line, columns_for(LaneOrder(), 1, 80))
    assert count_line(opening("s")) == "Lanes"
