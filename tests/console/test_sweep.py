"""A sweep as lines, as JSON, and as the picture at its end."""

import io
from pathlib import Path

import msgspec

from lrtui.console.sweep import SweepConsole
from lrtui.console.sweep_charts import sweep_picture
from lrtui.messages import LaneRow, LanesCut, LanesEvaluated, LanesStepped, Stepped, Swept, decode_event
from lrtui.plot import Look
from lrtui.runs.directory import create_run
from lrtui.runs.events import EventLog
from lrtui.runs.lock import RunLock
from lrtui.runs.metrics import MetricsWriter
from lrtui.runs.sweep_table import rate_rows
from lrtui.runs.sweeps import SweepPlan, write_plan
from tests.runs.test_sweeps import STARTED

ROWS = [
    LaneRow(lane=i, rate=rate, seed=1 + i % 2, state="done", loss=2.0 + i, val=2.0 + i)
    for i, rate in enumerate((0.1, 0.1, 0.2, 0.2))
]
STEPS = LanesStepped(
    0,
    n=2,
    lanes=[0, 1, 2, 3],
    loss=[[3.0, 2.0], [3.0, 2.0], [3.0, 2.0], [None, 2.5]],
    lr=[[row.rate] * 2 for row in ROWS],
    grad_norm=[[1.0, 1.0]] * 4,  # type: ignore[list-item]
)
VALS = LanesEvaluated(2, lanes=[0], val_losses=[2.0])
CUT = LanesCut(2, lanes=[3], cause="killed", died=[2], losses=[2.5], left=3)
END = Swept(100, table=ROWS, rates=rate_rows(ROWS, 100), winner=0, rate=0.1)


def test_lines_tell_what_happens_and_where_it_stands() -> None:
    out = io.StringIO()
    with SweepConsole(out, clock=lambda: 0.0) as console:
        for event in (STARTED, STEPS, VALS, CUT, END):
            console.show(event)
    lines = out.getvalue().splitlines()
    assert "step 2/100  4 lanes  least loss 2.500 at lr 1e-1" in lines[3]
    assert lines[4] == "step 2  lane 3 cut by hand, 3 go on"
    assert lines[5] == "swept 4 lanes: lr 1e-1 wins, val 2.500 ± 0.707 over 2 seeds"


def test_what_is_past_is_told_with_its_steps_and_without_an_eta() -> None:
    out, now = io.StringIO(), iter(range(100))
    console = SweepConsole(out, clock=lambda: float(next(now)))
    later = msgspec.structs.replace(VALS, step=10, lanes=[0, 1, 2])
    for event in (STARTED, VALS, CUT, later):
        console.show(event, past=True)
    lines = out.getvalue().splitlines()
    assert lines[-3:] == ["step 2/100  4 lanes", "step 2  lane 3 cut by hand, 3 go on", "step 10/100  3 lanes"]


def test_json_is_one_event_a_line() -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    events = [msgspec.structs.replace(STARTED, corpus="naïve 語"), STEPS, END]
    with SweepConsole(out, json=True) as console:
        for event in events:
            console.show(event)
        console.close(None)
    lines = out.buffer.getvalue().splitlines()  # type: ignore[attr-defined]
    assert [decode_event(line) for line in lines] == events


def test_the_picture_of_a_directory(tmp_path: Path) -> None:
    run = create_run(tmp_path, "s")
    write_plan(run, SweepPlan(rates=[0.1, 0.2], seeds=[1, 2]))
    for row in ROWS:
        run.lane(row.lane).path.mkdir(parents=True)
        with MetricsWriter(run.lane(row.lane), 0) as writer:
            losses = [4.0 - 0.02 * step for step in range(100)]
            writer.write(Stepped(0, n=100, loss=losses, lr=[row.rate] * 100, grad_norm=[1.0] * 100))
    with EventLog(run) as log:
        log.append(STARTED)
        with RunLock(run):
            live = sweep_picture(run, Look(width=80, height=12, colour=False))
        killed = sweep_picture(run, Look(width=80, height=12, colour=False))
        log.append(END)
    done = sweep_picture(run, Look(width=80, height=12, colour=False))
    assert "Loss by learning rate" in live
    assert "training at step 100" in live
    assert "crashed at step 100" in killed
    assert "training" not in killed
    assert "2.510" in live  # the mean of the last fifty steps stands for the loss of a lane that trains
    assert "lr 1e-1" in done
    assert done.splitlines()[-1] == "Swept 4 lanes: lr 1e-1 wins, val 2.500 ± 0.707 over 2 seeds"
    assert sweep_picture(run, Look(width=80, height=12, colour=False, ascii=True)).isascii()


def test_the_picture_of_a_single_rate(tmp_path: Path) -> None:
    run = create_run(tmp_path, "s")
    run.lane(0).path.mkdir(parents=True)
    with MetricsWriter(run.lane(0), 0) as writer:
        writer.write(Stepped(0, n=100, loss=[3.0] * 100, lr=[0.1] * 100, grad_norm=[1.0] * 100))
    with EventLog(run) as log:
        log.append(msgspec.structs.replace(STARTED, rates=[0.1], seeds=[1]))
    drawn = sweep_picture(run, Look(width=80, height=12, colour=False))
    assert "Loss by learning rate" in drawn
    assert drawn.count("•") == 1
