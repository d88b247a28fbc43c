"""The race on the screen: what its keys send, what is shown while it is on, and when it refuses."""

from dataclasses import replace
from pathlib import Path

import pytest

from lrtui.messages import DropRace, KeepLane, Race
from lrtui.tui.findings import Findings
from lrtui.tui.races import Races
from lrtui.tui.screens.race import RaceScreen
from lrtui.tui.screens.train import TrainScreen
from lrtui.tui.state import RunView
from tests.tui.driving import Driven, drive
from tests.tui.raced import RACED, STARTED, races, stepped
from tests.tui.screen_text import matches_snapshot, screen_text
from tests.tui.screens.test_steering import type_in
from tests.tui.views import view


async def shows(driven: Driven, run: RunView, *, read_only: bool = False) -> str:
    """What the race screen shows of this run."""
    await driven.pretend(run, read_only=read_only)
    if not isinstance(driven.app.screen, RaceScreen):
        await driven.press("r")
    return screen_text(driven.app)


async def learns(driven: Driven, known: Races) -> str:
    """What it shows as soon as this is known."""
    train = driven.train
    assert train.view is not None
    train.view = replace(train.view, races=known)
    train.show_run()
    await driven.pilot.pause()
    return screen_text(driven.app)


def test_r_asks_for_factors_and_shows_the_race_when_it_is_on(tmp_path: Path) -> None:
    async def scenario(driven: Driven) -> None:
        await driven.pretend(view())
        await driven.press("r")
        shown = screen_text(driven.app)
        assert "Race the rate (2e-3) times" in shown
        assert "2e-3 → 2e-3, 6e-4, 2e-4; 500 steps each" in shown
        await type_in(driven, "1,10 2000")
        assert "2e-3 → 2e-3, 2e-2; 600 steps each, no more are left" in screen_text(driven.app)
        await driven.press("enter")
        assert driven.link.sent == [Race([1.0, 10.0], 2000)]
        assert isinstance(driven.app.screen, TrainScreen)
        assert "3 lanes set out; training waits" in await learns(driven, races(STARTED))
        assert isinstance(driven.app.screen, RaceScreen)
        shown = await learns(driven, races(STARTED, stepped(0, 20)))
        assert "Lane 1 leads after 40 of 200 steps: ×1, lr 2e-3" in shown
        assert "Sample · lane 1" in shown
        assert "KING RICHARD:" in shown
        shown = await learns(driven, races(STARTED, RACED))
        assert "Lane 2 leads after 200 steps" in shown
        assert "lost after 60 steps" in shown
        await driven.press("enter")
        assert driven.link.sent[1:] == [KeepLane(2)]
        await learns(driven, Races())
        assert isinstance(driven.app.screen, TrainScreen)

    drive(tmp_path, scenario)


def test_commands_by_their_words_begin_a_race_and_decide_it(tmp_path: Path) -> None:
    async def scenario(driven: Driven) -> None:
        await driven.pretend(view())
        driven.train.send_words("race drop")
        driven.train.send_words("race keep")
        await driven.pilot.pause()
        assert driven.link.sent == []
        assert driven.toasts()[-1].startswith("there is no race to decide")
        driven.train.send_words("race 1,0.5 50")
        await learns(driven, races(STARTED, RACED))
        assert isinstance(driven.app.screen, RaceScreen)
        driven.train.send_words("race 1,0.5 50")
        driven.train.send_words("find")
        await driven.pilot.pause()
        assert [told for told in driven.toasts() if "a race is on" in told]
        driven.train.send_words("race keep 1")
        driven.train.send_words("race drop")
        assert driven.link.sent == [Race([1.0, 0.5], 50), KeepLane(1), DropRace()]

    drive(tmp_path, scenario)


def test_no_race_begins_while_a_range_test_is_under_way(tmp_path: Path) -> None:
    async def scenario(driven: Driven) -> None:
        await driven.pretend(view(findings=Findings(running="find")))
        driven.train.send_words("race 1,0.5 50")
        await driven.pilot.pause()
        assert driven.link.sent == []
        assert driven.toasts() == ["a range test is under way. Race when it has ended."]

    drive(tmp_path, scenario)


@pytest.mark.parametrize("text", ["", "1", "1,1 50", "1,x", "keep 1", "drop", "1,2 3"])
def test_what_cannot_be_raced_is_not_sent(tmp_path: Path, text: str) -> None:
    async def scenario(driven: Driven) -> None:
        await driven.pretend(view())
        await driven.press("r")
        await type_in(driven, text)
        await driven.press("enter")
        assert driven.link.sent == []
        await driven.press("escape")

    drive(tmp_path, scenario)


def test_digits_and_arrows_choose_and_escape_drops(tmp_path: Path) -> None:
    async def scenario(driven: Driven) -> None:
        await shows(driven, view(races=races(STARTED, RACED)))
        await driven.press("1")
        assert "Sample · lane 1" in screen_text(driven.app)
        await driven.press("3", "enter")
        assert driven.link.sent == []
        assert driven.toasts() == ["lane 3 was lost after 60 steps: choose another"]
        await driven.press("7")
        assert "keep lane 3" in screen_text(driven.app), "there is no lane 7"
        await driven.press("down", "enter")
        assert driven.link.sent == [KeepLane(1)]
        await driven.press("up", "up")
        assert "keep lane 2" in screen_text(driven.app)
        await driven.press("escape")
        assert driven.link.sent == [KeepLane(1), DropRace()]
        assert isinstance(driven.app.screen, RaceScreen), "until the worker has done it"

    drive(tmp_path, scenario)


def test_back_leaves_the_race_on_and_r_comes_back_to_it(tmp_path: Path) -> None:
    async def scenario(driven: Driven) -> None:
        await shows(driven, view(races=races(STARTED, RACED)))
        await driven.press("z")
        assert isinstance(driven.app.screen, TrainScreen)
        await driven.press("r")
        assert isinstance(driven.app.screen, RaceScreen)
        await driven.press("q")
        assert "trains on without this screen" in screen_text(driven.app)
        assert driven.link.sent == []

    drive(tmp_path, scenario)


def test_who_only_watches_decides_nothing(tmp_path: Path) -> None:
    async def scenario(driven: Driven) -> None:
        shown = await shows(driven, view(races=races(STARTED, RACED)), read_only=True)
        assert "this screen only watches the choice" in shown
        await driven.press("1", "enter")
        assert any("only watches" in told for told in driven.toasts())
        await driven.press("escape")
        assert isinstance(driven.app.screen, TrainScreen)
        await driven.pretend(view(), read_only=True)
        await driven.press("r")
        assert isinstance(driven.app.screen, TrainScreen)
        assert any("only watches" in told for told in driven.toasts())

    drive(tmp_path, scenario)


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 16)])
def test_snapshots(tmp_path: Path, size: tuple[int, int]) -> None:
    async def scenario(driven: Driven) -> None:
        shown = await shows(driven, view(races=races(STARTED, stepped(0, 70))))
        matches_snapshot(shown, f"race-{size[0]}x{size[1]}")
        shown = await learns(driven, races(STARTED, RACED))
        matches_snapshot(shown, f"race-ran-{size[0]}x{size[1]}")

    drive(tmp_path, scenario, size=size)
