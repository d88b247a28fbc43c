"""The lines of the Sweep screen that are neither chart nor table."""

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from lrtui.runs.catalog import summarize
from lrtui.runs.lock import RunLock
from lrtui.runs.sweeps import SweepHistory
from lrtui.tui.sweep_details import sweep_facts
from lrtui.tui.sweep_state import SweepView, opening, reduce
from lrtui.tui.sweep_watch import SweepWatch
from lrtui.tui.sweep_words import figures, headline, pruning_preview
from tests.runs.swept import begun_sweep


def live_view(home: Path) -> SweepView:
    run = begun_sweep(home, "live")
    with RunLock(run):
        return reduce(opening("live"), SweepWatch(run).look())


def of_one_rate(history: SweepHistory) -> SweepHistory:
    assert history.started is not None
    return replace(history, started=msgspec.structs.replace(history.started, rates=[1e-3]), rows=history.rows[:1])


def test_one_rate_and_one_lane_are_not_several(tmp_path: Path) -> None:
    view = live_view(tmp_path)
    assert "· 8 rates ·" in headline(view, 200).plain
    assert "  8 lanes  " in headline(view, 200).plain
    assert pruning_preview("4 500", view).startswith("of 8 rates, ")
    view = replace(view, history=of_one_rate(view.history), rows=view.rows[:1])
    assert "· 1 rate ·" in headline(view, 200).plain
    assert "  1 lane  " in headline(view, 200).plain
    assert pruning_preview("4 500", view).startswith("of 1 rate, ")


def test_the_details_of_a_sweep_of_one_rate_have_no_span(tmp_path: Path) -> None:
    history = live_view(tmp_path).history
    summary = summarize(begun_sweep(tmp_path, "other"))
    assert "rates       8 from 1e-3 to 1.6e1" in [line.plain for line in sweep_facts(history, summary, 80, 20)]
    assert "rate        1e-3" in [line.plain for line in sweep_facts(of_one_rate(history), summary, 80, 20)]


@pytest.mark.parametrize(("width", "ends"), [(120, "worker 98% 310 MB"), (90, "4.1/16 GB"), (60, "250")])
def test_where_there_is_little_room_the_machine_says_less(tmp_path: Path, width: int, ends: str) -> None:
    line = figures(live_view(tmp_path), "CPU 93% 4.1/16 GB · worker 98% 310 MB", width, "", {}).plain
    assert line.rstrip().endswith(ends)
    assert len(line) <= width
