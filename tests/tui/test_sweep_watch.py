"""Looks at a sweep's directory, and the view they fold into."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from lrtui.messages import (
    CommandRejected,
    Continued,
    LaneKept,
    LanePromoted,
    LanesCut,
    Paused,
    PruningChanged,
    Stopped,
    SweepResumed,
)
from lrtui.runs.directory import RunDirectory
from lrtui.runs.lock import RunLock
from lrtui.tui.sweep_state import SweepSeen, SweepView, news, opening, promoted, reduce
from lrtui.tui.sweep_watch import SweepWatch
from tests.runs.swept import RATES, RUNG, STEPS, begun_sweep, loss_of, tell, told_sweep, train_lane


def looked(watch: SweepWatch, view: SweepView | None = None, name: str = "brave-owl") -> SweepView:
    return reduce(view or opening(name), watch.look())


def test_a_finished_sweep(tmp_path: Path) -> None:
    view = looked(SweepWatch(told_sweep(tmp_path)))
    assert (view.condition, view.step, view.total, view.left, view.seeds) == ("finished", STEPS, STEPS, 0, 1)
    assert [row.state for row in view.rows] == ["pruned"] * 4 + ["done"] * 2 + ["pruned", "diverged"]
    assert view.best is not None
    assert view.best.rate == 0.256
    assert set(view.curves) == set(range(8))
    assert view.curves[4].step[-1] > 900
    assert view.curves[7].step[-1] == 19
    assert view.log[-1].text.startswith("swept 8 lanes: lr 2.56e-1 wins")
    assert view.log[-1].level == "good"
    assert [line.level for line in view.log if "pruned" in line.text] == ["change"]


def test_a_live_sweep_is_followed(tmp_path: Path) -> None:
    run = begun_sweep(tmp_path)
    with RunLock(run):
        watch = SweepWatch(run, clock=iter([0.0, 1.0, 2.0, 3.0]).__next__)
        view = looked(watch)
        assert (view.condition, view.step, view.left) == ("training", 0, 8)
        assert view.best is None, "nothing is known of any lane yet"
        for lane, rate in enumerate(RATES):
            train_lane(run, lane, rate, 0, 100)
        view = looked(watch, view)
        assert view.step == 100
        assert view.rows[4].loss == pytest.approx(sum(loss_of(0.256, step) for step in range(50, 100)) / 50, rel=1e-4)
        assert view.best is not None
        assert view.best.rate == 0.256
        assert view.rows[4].val is None
        tell(run, LanesCut(100, lanes=[7], cause="killed", died=[100], losses=[9.0], left=7), Paused(100))
        view = looked(watch, view)
        assert (view.condition, view.left, view.rows[7].state, view.rows[7].loss) == ("paused", 7, "killed", 9.0)
        tell(run, Continued(100))
        assert looked(watch, view).condition == "training"


def test_lanes_that_were_cut_are_read_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = SweepWatch(told_sweep(tmp_path, ending=""))
    view = looked(watch)
    assert view.condition == "crashed"
    assert any("the last checkpoint" in line or "no checkpoint" in line for line in view.ending)
    polled: list[int] = []
    for number, lane in watch._lanes.items():
        monkeypatch.setattr(lane.reader, "poll", lambda number=number: polled.append(number) or iter(()))
    looked(watch, view)
    assert polled == [4, 5]


def test_a_resume_takes_lanes_back(tmp_path: Path) -> None:
    run = told_sweep(tmp_path, ending="stopped")
    watch = SweepWatch(run)
    view = looked(watch)
    assert (view.condition, view.left) == ("stopped", 2)
    with RunLock(run):
        resumed = SweepResumed(
            100, run=run.name, badge="exact", rates=RATES, seeds=[1337], steps=STEPS, entries=0, fingerprint={}
        )
        tell(run, resumed)
        for lane, rate in enumerate(RATES[:-1]):
            train_lane(run, lane, rate, 100, 150)
        view = looked(watch, view)
    assert view.condition == "training"
    assert [row.state for row in view.rows] == ["training"] * 7 + ["diverged"]
    assert 147 <= view.curves[0].step[-1] <= 149
    assert (view.step, view.rows[0].val) == (150, None)


def test_another_sweep_of_the_same_name_begins_anew(tmp_path: Path) -> None:
    run = told_sweep(tmp_path)
    watch = SweepWatch(run)
    view = looked(watch)
    shutil.rmtree(run.path)
    view = looked(watch, view)
    assert view.condition == "deleted"
    begun_sweep(tmp_path)
    view = looked(watch, view)
    assert (view.condition, view.step, len(view.curves)) == ("crashed", 0, 0)
    assert [line.text for line in view.log if "swept" in line.text] == []


def test_a_damaged_log_is_told_once(tmp_path: Path) -> None:
    run = told_sweep(tmp_path)
    with run.events.open("ab") as log:
        log.write(b"{nonsense\n")
    watch = SweepWatch(run)
    view = looked(watch)
    view = looked(watch, view)
    assert sum("make no sense" in line.text for line in view.log) == 1
    run.lane(0).metrics(0).unlink()
    assert looked(SweepWatch(RunDirectory(run.path))).condition == "finished"


# -- what is told -----------------------------------------------------------------------------------------------------

HAND = LanesCut(5, lanes=[1], cause="killed", died=[5], losses=[2.0], left=7)


def seen(*events: object, **more: object) -> SweepSeen:
    made = SweepSeen(now=0.0, live=True, config={}, history=opening("s").history)
    return replace(made, events=events, **more)  # type: ignore[arg-type]


def test_what_people_do_is_news_and_what_a_rung_does_is_not() -> None:
    known = replace(opening("s"), looked=True)
    told = [
        HAND,
        LaneKept(5, lane=1),
        PruningChanged(5, eta=0, rungs=[]),
        CommandRejected(5, command="kill", reason="no"),
    ]
    assert len(news(known, seen(*told))) == 4
    by_itself = LanesCut(RUNG, lanes=[1], cause="pruned", died=[5], losses=[2.0], left=7, rung=1)
    again = LanesCut(5, lanes=[1], cause="killed", died=[5], losses=[2.0], left=7, replayed=True)
    assert news(known, seen(by_itself, again, LaneKept(5, lane=1, replayed=True))) == []
    assert news(opening("s"), seen(HAND)) == [], "what happened before is history"
    assert news(known, seen(HAND, anew=True)) == []


def test_lanes_that_became_runs() -> None:
    event = LanePromoted(5, lane=1, run="r", at=5)
    assert promoted(replace(opening("s"), looked=True), seen(HAND, event)) == [event]
    assert promoted(opening("s"), seen(event)) == []


def test_where_it_stands() -> None:
    assert reduce(opening("s"), seen()).condition == "opening"
    assert reduce(opening("s"), seen(live=False, ending=("gone",))).ending == ("gone",)
    assert reduce(opening("s"), seen(deleted=True)).condition == "deleted"
    stopped = Stopped(5, cause="stop", state_sha256="", resume="")
    view = reduce(opening("s"), seen(stopped))
    assert view.log[-1].level == "warning"
