"""The application: its places, its settings, its workers, and how it asks for room."""

import threading
from dataclasses import dataclass
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input
from textual.widgets._toast import Toast

from lrtui.runs.directory import create_run
from lrtui.runs.lock import RunLock
from lrtui.tui.screens.help import Help
from lrtui.tui.screens.prompt import Prompt
from lrtui.tui.screens.small import Small
from lrtui.tui.settings import Settings
from lrtui.worker import detach
from lrtui.worker.detach import WorkerFailedError
from tests.tui.bare import Bare, New, Train, played, until
from tests.tui.stage import screen_text
from tests.tui.worst import WORST, obeyed


def toasts(app: Bare) -> list[tuple[str, str]]:
    return [(note.severity, note.message) for note in app._notifications]


def test_without_a_run_it_opens_the_form(tmp_path: Path) -> None:
    async def scenario(app: Bare, pilot: Pilot[int]) -> None:
        assert isinstance(app.screen, New)
        app.new_run("a config", "other")  # type: ignore[arg-type]
        await pilot.pause()
        assert app.screen.asked == [("a config", "other")]

    played(tmp_path, scenario)


def test_with_a_run_it_opens_the_training(tmp_path: Path) -> None:
    async def scenario(app: Bare, pilot: Pilot[int]) -> None:
        assert isinstance(app.screen, Train)
        assert app.screen.asked == [("otter", True)]

    played(tmp_path, scenario, run="otter", read_only=True)


def test_keys_go_from_place_to_place(tmp_path: Path) -> None:
    async def scenario(app: Bare, pilot: Pilot[int]) -> None:
        for key, mode in (("4", "runs"), ("5", "new"), ("1", "train"), ("4", "runs")):
            await pilot.press(key)
            assert app.current_mode == mode
        app.open_run("badger")
        await pilot.pause()
        assert app.screen.asked == [("otter", False), ("badger", False)]

    played(tmp_path, scenario, run="otter")


def test_a_run_that_cannot_be_shown_is_told(tmp_path: Path) -> None:
    async def scenario(app: Bare, pilot: Pilot[int]) -> None:
        app.open_run("nobody")
        await pilot.pause()
        assert toasts(app) == [("error", "there is no run nobody")]

    played(tmp_path, scenario)


def test_the_training_is_the_live_run_where_none_is_open(tmp_path: Path) -> None:
    async def scenario(app: Bare, pilot: Pilot[int]) -> None:
        await pilot.press("1")
        assert app.current_mode == "new"
        assert [severity for severity, _ in toasts(app)] == ["warning"]
        with RunLock(create_run(tmp_path, "lives")):
            await pilot.press("1")
            await pilot.pause()
        assert app.screen.asked == [("lives", False)]

    played(tmp_path, scenario)


@pytest.mark.parametrize(("run", "asks"), [(None, False), ("otter", True)])
@pytest.mark.parametrize("key", ["q", "ctrl+q", "ctrl+c"])
def test_leaving_asks_the_training_screen_if_there_is_one(
    run: str | None, asks: bool, key: str, tmp_path: Path
) -> None:
    async def scenario(app: Bare, pilot: Pilot[int]) -> None:
        await pilot.press(key)
        if asks:
            assert app.screen.asked[-1] == "leave"

    assert (played(tmp_path, scenario, run=run).return_code == 0) is not asks


def test_re_mapped_keys(tmp_path: Path) -> None:
    async def scenario(app: Bare, pilot: Pilot[int]) -> None:
        await pilot.press("d", "g")
        assert app.screen.asked[1:] == ["decay"]
        await pilot.press("q")
        assert app.is_running
        assert app.screen.asked[1:] == ["decay"]
        await pilot.press("Z", "ctrl+q", "ctrl+c")
        assert app.screen.asked[1:] == ["decay", "leave", "leave", "leave"]

    played(tmp_path, scenario, Settings(keys={"decay": "g", "quit": "Z,ctrl+q"}), run="otter")


