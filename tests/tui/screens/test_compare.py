"""Several runs in one chart: they grow, they vanish, they are unreadable, and the keys change the axes."""

import math
import shutil
from pathlib import Path

import pytest
from textual.pilot import Pilot

from lrtui.runs.directory import RunDirectory, create_run
from lrtui.runs.lock import RunLock
from lrtui.runs.metrics import MetricsWriter
from lrtui.tui.screens.compare import CompareScreen
from tests.runs.story import block
from tests.runs.written import cosine_run
from tests.tui.screen_text import matches_snapshot, screen_text
from tests.tui.screens.homes import Asked, drive, settled

Driver = Pilot[int]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    cosine_run(tmp_path, "one")
    cosine_run(tmp_path, "two", ended=False, stopped=True)
    return tmp_path


async def compare(app: Asked, pilot: Driver, *names: str) -> CompareScreen:
    screen = CompareScreen(names)
    app.push_screen(screen)
    await settled(pilot)
    return screen


async def look(screen: CompareScreen, pilot: Driver) -> None:
    screen.look_again()
    await settled(pilot)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)])
def test_pictures(home: Path, size: tuple[int, int]) -> None:
    async def scenario(app: Asked, pilot: Driver) -> None:
        await compare(app, pilot, "one", "two")
        matches_snapshot(screen_text(app), f"compare-{size[0]}x{size[1]}")

    drive(home, scenario, size)


def test_both_names_stand_in_the_legend_with_their_figures(home: Path) -> None:
    async def scenario(app: Asked, pilot: Driver) -> None:
        await compare(app, pilot, "one", "two")
        heading, *_ = screen_text(app).splitlines()
        assert "one" in heading
        assert "two" in heading
        assert "step 400/400  loss 2.627  best val 2.500" in screen_text(app)

    drive(home, scenario)


def test_a_live_run_keeps_growing(home: Path) -> None:
    async def scenario(app: Asked, pilot: Driver) -> None:
        screen = await compare(app, pilot, "one", "two")
        run = RunDirectory(home / "checkpoints" / "two")
        with RunLock(run):
            with MetricsWriter(run, 300) as metrics:
                metrics.write(block(300, 50))
            await look(screen, pilot)
        assert screen.views["two"].step == 350
        assert "step 350/400" in screen_text(app)

    drive(home, scenario)


def test_a_run_that_is_deleted_or_never_was_is_left_out_and_told(home: Path) -> None:
    async def scenario(app: Asked, pilot: Driver) -> None:
        screen = await compare(app, pilot, "one", "two", "ghost")
        assert list(screen.views) == ["one", "two"]
        assert "there is no run 'ghost'" in app.told[-1]
        shutil.rmtree(home / "checkpoints" / "two")
        await look(screen, pilot)
        assert list(screen.views) == ["one"]
        shutil.rmtree(home / "checkpoints" / "one")
        await look(screen, pilot)
        assert list(screen.views) == []
        assert "nothing to show yet" in screen_text(app)

    drive(home, scenario)


def test_runs_without_a_number(home: Path) -> None:
    create_run(home, "empty")
    unreadable = create_run(home, "unreadable")
    unreadable.events.mkdir()
    run = create_run(home, "lost")
    with MetricsWriter(run, 0) as metrics:
        metrics.write(block(0, 10, lr=math.nan))

    async def scenario(app: Asked, pilot: Driver) -> None:
        screen = await compare(app, pilot, "empty", "unreadable", "lost")
        assert isinstance(app.screen, CompareScreen)
        for key in ("x", "y", "m", "tab", "y"):
            await pilot.press(key)
        assert screen.is_mounted

    drive(home, scenario)


def test_axes_and_smoothing(home: Path) -> None:
    async def scenario(app: Asked, pilot: Driver) -> None:
        screen = await compare(app, pilot, "one")
        plain = screen_text(app)
        await pilot.press("x")
        assert (screen.loss_look.log_x, screen.rate_look.log_x) == (True, True)
        assert screen_text(app) != plain
        await pilot.press("x", "y")
        assert screen.loss_look.log_y
        await pilot.press("tab", "y")
        assert not screen.rate_look.log_y
        await pilot.press("m")
        assert screen.loss_look.smoothing == 0.6
        await pilot.press("m", "m", "m")
        assert screen.loss_look.smoothing == 0.0

    drive(home, scenario)


def test_what_did_not_change_is_not_drawn_again(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(app: Asked, pilot: Driver) -> None:
        screen = await compare(app, pilot, "one", "two")
        drawn: list[object] = []
        monkeypatch.setattr("lrtui.tui.screens.compare.compare_lines", lambda *given: drawn.append(given) or ("", ""))
        await look(screen, pilot)
        assert drawn == []
        screen.action_smooth()
        assert len(drawn) == 2

    drive(home, scenario)
