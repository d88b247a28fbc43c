"""The charts of a sweep, from a view of it."""

from pathlib import Path

import msgspec

from lrtui.messages import LaneRow, LanesEvaluated
from lrtui.plot import Look
from lrtui.runs.directory import create_run
from lrtui.tui.charts import ChartLook
from lrtui.tui.sweep_pictures import rates_lines
from lrtui.tui.sweep_state import SweepView, opening, reduce
from lrtui.tui.sweep_watch import SweepWatch
from tests.runs.swept import STEPS, started_sweep, tell, train_lane

LOOK = Look(width=60, height=10, colour=False)


def sweep_of_one_rate(home: Path, steps: int) -> SweepView:
    run = create_run(home, "lone")
    run.lane(0).path.mkdir(parents=True)
    tell(run, msgspec.structs.replace(started_sweep("lone", eta=0), rates=[0.256]))
    if steps:
        train_lane(run, 0, 0.256, 0, steps)
        tell(run, LanesEvaluated(steps, lanes=[0], val_losses=[2.25]))
    return reduce(opening("lone"), SweepWatch(run).look())


def test_the_one_point_of_a_single_rate(tmp_path: Path) -> None:
    drawn = rates_lines(sweep_of_one_rate(tmp_path, STEPS), LOOK, ChartLook())
    assert drawn.count("•") == 1
    assert "lr 2.56e-1" in drawn
    assert "nothing to show" not in drawn


def test_the_legend_names_every_rung_on_a_screen_of_120_columns() -> None:
    died = [125, 250, 500, 1000]
    rows = [LaneRow(lane=i, rate=10.0**-i, seed=1, state="pruned", loss=3.0, died=step) for i, step in enumerate(died)]
    view = SweepView(name="s", rows=(*rows, LaneRow(lane=4, rate=1e-4, seed=1, loss=2.0, val=2.1)), step=2000)
    legend = rates_lines(view, Look(width=70, height=10, colour=False), ChartLook()).splitlines()[0]
    assert all(f"at {step:,}" in legend for step in died)
    assert "val" in legend
    assert len(legend) <= 68, "between the corners of its pane"
    narrow = rates_lines(view, Look(width=36, height=10, colour=False), ChartLook()).splitlines()[0]
    assert narrow.split("   ")[-1].endswith("val"), "what lasts is named first"


def test_nothing_of_a_single_rate_that_has_not_trained(tmp_path: Path) -> None:
    assert "nothing to show yet" in rates_lines(sweep_of_one_rate(tmp_path, 0), LOOK, ChartLook())