@pytest.mark.parametrize("key", ["question_mark", "f1"])
def test_help_opens_over_any_screen(key: str, tmp_path: Path) -> None:
    async def scenario(app: Bare, pilot: Pilot[int]) -> None:
        await pilot.press(key)
        await pilot.pause()
        assert isinstance(app.screen, Help)
        assert screen_text(app).index("New run") < screen_text(app).index("Everywhere")

    played(tmp_path, scenario)


@dataclass
class Begun:
    name: str


class Slow:
    """Workers that begin once they are let go."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.let_go = threading.Event()

    def spawn(self, arguments: list[str]) -> Begun:
        self.asked.append(arguments)
        assert self.let_go.wait(20)
        return Begun("otter")


def test_a_started_worker_is_shown_once_it_has_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workers = Slow()

    async def scenario(app: Bare, pilot: Pilot[int]) -> None:
        app.start_worker(["resume", "otter"])
        await pilot.press("4")
        assert app.current_mode == "runs"
        workers.let_go.set()
        await until(pilot, lambda: app.current_mode == "train")
        await pilot.pause()
        assert app.screen.asked == [("otter", False)]
        assert toasts(app) == [], "they were about other places"

    monkeypatch.setattr(detach, "spawn", workers.spawn)
    played(tmp_path, scenario)
    assert workers.asked == [["resume", "otter", "--home", str(tmp_path)]]


def test_a_worker_that_fails_is_told_and_nothing_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def spawn(arguments: list[str]) -> Begun:
        raise WorkerFailedError("lrtui: there is no [/b] run\x1b[2J", 64)

    async def scenario(app: Bare, pilot: Pilot[int]) -> None:
        app.start_worker(["run"])
        await until(pilot, lambda: len(toasts(app)) == 2)
        assert toasts(app)[1] == ("error", "there is no [/b] run␛[2J")
        assert app.current_mode == "new"

    monkeypatch.setattr(detach, "spawn", spawn)
    played(tmp_path, scenario)


def test_a_key_held_down_starts_one_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workers = Slow()

    async def scenario(app: Bare, pilot: Pilot[int]) -> None:
        for _ in range(3):
            app.start_worker(["run"])
        await pilot.pause()
        assert [severity for severity, _ in toasts(app)] == ["information", "warning"]
        workers.let_go.set()
        await until(pilot, lambda: app.current_mode == "train")
        assert app.is_startling, "a key that comes now was meant for the form"
        app.start_worker(["run"])
        await until(pilot, lambda: len(workers.asked) == 2)

    monkeypatch.setattr(detach, "spawn", workers.spawn)
    played(tmp_path, scenario)


def test_a_run_that_begins_waits_for_what_is_being_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(app: Bare, pilot: Pilot[int]) -> None:
        app.push_screen(Prompt("Open a TOML file", ""))
        await pilot.pause()
        app.start_worker(["run"])
        await until(pilot, lambda: len(toasts(app)) == 2)
        assert toasts(app)[1] == ("information", "otter has begun: 1 shows it")
        await pilot.press("d", "escape")
        assert app.current_mode == "new"
        await pilot.press("1")
        await until(pilot, lambda: app.current_mode == "train" and app.screen.asked == [("otter", False)])

    monkeypatch.setattr(detach, "spawn", lambda arguments: Begun("otter"))
    played(tmp_path, scenario)


def test_a_question_about_one_run_is_not_answered_for_another(tmp_path: Path) -> None:
    answers: list[str | None] = []

    async def scenario(app: Bare, pilot: Pilot[int]) -> None:
        app.push_screen(Prompt("Set the rate", "1e-3"), answers.append)
        await pilot.pause()
        app.open_run("badger")
        await until(pilot, lambda: isinstance(app.screen, Train) and app.screen.asked[-1] == ("badger", False))
        await pilot.press("enter")

    played(tmp_path, scenario, run="otter")
    assert answers == []


def test_leaving_does_not_wait_for_a_worker_that_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workers = Slow()

    async def scenario(app: Bare, pilot: Pilot[int]) -> None:
        app.start_worker(["run"])
        await pilot.press("q")

    monkeypatch.setattr(detach, "spawn", workers.spawn)
    assert played(tmp_path, scenario).return_code == 0
    assert not workers.let_go.is_set()
    workers.let_go.set()
    for thread in threading.enumerate():
        if thread.name == "lrtui-spawn":
            thread.join(10)  # it must end without an exception, which pytest would report


@pytest.mark.parametrize("text", WORST)
def test_the_worst_texts_are_told_safely(text: str, tmp_path: Path) -> None:
    async def scenario(app: Bare, pilot: Pilot[int]) -> None:
        app.tell(text, "error")
        app.tell(f"x {text}", "change")
        await pilot.pause()
        assert obeyed(screen_text(app).replace("\n", "")) == []

    played(tmp_path, scenario)


def test_too_small_it_asks_for_room_and_comes_back(tmp_path: Path) -> None:
    async def scenario(app: Bare, pilot: Pilot[int]) -> None:
        prompt = Prompt("Rate", "12")
        app.push_screen(prompt)
        for size in ((59, 40), (120, 15), (20, 3)):
            await pilot.resize_terminal(*size)
            await until(pilot, lambda: isinstance(app.screen, Small))
            line, *others = screen_text(app).splitlines()
            assert line.startswith(f"lrtui needs 60×16, this is {size[0]}×{size[1]}"[: size[0] - 1])
            assert "".join(others).isspace()
            await pilot.resize_terminal(60, 16)
            await until(pilot, lambda: app.screen is prompt)
        assert prompt.query_one(Input).value == "12"

    played(tmp_path, scenario)


def test_too_small_another_place_asks_for_room_too(tmp_path: Path) -> None:
    async def scenario(app: Bare, pilot: Pilot[int]) -> None:
        await pilot.resize_terminal(40, 10)
        await until(pilot, lambda: isinstance(app.screen, Small))
        app.open_run("otter")
        await until(pilot, lambda: app.current_mode == "train" and isinstance(app.screen, Small))
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: isinstance(app.screen, Train))
        app.go("new")
        await until(pilot, lambda: isinstance(app.screen, New))

    played(tmp_path, scenario)


def test_settings_are_obeyed(tmp_path: Path) -> None:
    async def scenario(app: Bare, pilot: Pilot[int]) -> None:
        assert app.theme == "nord"
        assert app.current_theme.success != app.current_theme.error
        assert app.current_theme.success == "#56B4E9"
        assert app.has_class("-ascii")
        assert app.animation_level == "none"
        app.tell("naïve “quotes” 日本")
        await pilot.pause()
        assert screen_text(app).isascii()
        look = app.look(40, 10, log_y=True)
        assert (look.width, look.ascii, look.log_y, look.palette) == (40, True, True, "colour-blind")

    played(tmp_path, scenario, Settings(theme="nord", palette="colour-blind", ascii=True))


def test_no_color_is_obeyed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(app: Bare, pilot: Pilot[int]) -> None:
        assert app.look(40, 10).colour is False

    monkeypatch.setenv("NO_COLOR", "1")
    played(tmp_path, scenario)


def test_toasts_stand_below_the_headline_and_far_above_figures_and_keys(tmp_path: Path) -> None:
    async def scenario(app: Bare, pilot: Pilot[int]) -> None:
        for number in range(5):
            app.tell(f"told {number}", "warning")
        await until(pilot, lambda: [toast.region.height for toast in app.screen.query(Toast)] == [1, 1])
        assert [toast.region.y for toast in app.screen.query(Toast)] == [1, 2]
        assert "told 4" in screen_text(app)

    played(tmp_path, scenario)
