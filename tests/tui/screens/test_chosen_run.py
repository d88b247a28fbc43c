"""What is done with the run under the cursor: resumed, branched from, deleted, or refused in a sentence."""

import shutil
import threading
from pathlib import Path

import pytest
from textual.pilot import Pilot

from lrtui.runs.catalog import Catalog, RunSummary
from lrtui.runs.directory import RunDirectory, run_names
from lrtui.runs.lock import RunLock
from lrtui.tui.screens.checkpoints import Checkpoints
from lrtui.tui.screens.choice import Choice
from lrtui.tui.screens.resume import ResumeScreen
from lrtui.tui.screens.runs import RunsScreen
from tests.runs.story import told_run
from tests.tui.screen_text import screen_text
from tests.tui.screens.homes import Asked, aged, cursor, drive, four_runs, listed, settled, until

Driver = Pilot[int]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return four_runs(tmp_path)


def test_resume_goes_on_at_once_or_asks(home: Path) -> None:
    async def scenario(app: Asked, pilot: Driver) -> None:
        await pilot.press("R")
        await settled(pilot)
        assert app.told[-1].startswith("live is training already")
        await pilot.press("end", "R")
        await settled(pilot)
        assert app.asked == [("start", "resume", "crash")]
        await pilot.press("E")
        await settled(pilot)
        assert isinstance(app.screen, ResumeScreen)
        await pilot.press("escape", "home", "down", "R")
        await settled(pilot)
        assert isinstance(app.screen, ResumeScreen)
        assert app.screen.run_name == "fini"

    with RunLock(RunDirectory(home / "checkpoints" / "live")):
        drive(home, scenario)


def test_a_branch_begins_with_the_config_and_a_checkpoint(home: Path) -> None:
    async def scenario(app: Asked, pilot: Driver) -> None:
        await pilot.press("end", "B")
        await settled(pilot)
        assert isinstance(app.screen, Checkpoints)
        assert "step 200   lr 5e-2" in screen_text(app)
        await pilot.press("down", "enter")
        await settled(pilot)
        ((kind, config, init_from),) = app.asked
        assert (kind, init_from) == ("new", "crash@200")
        assert config.optim.lr == 0.1  # type: ignore[attr-defined]

    drive(home, scenario)


def test_what_cannot_be_branched_from_is_a_sentence(home: Path) -> None:
    crash = RunDirectory(home / "checkpoints" / "crash")
    crash.config_toml.write_text("[model]\nkind = 'spaceship'\n")
    aged(crash, 10800)
    told_run(home, "bare")

    async def scenario(app: Asked, pilot: Driver) -> None:
        assert cursor(app) == "bare"
        await pilot.press("B")
        await settled(pilot)
        assert "bare has no checkpoint to branch from" in app.told[-1]
        await pilot.press("end", "B")
        await settled(pilot)
        assert "spaceship" in app.told[-1]
        assert app.asked == []

    drive(home, scenario)


def test_deleting_asks_twice_under_different_keys(home: Path) -> None:
    async def scenario(app: Asked, pilot: Driver) -> None:
        await pilot.press("end", "delete")
        assert isinstance(app.screen, Choice)
        await pilot.press("enter")  # the first answer keeps
        assert isinstance(app.screen, RunsScreen)
        await pilot.press("delete", "d", "d")  # one key held down deletes nothing
        assert isinstance(app.screen, Choice)
        assert "crash" in run_names(home)
        await pilot.press("y")
        await settled(pilot)
        assert run_names(home) == ["fini", "live", "saved"]
        assert listed(app) == ["live", "fini", "saved"]
        assert "crash is deleted" in app.told[-1]

    drive(home, scenario)


def test_a_live_run_is_not_deleted_even_when_it_came_to_life_meanwhile(home: Path) -> None:
    async def scenario(app: Asked, pilot: Driver) -> None:
        await pilot.press("delete")
        assert "live is live" in app.told[-1]
        await pilot.press("end", "delete", "d")
        with RunLock(RunDirectory(home / "checkpoints" / "crash")):
            await pilot.press("y")
            await settled(pilot)
        assert "crash is live" in app.told[-1]
        assert "crash" in run_names(home)

    with RunLock(RunDirectory(home / "checkpoints" / "live")):
        drive(home, scenario)


def test_a_look_that_began_before_a_run_was_deleted_is_followed_by_another(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_end, look = threading.Event(), Catalog.look

    def slow(catalog: Catalog) -> list[RunSummary]:
        seen = look(catalog)
        assert may_end.wait(20)
        return seen

    async def scenario(app: Asked, pilot: Driver) -> None:
        screen = app.screen
        assert isinstance(screen, RunsScreen)
        monkeypatch.setattr(Catalog, "look", slow)
        screen.look_again()
        await pilot.press("end", "delete", "d", "y")
        await until(pilot, lambda: "crash" not in run_names(home))
        await until(pilot, lambda: "crash is deleted" in app.told[-1])
        may_end.set()
        await settled(pilot)
        assert listed(app) == ["live", "fini", "saved"]

    drive(home, scenario)


def test_a_run_deleted_by_another_hand_is_a_sentence(home: Path) -> None:
    async def scenario(app: Asked, pilot: Driver) -> None:
        await pilot.press("end")
        shutil.rmtree(home / "checkpoints" / "crash")
        for key in ("R", "B"):
            await pilot.press(key)
            await settled(pilot)
            assert "there is no run 'crash'" in app.told.pop()
        await pilot.press("delete", "d", "y")
        await settled(pilot)
        assert "there is no run 'crash'" in app.told.pop()
        assert "crash" not in listed(app)

    drive(home, scenario)
