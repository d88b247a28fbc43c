"""The list of runs: what it says of each, and what its keys do, even where runs are broken, hostile or gone."""

import re
import shutil
from pathlib import Path

import msgspec
import pytest
from textual.pilot import Pilot

from lrtui.lr.schedule import Schedule
from lrtui.runs.directory import RunDirectory, create_run
from lrtui.runs.events import EventLog
from lrtui.runs.lock import RunLock
from lrtui.runs.metrics import MetricsWriter
from lrtui.tui.screens.compare import CompareScreen
from lrtui.tui.screens.runs import RunsScreen
from tests.runs.story import block, scaled, started, told_run
from tests.runs.written import cosine_run, write_checkpoint
from tests.tui.screen_text import matches_snapshot, screen_text
from tests.tui.screens.homes import Asked, aged, cursor, drive, four_runs, listed, look, settled, until
from tests.tui.worst import WORST, obeyed

Driver = Pilot[int]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return four_runs(tmp_path)


def test_every_run_with_its_state_the_live_ones_first_then_the_newest(home: Path) -> None:
    async def scenario(app: Asked, pilot: Driver) -> None:
        assert listed(app) == ["live", "fini", "saved", "crash"]
        shown = screen_text(app)
        assert "4 runs · 1 live · 1 finished · 1 stopped · 1 crashed" in shown
        rows = {line.split()[2]: line for line in shown.splitlines()[3:7]}
        assert "● live" in rows["live"]
        assert "✓ fini" in rows["fini"]
        assert re.search(r"‖ saved +stopped ", rows["saved"])
        assert "! crash" in rows["crash"]
        for part in ("400/400", "lstm 1×128", "2.627", "2.500", "1e-1", "1 h"):
            assert part in rows["fini"]

    with RunLock(RunDirectory(home / "checkpoints" / "live")):
        drive(home, scenario)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)])
def test_pictures(home: Path, size: tuple[int, int]) -> None:
    async def scenario(app: Asked, pilot: Driver) -> None:
        await pilot.press("down", "down", "space")
        await settled(pilot)
        # the home has a name of its own, and files hold the name of the machine
        _, *rows = re.sub(r"\d kB", "9 kB", screen_text(app)).splitlines()
        matches_snapshot("\n".join(rows), f"runs-{size[0]}x{size[1]}")

    with RunLock(RunDirectory(home / "checkpoints" / "live")):
        drive(home, scenario, size)


def test_in_ascii_nothing_else_is_written(home: Path) -> None:
    async def scenario(app: Asked, pilot: Driver) -> None:
        assert "+ fini" in screen_text(app)

    drive(home, scenario, ascii=True)


def test_the_run_under_the_cursor_is_told_below(home: Path) -> None:
    async def scenario(app: Asked, pilot: Driver) -> None:
        await pilot.press("down", "down")
        await until(pilot, lambda: "stopped at step 300 (SIGTERM)" in screen_text(app))
        shown = screen_text(app)
        assert "checkpoints 300, 200" in shown
        assert "×0.5: lr 5e-2 → 2.5e-2" in shown

    drive(home, scenario)


def test_checkpoints_are_listed_by_whole_numbers(home: Path) -> None:
    run = RunDirectory(home / "checkpoints" / "fini")
    for step in range(210, 390, 10):
        write_checkpoint(run, step, Schedule(kind="cosine", base=0.1, steps=400))
    aged(run, 3600)

    async def scenario(app: Asked, pilot: Driver) -> None:
        await pilot.press("down")
        await until(pilot, lambda: "checkpoints 400" in screen_text(app))
        listed = re.search(r"checkpoints ([^│]+?) +│", screen_text(app))
        assert listed is not None
        *steps, last = listed[1].split(", ")
        assert last == "…"
        assert steps == ["400", *(f"{step}" for step in range(380, 209, -10))][: len(steps)]

    drive(home, scenario)


def test_an_empty_home_says_how_to_start(tmp_path: Path) -> None:
    async def scenario(app: Asked, pilot: Driver) -> None:
        assert f"No run lives in {tmp_path}: 5 starts one." in screen_text(app).replace("\n", "")
        await pilot.press("enter", "space", "v", "R", "E", "B", "delete", "slash", "escape")
        assert app.asked == []

    drive(tmp_path, scenario, (200, 50))


def test_a_home_that_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "checkpoints").write_text("no folder")

    async def scenario(app: Asked, pilot: Driver) -> None:
        assert "cannot read" in screen_text(app)

    drive(tmp_path, scenario)


def test_the_cursor_stays_on_its_run_while_the_list_changes(home: Path) -> None:
    async def scenario(app: Asked, pilot: Driver) -> None:
        await pilot.press("end")
        assert cursor(app) == "crash"
        cosine_run(home, "brand-new")
        shutil.rmtree(home / "checkpoints" / "fini")
        await look(app, pilot)
        assert listed(app)[0] == "brand-new"
        assert "fini" not in listed(app)
        assert cursor(app) == "crash"
        shutil.rmtree(home / "checkpoints" / "crash")
        await look(app, pilot)
        assert cursor(app) == "saved"

    drive(home, scenario)


