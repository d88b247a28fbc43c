"""The way to the Sweep screen: from the start, from the list of runs, from the form, by its key; and away from it."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from lrtui.runs.catalog import Catalog
from lrtui.runs.directory import create_run
from lrtui.runs.live import newest_live_run, newest_sweep
from lrtui.runs.lock import RunLock
from lrtui.tui.screens.sweep import SweepScreen
from lrtui.tui.screens.train import TrainScreen
from lrtui.tui.settings import Settings
from lrtui.worker.postmortem import explain
from tests.runs.story import told_run
from tests.runs.swept import RATES, begun_sweep, told_sweep, train_lane
from tests.tui.screen_text import screen_text
from tests.tui.screens import homes
from tests.tui.screens.test_new_run import Hand
from tests.tui.screens.test_new_run import drive as drive_form
from tests.tui.screens.test_sweep import live_view
from tests.tui.sweep_driving import DrivenSweep, Started, drive_sweep


def played(home: Path, scenario: Callable[[DrivenSweep], Awaitable[None]], run: str | None = None) -> None:
    async def main() -> None:
        app = Started(home, Settings(hz=0.2), run=run)
        async with app.run_test(size=(120, 40)) as pilot:
            await pilot.pause()
            await scenario(DrivenSweep(app, pilot))

    asyncio.run(main())


def test_without_any_it_says_how_to_start_one(tmp_path: Path) -> None:
    async def scenario(driven: DrivenSweep) -> None:
        await driven.press("3")
        told = "no sweep is open: v in the form of a new run (5) starts one, 4 lists those there are"
        await driven.until(lambda: told in screen_text(driven.app))
        for key in ("k", "K", "p", "enter", "space", "R", "Q"):
            driven.app.clear_notifications()
            await driven.press(key)
            assert driven.toasts() == [told]
        for key in ("x", "y", "m", "o", "z", "z", "v", "tab"):
            await driven.press(key)
        await driven.press("5", "q")
        await driven.until(lambda: driven.app.return_code == 0)

    played(tmp_path, scenario)


def test_its_key_opens_the_newest(tmp_path: Path) -> None:
    for age, name in enumerate(("newer", "older")):
        run = told_sweep(tmp_path, name)
        RunLock(run).acquire().release()
        os.utime(run.worker_lock, (time.time() - age, time.time() - age))
    assert newest_sweep(tmp_path) == "newer"
    with RunLock(create_run(tmp_path, "training")):
        assert newest_sweep(tmp_path) == "newer"

    async def scenario(driven: DrivenSweep) -> None:
        await driven.press("3")
        await driven.until(lambda: "newer" in screen_text(driven.app).split("\n")[0])
        driven.app.open_run("older")
        await driven.until(lambda: "older" in screen_text(driven.app).split("\n")[0])
        await driven.press("5", "3")
        await driven.until(lambda: "older" in screen_text(driven.app).split("\n")[0])

    played(tmp_path, scenario)


def test_a_live_sweep_is_no_training(tmp_path: Path) -> None:
    with RunLock(begun_sweep(tmp_path, "live")):
        assert (newest_live_run(tmp_path), newest_live_run(tmp_path, sweeps=False)) == ("live", None)

        async def scenario(driven: DrivenSweep) -> None:
            assert isinstance(driven.app.screen, SweepScreen)
            await driven.press("1")
            assert driven.toasts() == ["Nothing trains here: choose a run (4), or start one (5)."]

        played(tmp_path, scenario, run="live")


def test_runs_and_sweeps_are_shown_each_on_its_screen(tmp_path: Path) -> None:
    told_run(tmp_path, "otter")

    async def scenario(driven: DrivenSweep) -> None:
        driven.app.open_run("otter")
        await driven.until(lambda: isinstance(driven.app.screen, TrainScreen))
        await driven.press("3")
        assert isinstance(driven.app.screen, SweepScreen)
        await driven.press("q")
        await driven.until(lambda: driven.app.return_code == 0)

    drive_sweep(tmp_path, scenario)


def test_leaving_asks_about_the_sweep_that_trains(tmp_path: Path) -> None:
    told_run(tmp_path, "otter")

    async def scenario(driven: DrivenSweep) -> None:
        await driven.pretend(live_view(tmp_path))
        driven.app.open_run("otter")
        await driven.until(lambda: "● finished" in screen_text(driven.app).split("\n")[0])
        await driven.press("q")
        await driven.until(lambda: "live trains on without this screen" in screen_text(driven.app))

    drive_sweep(tmp_path, scenario)


def test_a_sweep_that_is_not_there_is_told(tmp_path: Path) -> None:
    async def scenario(driven: DrivenSweep) -> None:
        driven.app.open_sweep("nowhere")
        await driven.until(driven.toasts)
        assert "nowhere" in driven.toasts()[0]
        assert driven.sweep.view is not None
        assert driven.sweep.view.name == "brave-owl"

    drive_sweep(tmp_path, scenario)


# -- the list of runs -------------------------------------------------------------------------------------------------


def test_the_list_tells_of_sweeps_and_leaves_them_what_is_theirs(tmp_path: Path) -> None:
    told_sweep(tmp_path, "swept", seeds=2)
    told_sweep(tmp_path, "halted", ending="stopped")

    async def scenario(app: homes.Asked, pilot: Pilot[Any]) -> None:
        app.get_screen_stack("runs")[0].table.move_to(homes.listed(app).index("swept"))
        await homes.settled(pilot)
        shown = screen_text(app)
        assert "8 from 1e-3 to 1.6e1 × 2 seeds" in shown
        assert "rung 1: 10 lanes pruned, 4 go on" in shown
        assert "16× mlp 100" in shown
        await pilot.press("enter", "R", "E", "B", "space", "v")
        refused = "swept is a sweep: open it, and make a run of a lane"
        assert app.told == ["swept has finished: open it, and promote a lane", refused, refused, refused, refused]
        app.get_screen_stack("runs")[0].table.move_to(homes.listed(app).index("halted"))
        await pilot.press("R")
        assert app.asked == [("open", "swept"), ("start", "resume", "halted")]

    homes.drive(tmp_path, scenario)


def test_a_sweep_whose_log_is_gone(tmp_path: Path) -> None:
    run = told_sweep(tmp_path, "torn")
    run.events.write_bytes(b"nonsense\n")

    async def scenario(app: homes.Asked, pilot: Pilot[Any]) -> None:
        assert "It never began" in screen_text(app)

    homes.drive(tmp_path, scenario)


def test_a_live_sweep_is_listed_as_far_as_it_is(tmp_path: Path) -> None:
    run, catalog = begun_sweep(tmp_path, "live"), Catalog(tmp_path)
    with RunLock(run):
        assert [(summary.state, summary.step) for summary in catalog.look()] == [("live", 0)]
        train_lane(run, 0, RATES[0], 0, 100)
        assert [summary.step for summary in catalog.look()] == [100]


def test_a_dead_sweep_says_where_it_goes_on(tmp_path: Path) -> None:
    run = begun_sweep(tmp_path, "dead")
    assert explain(run)[-1] == "no checkpoint was saved yet: R resumes from the beginning"
    run.checkpoint(500).mkdir(parents=True)
    assert explain(run)[-1] == "the last checkpoint is at step 500: R resumes from there"


# -- the form ---------------------------------------------------------------------------------------------------------


def test_the_form_starts_a_sweep(tmp_path: Path) -> None:
    async def scenario(hand: Hand) -> None:
        await hand.press("v")
        assert "Train it at which rates, side by side?" in hand.seen
        assert "16 rates" in hand.seen
        await hand.press("ctrl+u", *"1e-3:1", "enter")
        assert "rates are LOW:HIGH:N" in hand.seen
        await hand.type("1e-3:1:8 seeds 2 prune 4")
        await hand.press("enter")
        await hand.until(lambda: hand.app.started)
        (words,) = hand.app.started
        assert words[:3] == ["sweep", "--preset", "quickstart"]
        assert words[-6:] == ["--lr", "1e-3:1:8", "--seeds", "2", "--prune", "4"]

    drive_form(tmp_path, scenario)


@pytest.mark.parametrize("problem", ["optim.lr", "weights"])
def test_a_form_that_cannot_begin_asks_for_no_rates(tmp_path: Path, problem: str) -> None:
    async def scenario(hand: Hand) -> None:
        assert hand.screen.form is not None
        if problem == "weights":
            hand.screen.init_from = "otter"
            told_run(tmp_path, "otter")
        else:
            hand.screen.form.set("optim.lr", "-1")
        await hand.press("v")
        assert hand.app.screen is hand.screen
        assert hand.app.told
        assert not hand.app.started

    drive_form(tmp_path, scenario)
