"""Every key that commands a run: the exact command it sends, what it says before, and when it refuses."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lrtui.errors import UsageError
from lrtui.lr import ledger
from lrtui.messages import (
    Command,
    Continue,
    CoolDown,
    Decay,
    Extend,
    Hold,
    Pause,
    Release,
    Sample,
    Save,
    Scale,
    SetRate,
    Step,
    Stop,
    Undo,
)
from lrtui.runs.directory import create_run
from lrtui.runs.events import EventLog
from lrtui.runs.lock import RunLock
from lrtui.tui.screens.eye import Eye
from tests.runs.story import started
from tests.tui.driving import Driven, FakeLink, drive
from tests.tui.screen_text import screen_text
from tests.tui.views import changed, folded, view

ONE_KEY: list[tuple[str, Command, str]] = [
    ("d", Decay(), "×0.1: 2e-3 → 2e-4 at the next step"),
    ("left_square_bracket", Scale(0.5), "×0.5: 2e-3 → 1e-3 at the next step"),
    ("right_square_bracket", Scale(2.0), "×2: 2e-3 → 4e-3 at the next step"),
    ("left_curly_bracket", SetRate(1e-3), "2e-3 → 1e-3"),
    ("right_curly_bracket", SetRate(5e-3), "2e-3 → 5e-3"),
    ("h", Hold(), "held at 2e-3"),
    ("space", Pause(), "pauses"),
    ("n", Step(1), "trains 1 step"),
    ("s", Sample(), "generates text"),
    ("c", Save(), "saves a checkpoint"),
]


def test_one_key(tmp_path: Path) -> None:
    async def scenario(driven: Driven) -> None:
        for key, command, told in ONE_KEY:
            await driven.pretend(view())
            await driven.press(key)
            assert driven.link.sent == [command]
            assert driven.said().startswith(told)
            assert driven.toasts() == [], "the answer is news, the question is not"

    drive(tmp_path, scenario)


def test_keys_that_depend_on_the_run(tmp_path: Path) -> None:
    async def scenario(driven: Driven) -> None:
        held = folded(view(), ledger.hold(view().rate, 100))  # type: ignore[arg-type]
        for run, key, command in (
            (held, "h", Release()),
            (view(condition="paused"), "space", Continue()),
            (changed(view(), at=300), "u", Undo()),
        ):
            await driven.pretend(run)
            await driven.press(key)
            assert driven.link.sent == [command]

    drive(tmp_path, scenario)


PROMPTED: list[tuple[str, list[str], str, Command]] = [
    ("D", ["0.5"], "×0.5: 2e-3 → 1e-3", Scale(0.5)),
    ("D", [], "×0.1: 2e-3 → 2e-4", Scale(0.1)),
    ("l", ["5e-4"], "2e-3 → 5e-4: the rate stays there", SetRate(5e-4)),
    ("N", ["250"], "trains 250 steps", Step(250)),
    ("w", ["500"], "the run ends at step 900", CoolDown(500)),
    ("w", ["500 sqrt"], "the run ends at step 900", CoolDown(500, "sqrt")),
    ("e", ["500"], "1,000 → 1,500 steps", Extend(500)),
]


def test_prompted(tmp_path: Path) -> None:
    async def scenario(driven: Driven) -> None:
        for key, typed, told, command in PROMPTED:
            await driven.pretend(view())
            await driven.press(key)
            for text in typed:
                await type_in(driven, text)
            assert told in screen_text(driven.app), "the preview stands under the line"
            await driven.press("enter")
            assert driven.link.sent == [command]

    drive(tmp_path, scenario)


async def type_in(driven: Driven, text: str) -> None:
    """Replace what the prompt holds by `text`."""
    driven.app.screen.query_one("Line").value = text  # type: ignore[attr-defined]
    await driven.pilot.pause()


def test_a_wrong_rate_is_refused_in_words(tmp_path: Path) -> None:
    async def scenario(driven: Driven) -> None:
        await driven.pretend(view())
        await driven.press("l")
        for wrong in ("", "x", "-1", "nan", "0", "1e999", "1 2", "[/b]"):
            await type_in(driven, wrong)
            await driven.press("enter")
            assert driven.app.screen is not driven.train, "enter refuses"
        await driven.press("escape")
        assert driven.link.sent == []

    drive(tmp_path, scenario)


def test_extending_a_shape_that_depends_on_the_total_asks(tmp_path: Path) -> None:
    async def scenario(driven: Driven) -> None:
        await driven.pretend(view("cosine", step=500))
        await driven.press("e")
        await type_in(driven, "1000")
        assert "what becomes of the shape is asked next" in screen_text(driven.app)
        await driven.press("enter")
        shown = screen_text(driven.app)
        assert "keep: " in shown
        assert "restart: " in shown
        await driven.press("s")
        assert driven.link.sent == [Extend(1000, "rescale")]

    drive(tmp_path, scenario)


def test_a_prompt_and_a_temperature(tmp_path: Path) -> None:
    async def scenario(driven: Driven) -> None:
        await driven.pretend(view())
        await driven.press("S")
        await type_in(driven, "KING ")
        await driven.press("enter")
        await type_in(driven, "9e9")
        await driven.press("enter")
        assert driven.link.sent == []
        await type_in(driven, "0.5")
        await driven.press("enter")
        assert driven.link.sent == [Sample(prompt="KING ", temperature=0.5)]

    drive(tmp_path, scenario)


def test_a_second_press_is_told_on_top_of_the_first(tmp_path: Path) -> None:
    async def scenario(driven: Driven) -> None:
        await driven.pretend(view())
        await driven.press("right_square_bracket")
        assert driven.said().startswith("×2: 2e-3 → 4e-3")
        await driven.press("right_square_bracket")
        assert driven.said().startswith("×2: 4e-3 → 8e-3")

    drive(tmp_path, scenario)


def test_a_second_press_means_what_the_first_leaves_behind(tmp_path: Path) -> None:
    async def scenario(driven: Driven) -> None:
        for keys, commands in (
            (["h", "h"], [Hold(), Release()]),
            (["space", "space"], [Pause(), Continue()]),
            (["n", "space"], [Step(1), Continue()]),
            (["left_curly_bracket"] * 3, [SetRate(1e-3), SetRate(5e-4), SetRate(2e-4)]),
            (["d", "u", "left_curly_bracket"], [Decay(), Undo(), SetRate(1e-3)]),
        ):
            await driven.pretend(view())
            await driven.press(*keys)
            assert driven.link.sent == commands

    drive(tmp_path, scenario)


def test_what_is_on_its_way_counts_until_a_look_has_found_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = create_run(tmp_path, "quiet-otter")
    with EventLog(run) as writing, RunLock(run):
        writing.append(started())

        def link(run: object, *, failed: object, answered: Callable[[Command, int], None]) -> FakeLink:
            tell.append(answered)
            return FakeLink()

        tell: list[Callable[[Command, int], None]] = []
        monkeypatch.setattr("lrtui.tui.screens.eye.Link", link)

        async def scenario(driven: Driven) -> None:
            train = driven.train
            await driven.until(lambda: train.view is not None and train.view.condition == "training")
            await driven.press("h", "d")
            tell[-1](Hold(), 1)
            await driven.until(lambda: train._on_the_way == 1 and not train.eye.is_looking)
            assert train._expected is not None, "the second is on its way still"
            tell[-1](Decay(), 1)
            await driven.until(lambda: train._expected is None)

        drive(tmp_path, scenario)


def test_a_key_that_comes_as_the_screen_changes_by_itself_is_left_out(tmp_path: Path) -> None:
    async def scenario(driven: Driven) -> None:
        await driven.pretend(view())
        driven.app._startled = time.monotonic()
        await driven.press("s")
        assert driven.link.sent == []
        assert "had just changed" in driven.toasts()[-1]

    drive(tmp_path, scenario)


STEERING = ["d", "D", "left_square_bracket", "left_curly_bracket", "l", "h", "u", "space", "n", "N", "e", "w", "s", "S"]


def test_a_screen_that_only_watches_sends_nothing(tmp_path: Path) -> None:
    async def scenario(driven: Driven) -> None:
        for key in (*STEERING, "c", "R", "Q"):
            await driven.pretend(changed(view(), at=300), read_only=True)
            await driven.press(key)
            assert driven.link.sent == []
            assert driven.app.screen is driven.train
            assert len(driven.toasts()) == 1
            assert "only watches" in driven.toasts()[0]

    drive(tmp_path, scenario)


@pytest.mark.parametrize("condition", ["opening", "finished", "crashed"])
def test_nobody_to_ask(tmp_path: Path, condition: str) -> None:
    async def scenario(driven: Driven) -> None:
        for key in (*STEERING, "c", "Q"):
            await driven.pretend(view(condition=condition))
            await driven.press(key)
            assert driven.link.sent == []
            assert driven.app.screen is driven.train
            assert len(driven.toasts()) == 1

    drive(tmp_path, scenario)


def test_words_of_the_palette(tmp_path: Path) -> None:
    async def scenario(driven: Driven) -> None:
        await driven.pretend(view())
        driven.train.send_words("lr=5e-4")
        driven.train.send_words("dance")
        await driven.pilot.pause()
        assert driven.link.sent == [SetRate(5e-4)]
        assert "there is no command 'dance'" in driven.toasts()[-1]

    drive(tmp_path, scenario)


def test_axes_and_smoothing(tmp_path: Path) -> None:
    async def scenario(driven: Driven) -> None:
        await driven.pretend(view())
        looks = driven.train.charts.looks
        await driven.press("x", "m", "m")
        assert (looks["loss"].log_x, looks["rate"].log_x, looks["loss"].smoothing) == (True, False, 0.9)
        driven.train.query_one("#rate").focus()
        await driven.press("x", "y", "m", "m")
        assert (looks["rate"].log_x, looks["rate"].log_y, looks["loss"].smoothing) == (True, False, 0.0)

    drive(tmp_path, scenario)


def test_resuming(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    async def go_on(app: object, name: str) -> None:
        asked.append(name)

    async def scenario(driven: Driven) -> None:
        for condition in ("crashed", "stopped", "finished"):
            await driven.pretend(view(condition=condition))
            await driven.press("R")
        await driven.pretend(view())
        await driven.press("R")
        assert driven.toasts()[-1] == "quiet-otter is training already"

    monkeypatch.setattr("lrtui.tui.screens.resume.go_on", go_on)
    drive(tmp_path, scenario)
    assert asked == ["quiet-otter"] * 3


def test_stopping_asks_sends_and_leaves_when_it_is_done(tmp_path: Path) -> None:
    async def scenario(driven: Driven) -> None:
        await driven.pretend(view())
        await driven.press("Q", "escape")
        assert driven.link.sent == []
        await driven.press("Q", "s")
        assert driven.link.sent == [Stop()]
        assert driven.app.return_value is None, "it waits for the last word"
        await driven.pretend(view(condition="stopped"))
        assert driven.app.return_value == 0

    drive(tmp_path, scenario)


def test_a_stop_that_fails_or_a_worker_that_dies_of_it_keeps_the_screen(tmp_path: Path) -> None:
    async def scenario(driven: Driven) -> None:
        await driven.pretend(view())
        await driven.press("Q", "s")
        link = driven.train.eye.link
        assert link is not None
        driven.train.post_message(Eye.Refused(link, Stop(), UsageError("it has not answered")))
        await driven.pilot.pause()
        await driven.pretend(view(condition="finished"))
        assert driven.app.return_value is None, "nobody waits for its end any more"
        await driven.pretend(view())
        await driven.press("Q", "s")
        await driven.pretend(view(condition="crashed", ending=("killed by SIGKILL",)))
        assert driven.app.return_value is None
        assert "killed by SIGKILL" in screen_text(driven.app)

    drive(tmp_path, scenario)


@pytest.mark.parametrize(("keys", "left", "sent"), [(["q"], True, []), (["enter"], True, []), (["c"], False, [])])
def test_leaving_asks_while_it_trains(tmp_path: Path, keys: list[str], left: bool, sent: list[Command]) -> None:
    async def scenario(driven: Driven) -> None:
        await driven.pretend(view())
        await driven.press("q", *keys)
        assert driven.link.sent == sent
        assert (driven.app.return_value == 0) is left

    drive(tmp_path, scenario)


@pytest.mark.parametrize(("condition", "read_only"), [("finished", False), ("crashed", False), ("training", True)])
def test_leaving_asks_nothing_where_nothing_is_lost(tmp_path: Path, condition: str, read_only: bool) -> None:
    async def scenario(driven: Driven) -> None:
        await driven.pretend(view(condition=condition), read_only=read_only)
        await driven.press("q")
        assert driven.app.return_value == 0

    drive(tmp_path, scenario)


@pytest.mark.parametrize("key", ["ctrl+c", "ctrl+q"])
def test_who_insists_leaves(tmp_path: Path, key: str) -> None:
    async def scenario(driven: Driven) -> None:
        await driven.pretend(view())
        await driven.press(key, key)
        assert driven.app.return_value == 0
        assert driven.link.sent == [], "the training goes on"

    drive(tmp_path, scenario)


@pytest.mark.parametrize("typed", ["5,000", "5k", "5e3", "5_000"])
def test_numbers_as_the_screen_prints_them_are_understood(tmp_path: Path, typed: str) -> None:
    async def scenario(driven: Driven) -> None:
        await driven.pretend(view())
        await driven.press("e")
        await type_in(driven, typed)
        await driven.press("enter")
        assert driven.link.sent == [Extend(5000)]

    drive(tmp_path, scenario)