def test_only_rows_that_changed_are_drawn_again(home: Path) -> None:
    async def scenario(app: Asked, pilot: Driver) -> None:
        screen = app.screen
        assert isinstance(screen, RunsScreen)
        drawn: list[object] = []
        screen.table.refresh = lambda *regions, **more: drawn.extend(regions)  # type: ignore[assignment,method-assign]
        await look(app, pilot)
        assert drawn == []
        with EventLog(RunDirectory(home / "checkpoints" / "live")) as log:
            log.append(scaled(290))
        await look(app, pilot)
        assert [region.y for region in drawn] == [1]  # type: ignore[attr-defined]

    drive(home, scenario)


def test_enter_and_a_double_click_open_a_run(home: Path) -> None:
    async def scenario(app: Asked, pilot: Driver) -> None:
        await pilot.press("down", "enter")
        await pilot.click("#runs", offset=(8, 4), times=2)
        await pilot.pause()
        assert app.asked == [("open", "fini"), ("open", "saved")]

    drive(home, scenario)


def test_marked_runs_are_overlaid_and_escape_takes_the_marks_away(home: Path) -> None:
    async def scenario(app: Asked, pilot: Driver) -> None:
        await pilot.press("space", "space", "v")
        await settled(pilot)
        assert isinstance(app.screen, CompareScreen)
        assert list(app.screen.views) == ["live", "fini"]
        await pilot.press("escape", "escape", "end", "v")
        await settled(pilot)
        assert isinstance(app.screen, CompareScreen)
        assert list(app.screen.views) == ["crash"]

    drive(home, scenario)


def test_a_filter_by_words(home: Path) -> None:
    async def scenario(app: Asked, pilot: Driver) -> None:
        await pilot.press("slash", *"lstm fin")
        await pilot.pause()
        assert "1 run · 1 finished" in screen_text(app)
        await pilot.press("enter")
        await settled(pilot)
        assert listed(app) == ["fini"]
        await pilot.press("escape")
        assert len(listed(app)) == 4
        await pilot.press("slash", *"[/b]", "enter")
        await settled(pilot)
        assert listed(app) == []

    drive(home, scenario)


def test_runs_that_cannot_be_read_are_listed_and_open_no_trap(home: Path) -> None:
    unreadable = create_run(home, "unreadable")
    unreadable.events.mkdir()
    empty = create_run(home, "empty")
    broken = told_run(home, "broken")
    broken.events.write_bytes(b"\0\0\0\n{]\n")
    for run in (unreadable, empty, broken):
        aged(run, 100_000)

    async def scenario(app: Asked, pilot: Driver) -> None:
        assert {"unreadable", "empty", "broken"} <= set(listed(app))
        for name in ("broken", "empty", "unreadable"):
            while cursor(app) != name:
                await pilot.press("down")
            for key in ("R", "E", "B"):
                app.told.clear()
                await pilot.press(key)
                await settled(pilot)
                assert app.told, (name, key)
            await pilot.press("v")
            await settled(pilot)
            await pilot.press("escape", "home")
        assert app.asked == []
        assert isinstance(app.screen, RunsScreen)

    drive(home, scenario)


@pytest.mark.parametrize("text", WORST)
def test_hostile_texts_reach_no_terminal(tmp_path: Path, text: str) -> None:
    """Corpus, model, baselines and causes are anyone's words."""
    run = create_run(tmp_path, "hostile")
    safe = text.encode("utf-8", "replace").decode()  # no file holds a lone surrogate
    quoted = "".join(f"\\U{ord(c):08x}" for c in safe)
    run.config_toml.write_text(
        f'[model]\nkind = "{quoted}"\nhidden = "{quoted}"\nlayers = 2\n[train]\nsteps = "{quoted}"\n'
        f'[optim]\nkind = "{quoted}"\n[corpus]\nname = "{quoted}"\n'
    )
    with EventLog(run) as log, MetricsWriter(run, 0) as metrics:
        log.append(msgspec.structs.replace(started("hostile"), corpus=safe, baselines={safe: 1.0}))
        log.append(msgspec.structs.replace(scaled(50), cause=safe))
        metrics.write(block(0))
    run.samples.write_bytes(msgspec.json.encode({"step": 1, "lane": 0, "prompt": "", "temperature": 1.0, "text": safe}))

    async def scenario(app: Asked, pilot: Driver) -> None:
        for keys in ((), ("v",), ("escape", "delete"), ("escape", "slash", "h", "enter")):
            await pilot.press(*keys)
            await settled(pilot)
            rows = screen_text(app).splitlines()
            assert not [bad for row in rows for bad in obeyed(row)]
        assert listed(app) == ["hostile"]

    drive(tmp_path, scenario)


def test_twenty_runs_scroll_and_the_cursor_is_always_seen(tmp_path: Path) -> None:
    for number in range(20):
        aged(create_run(tmp_path, f"run-{number:02d}"), 100 * number + 100)

    async def scenario(app: Asked, pilot: Driver) -> None:
        for key in ("pagedown", "pagedown", "end", "pageup", "home", "down", "j", "k", "G", "up"):
            await pilot.press(key)
            assert cursor(app) in screen_text(app)
        assert cursor(app) == "run-18"

    drive(tmp_path, scenario, (80, 24))
