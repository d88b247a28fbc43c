"""The Sweep screen: what it shows at every size, and that it follows the sweep on the disk."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len

from lrtui.messages import LanesCut, LanesEvaluated
from lrtui.printable import printable
from lrtui.runs.lock import Holder, RunLock
from lrtui.tui.host import HostMeter
from lrtui.tui.screens.sweep import SweepScreen
from lrtui.tui.seeing import LogLine
from lrtui.tui.sweep_state import SweepView, opening, reduce
from lrtui.tui.sweep_watch import SweepWatch
from lrtui.tui.widgets.chart import Chart
from lrtui.tui.widgets.lane_table import LaneTable
from tests.runs.swept import RATES, begun_sweep, tell, told_sweep, train_lane
from tests.tui.screen_text import matches_snapshot, screen_text
from tests.tui.sweep_driving import DrivenSweep, drive_sweep

SIZES = [(120, 40), (80, 24), (200, 50)]


def live_view(home: Path, *, seeds: int = 1) -> SweepView:
    """A sweep of which all lanes are at step 200."""
    run = begun_sweep(home, "live", seeds=seeds)
    for lane in range(len(RATES) * seeds):
        train_lane(run, lane, RATES[lane // seeds], 0, 200, lane % seeds)
    with RunLock(run):
        return reduce(opening("live"), SweepWatch(run).look())


@pytest.mark.parametrize("size", SIZES)
def test_a_finished_sweep(tmp_path: Path, size: tuple[int, int]) -> None:
    async def scenario(driven: DrivenSweep) -> None:
        await driven.machine_says("CPU 93% 4.1/16 GB")
        matches_snapshot(screen_text(driven.app), f"sweep-{size[0]}x{size[1]}")

    drive_sweep(tmp_path, scenario, size=size)


@pytest.mark.parametrize("size", SIZES[:2])
def test_a_live_sweep_with_seeds(tmp_path: Path, size: tuple[int, int]) -> None:
    async def scenario(driven: DrivenSweep) -> None:
        await driven.pretend(live_view(tmp_path, seeds=2))
        await driven.press("v", "down")
        await driven.machine_says("CPU 93% 4.1/16 GB · worker 98% 310 MB")
        matches_snapshot(screen_text(driven.app), f"sweep-live-{size[0]}x{size[1]}")

    drive_sweep(tmp_path, scenario, size=size)


@pytest.mark.parametrize("size", [(80, 24), (200, 50), (60, 16), (99, 29)])
def test_every_row_fits(tmp_path: Path, size: tuple[int, int]) -> None:
    async def scenario(driven: DrivenSweep) -> None:
        known = live_view(tmp_path, seeds=2)
        for condition in ("opening", "training", "crashed"):
            await driven.pretend(replace(known, condition=condition, ending=("killed by SIGKILL", "x" * 500)))
            for key in ("v", "z"):
                await driven.press(key)
                rows = screen_text(driven.app).split("\n")
                assert len(rows) == size[1]
                assert all(cell_len(row) <= size[0] for row in rows)
                assert "live" in rows[0]
                assert condition in rows[0]

    drive_sweep(tmp_path, scenario, size=size)


def test_the_worst_strings(tmp_path: Path) -> None:
    evil = "[/b] [red]x \x1b]0;evil\x07 \x9b31m \u202eabc \ud800 e" + "\u0301" * 500 + "日本" * 500

    async def scenario(driven: DrivenSweep) -> None:
        view = live_view(tmp_path)
        rows = tuple(replace_row(row, evil) for row in view.rows)
        hostile = replace(
            view,
            name=evil,
            rows=rows,
            config={"model": {"kind": evil, "hidden": evil}},
            log=(LogLine(1, evil),),
            ending=(evil,),
            condition="crashed",
        )
        await driven.pretend(hostile)
        for keys in ((), ("tab",), ("tab",), ("tab",)):
            await driven.press(*keys, "z")
            seen = screen_text(driven.app)
            assert printable(seen, keep_newlines=True) == seen
            await driven.press("z")

    drive_sweep(tmp_path, scenario)


def replace_row(row: object, state: str) -> object:
    import msgspec

    return msgspec.structs.replace(row, state=state)


def test_a_dead_worker_says_so(tmp_path: Path) -> None:
    told_sweep(tmp_path, "gone", ending="")

    async def scenario(driven: DrivenSweep) -> None:
        shown = screen_text(driven.app)
        assert "● crashed" in shown
        assert "R resumes the sweep" in shown
        assert "R Resume" in shown
        await driven.pretend(live_view(tmp_path))
        assert "R resumes the sweep" not in screen_text(driven.app)

    drive_sweep(tmp_path, scenario, name="gone")


def test_it_follows_the_sweep(tmp_path: Path) -> None:
    run = begun_sweep(tmp_path, "live")

    async def scenario(driven: DrivenSweep) -> None:
        assert driven.toasts() == []
        for lane, rate in enumerate(RATES):
            train_lane(run, lane, rate, 0, 100)
        tell(run, LanesEvaluated(100, lanes=[4], val_losses=[2.5]))
        tell(run, LanesCut(100, lanes=[0], cause="killed", died=[100], losses=[3.0], left=7))
        driven.sweep.look_now()
        await driven.until(lambda: driven.sweep.view is not None and driven.sweep.view.step == 100)
        await driven.until(driven.toasts)
        assert "lane 0 cut by hand, 7 go on" in driven.toasts()[0]
        await driven.pilot.pause()
        shown = screen_text(driven.app)
        assert "step 100/1,000" in shown
        assert "cut 100" in shown

    with RunLock(run):
        drive_sweep(tmp_path, scenario, name="live")


def test_it_measures_the_machine_and_the_worker_that_trains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = begun_sweep(tmp_path, "live")
    polls: list[tuple[int | None, str]] = []

    def poll(meter: HostMeter, worker: Holder | None, device: str = "") -> str:
        polls.append((worker.pid if worker else None, device))
        return f"CPU {len(polls)}%"

    monkeypatch.setattr(HostMeter, "poll", poll)

    async def scenario(driven: DrivenSweep) -> None:
        sweep = driven.sweep
        await driven.until(lambda: not sweep.gauge.is_measuring)
        sweep.gauge.measure_now(sweep.run, sweep.view)
        await driven.until(lambda: f"CPU {len(polls)}%" in screen_text(driven.app))
        assert polls[-1] == (os.getpid(), "cpu x86_64")
        assert sweep.view is not None
        await driven.pretend(replace(sweep.view, condition="finished"))
        await driven.until(lambda: not sweep.gauge.is_measuring)
        sweep.gauge.measure_now(sweep.run, sweep.view)
        await driven.until(lambda: not sweep.gauge.is_measuring)
        assert polls[-1] == (None, "cpu x86_64"), "nobody trains it"

    with RunLock(run):
        drive_sweep(tmp_path, scenario, name="live")


def test_nothing_is_drawn_anew_where_nothing_changed(tmp_path: Path) -> None:
    async def scenario(driven: DrivenSweep) -> None:
        view = live_view(tmp_path)
        await driven.pretend(view)
        driven.sweep._show_charts(view, at_once=True)  # they may have rested
        painted: list[str] = []
        for widget in (*driven.sweep.query(Chart), driven.sweep.query_one(LaneTable)):
            widget.refresh = lambda *regions, name=widget.id, **more: painted.append(name)  # type: ignore[method-assign]
        driven.sweep.show_sweep()
        driven.sweep.show_sweep()
        assert painted == []
        await driven.pretend(replace(view, step=view.step + 1))
        assert "table" not in painted

    drive_sweep(tmp_path, scenario)


def test_charts_of_a_live_sweep_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(driven: DrivenSweep) -> None:
        view, drawn = live_view(tmp_path), list[str]()
        await driven.pretend(view)
        monkeypatch.setattr(Chart, "show", lambda self, draw: drawn.append(self.id))
        driven.sweep._rests_until = float("inf")
        await driven.pretend(replace(view, step=view.step + 1))
        assert drawn == []
        await driven.press("m")
        assert drawn, "a key is answered at once"
        drawn.clear()
        await driven.pretend(replace(view, step=view.step + 2, condition="finished"))
        assert drawn, "and so is the end"

    drive_sweep(tmp_path, scenario)


# -- keys that change what is shown ------------------------------------------------------------------------------------


def test_the_cursor_follows_the_best_until_it_is_moved(tmp_path: Path) -> None:
    async def scenario(driven: DrivenSweep) -> None:
        view, table = live_view(tmp_path), driven.sweep.table
        await driven.pretend(view)
        assert chosen(driven) == 4
        worse = tuple(row if row.lane != 4 else replace_loss(row, 9.0) for row in view.rows)
        await driven.pretend(replace(view, rows=worse))
        assert chosen(driven) != 4
        await driven.press("home")
        assert chosen(driven) == 0
        assert "1e-3 here" in screen_text(driven.app)
        await driven.pretend(view)
        assert chosen(driven) == 0
        await driven.press("o")
        assert next(line.lanes[0].lane for line in table._table) == 4
        assert chosen(driven) == 0
        await driven.press("end", "up", "pageup", "pagedown")
        assert table.chosen_by_hand is not None

    drive_sweep(tmp_path, scenario)


def replace_loss(row: object, loss: float) -> object:
    import msgspec

    return msgspec.structs.replace(row, loss=loss)


def chosen(driven: DrivenSweep) -> int:
    line = driven.sweep.chosen
    assert line is not None
    return line.lanes[0].lane


def test_rates_instead_of_lanes(tmp_path: Path) -> None:
    async def scenario(driven: DrivenSweep) -> None:
        await driven.press("v")
        assert driven.toasts() == ["each rate has one lane: a sweep with --seeds has several"]
        await driven.pretend(live_view(tmp_path, seeds=2))
        assert "v Rates" in screen_text(driven.app)
        await driven.press("home", "down", "down", "v")
        assert driven.sweep.table.count == 8
        line = driven.sweep.chosen
        assert line is not None
        assert (line.means is not None, line.key[0]) == (True, RATES[1])
        await driven.press("v")
        assert driven.sweep.table.count == 16

    drive_sweep(tmp_path, scenario)


def test_axes_smoothing_and_zoom(tmp_path: Path) -> None:
    async def scenario(driven: DrivenSweep) -> None:
        sweep: SweepScreen = driven.sweep
        before = screen_text(driven.app)
        assert " 10 " in before, "rungs thin the lanes out early: steps are on a log axis"
        await driven.press("x")
        assert "500" in screen_text(driven.app)
        await driven.press("x", "m")
        assert "Lanes ~0.6" in screen_text(driven.app)
        await driven.press("y")
        assert sweep.looks["lanes"].log_y
        sweep.query_one("#rates").focus()
        await driven.press("y")
        assert sweep.looks["rates"].log_y
        await driven.press("z")
        shown = screen_text(driven.app)
        assert "Loss by learning rate" in shown
        assert "Lanes" not in shown
        assert sweep.query_one("#rates").size.width == 120
        await driven.press("z")
        assert "Lanes ~0.6" in screen_text(driven.app)

    drive_sweep(tmp_path, scenario)


@pytest.mark.parametrize("settings", [{"ascii": True}, {"palette": "colour-blind"}, {"theme": "textual-light"}])
def test_other_looks(tmp_path: Path, settings: dict[str, object]) -> None:
    async def scenario(driven: DrivenSweep) -> None:
        shown = screen_text(driven.app)
        assert "2.56e-1" in shown
        assert shown.isascii() is ("ascii" in settings)

    drive_sweep(tmp_path, scenario, **settings)


def test_without_colour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    async def scenario(driven: DrivenSweep) -> None:
        assert "~" in screen_text(driven.app), "lanes that were cut have a sign of their own"

    drive_sweep(tmp_path, scenario)
