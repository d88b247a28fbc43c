"""The form of a new run under fingers: presets, edits, refusals, files, and what is handed to the worker."""

import asyncio
import inspect
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from lrtui.config.load import load_config, override
from lrtui.config.schema import Config
from lrtui.config.toml import dump_toml
from lrtui.runs.directory import create_run
from lrtui.tui.app import LrtuiApp
from lrtui.tui.screens.choice import Choice
from lrtui.tui.screens.new_run import NewRunScreen
from lrtui.tui.screens.prompt import Prompt
from lrtui.tui.seeing import Level
from lrtui.tui.settings import Settings
from lrtui.tui.starting import NotBegun
from lrtui.tui.widgets.form_table import FormTable
from tests.tui.screen_text import matches_snapshot, screen_text
from tests.tui.worst import WORST, obeyed

_PATIENCE_SECONDS = 10.0
PRESET_KEYS = {"count-rnn": "2", "names-gpt": "4", "names-mlp": "5"}


class Desk(LrtuiApp):
    """The application, but for what it starts and tells: that is kept."""

    CSS_PATH = Path(inspect.getfile(LrtuiApp)).with_name("app.tcss")

    def __init__(self, home: Path) -> None:
        super().__init__(home, Settings())
        self.started: list[list[str]] = []
        self.told: list[str] = []

    def start_worker(self, arguments: Sequence[str]) -> None:
        self.started.append(list(arguments))

    def tell(self, text: str, level: Level = "info") -> None:
        self.told.append(text)


class Hand:
    """What a person sees and does."""

    def __init__(self, app: Desk, pilot: Pilot[Any]) -> None:
        self.app, self.pilot = app, pilot

    @property
    def screen(self) -> NewRunScreen:
        screen = self.app.get_screen_stack("new")[0]
        assert isinstance(screen, NewRunScreen)
        return screen

    @property
    def table(self) -> FormTable:
        return self.screen.query_one(FormTable)

    @property
    def seen(self) -> str:
        return screen_text(self.app)

    def config(self) -> Config:
        assert self.screen.form is not None
        return self.screen.form.checked()

    async def until(self, true: Callable[[], object]) -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not true():
            assert time.monotonic() < deadline, f"what the test waits for did not come; the screen:\n{self.seen}"
            await self.pilot.pause(0.01)

    async def settled(self) -> None:
        await self.pilot.pause()
        await self.app.workers.wait_for_complete()
        await self.pilot.pause()

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def preset(self, name: str) -> None:
        await self.press("p", PRESET_KEYS[name])
        await self.settled()

    async def type(self, text: str) -> None:
        """Replace what stands in the prompt."""
        line = self.app.screen.query_one(Input)
        line.value = text
        await self.pilot.pause()

    async def edit(self, key: str, text: str) -> None:
        self.table.move_to(key)
        await self.press("enter")
        await self.type(text)
        await self.press("enter")
        await self.settled()


def drive(home: Path, scenario: Callable[[Hand], Awaitable[None]], size: tuple[int, int] = (120, 40)) -> Desk:
    app = Desk(home)

    async def main() -> None:
        async with app.run_test(size=size) as pilot:
            hand = Hand(app, pilot)
            await hand.until(lambda: hand.screen.form is not None)
            await hand.settled()
            await scenario(hand)

    asyncio.run(main())
    return app


def test_it_opens_on_the_quick_start(tmp_path: Path) -> None:
    async def scenario(hand: Hand) -> None:
        assert hand.config() == load_config(preset="quickstart")
        assert "New run · from preset quickstart" in hand.seen
        assert "parameters" in hand.seen
        assert "Learning rate" in hand.seen
        assert hand.table.cursor == "corpus.name"
        await hand.press("s")

    assert drive(tmp_path, scenario).started == [["run", "--preset", "quickstart"]]


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)])
def test_what_it_looks_like(tmp_path: Path, size: tuple[int, int]) -> None:
    async def scenario(hand: Hand) -> None:
        await hand.preset("count-rnn")
        await hand.edit("optim.lr", "0.02")
        await hand.edit("schedule.warmup", "5000")
        matches_snapshot(hand.seen, f"new-run-{size[0]}x{size[1]}")

    drive(tmp_path, scenario, size)


def test_a_preset_fills_the_form_and_a_download_is_only_told(tmp_path: Path) -> None:
    async def scenario(hand: Hand) -> None:
        await hand.preset("names-mlp")
        assert hand.config() == load_config(preset="names-mlp")
        assert "mlp 100, 3,481 parameters · names, 27 symbols, downloaded at the start" in hand.seen
        assert not (tmp_path / "corpora").exists()

    drive(tmp_path, scenario)


@pytest.mark.parametrize(("answer", "lr"), [("k", 0.5), ("d", 0.1)])
def test_a_preset_asks_what_becomes_of_what_was_typed(tmp_path: Path, answer: str, lr: float) -> None:
    async def scenario(hand: Hand) -> None:
        await hand.edit("optim.lr", "0.5")
        await hand.press("p", PRESET_KEYS["names-mlp"])
        assert isinstance(hand.app.screen, Choice)
        await hand.press(answer)
        assert hand.config().model.kind == "mlp"
        assert hand.config().optim.lr == lr

    drive(tmp_path, scenario)


def test_the_curve_and_the_count_follow_what_is_typed_and_escape_takes_it_back(tmp_path: Path) -> None:
    async def scenario(hand: Hand) -> None:
        await hand.preset("count-rnn")
        before = hand.seen
        assert "1,000 steps" in before
        hand.table.move_to("train.steps")
        await hand.press("enter")
        assert isinstance(hand.app.screen, Prompt)
        await hand.type("20000")
        assert "20,000 steps" in hand.seen
        assert "20,000│" in hand.seen or "20,000 │" in hand.seen, "the axis of the curve"
        await hand.type("20000x")
        assert "must be a whole number, got '20000x'" in hand.seen
        await hand.press("escape")
        hand.table.move_to("corpus.name")
        await hand.pilot.pause()
        assert hand.seen == before

    drive(tmp_path, scenario)


def test_a_value_that_cannot_be_is_refused_where_it_is_typed(tmp_path: Path) -> None:
    async def scenario(hand: Hand) -> None:
        hand.table.move_to("optim.lr")
        await hand.press("enter")
        await hand.type("-1")
        await hand.press("enter")
        assert isinstance(hand.app.screen, Prompt)
        assert hand.app.screen.query_one(Input).value == "-1"
        assert "must be > 0, got -1" in hand.seen
        await hand.press("escape")
        assert hand.config() == load_config(preset="quickstart")

    drive(tmp_path, scenario)


def test_keys_that_contradict_each_other_are_marked_and_nothing_starts(tmp_path: Path) -> None:
    async def scenario(hand: Hand) -> None:
        await hand.edit("train.steps", "50")
        await hand.edit("schedule.warmup", "100")
        told = "schedule.warmup: must be < train.steps (50), got 100"
        assert told in hand.seen
        assert " ! warmup" in hand.seen
        await hand.press("home", "s")
        assert hand.table.cursor == "schedule.warmup"
        assert hand.app.told[0].startswith(told)
        await hand.press("backspace")
        assert told not in hand.seen
        await hand.press("s")

    started = drive(tmp_path, scenario).started
    assert started == [["run", "--preset", "quickstart", "--set", "train.steps=50"]]


def test_choices_are_chosen_or_turned_and_truths_toggled(tmp_path: Path) -> None:
    async def scenario(hand: Hand) -> None:
        hand.table.move_to("model.kind")
        await hand.press("right")
        assert hand.config().model.kind == "gru"
        await hand.press("left", "left")
        assert hand.config().model.kind == "rnn"
        await hand.press("enter")
        assert isinstance(hand.app.screen, Choice)
        assert "rnn (now)" in hand.seen
        await hand.press("6")
        assert hand.config().model.kind == "gpt"
        hand.table.move_to("model.bias")
        await hand.press("enter")
        assert hand.config().model.bias is False
        await hand.press("delete")
        assert hand.config().model.bias is True
        hand.table.move_to("optim.lr")
        await hand.press("right")
        assert hand.config().optim.lr == 0.004

    drive(tmp_path, scenario)


def test_keys_that_the_kind_does_not_use_are_folded_until_asked_for(tmp_path: Path) -> None:
    async def scenario(hand: Hand) -> None:
        assert "3 keys that lstm does not use" in hand.seen
        assert "heads" not in hand.seen
        await hand.press("a")
        assert "heads" in hand.seen
        assert "3 keys" not in hand.seen
        hand.table.move_to("schedule.gamma")
        await hand.settled()
        assert re.search(r"gamma +unset +0\.1 \(step", hand.seen)
        await hand.press("a")
        assert "heads" not in hand.seen

    drive(tmp_path, scenario)


def test_written_and_opened_it_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    async def scenario(hand: Hand) -> None:
        await hand.edit("optim.lr", "0.25")
        wanted = override(hand.config(), {"preset": None})
        await hand.press("w")
        await hand.press("enter")
        assert hand.app.told == ["wrote run.toml"]
        assert load_config(tmp_path / "run.toml") == wanted
        await hand.press("p", PRESET_KEYS["count-rnn"], "d")
        await hand.press("o")
        await hand.type("run.tom")
        await hand.press("enter")
        assert "run.tom: there is no such file" in hand.seen
        await hand.type("run.toml")
        await hand.press("enter")
        assert hand.config() == wanted
        assert "from run.toml" in hand.seen
        await hand.press("s")

    (arguments,) = drive(tmp_path, scenario).started
    assert arguments[:3] == ["run", "--set", "preset="]
    assert "optim.lr=0.25" in arguments


def test_a_name_and_the_weights_of_another_run_go_to_the_worker(tmp_path: Path) -> None:
    other = create_run(tmp_path, "quiet-otter")
    other.config_toml.write_text(dump_toml(load_config(preset="quickstart")))

    async def scenario(hand: Hand) -> None:
        await hand.press("n")
        await hand.type("quiet-otter")
        await hand.press("enter")
        assert "there is a run named quiet-otter already" in hand.seen
        await hand.type("second")
        await hand.press("enter")
        await hand.press("i")
        await hand.type("quiet-oter")
        assert "Did you mean quiet-otter?" in hand.seen
        await hand.type("quiet-otter@40")
        assert "begins with the weights of quiet-otter at step 40" in hand.seen
        await hand.press("enter")
        assert "name second · weights of quiet-otter@40" in hand.seen
        await hand.press("s")

    started = drive(tmp_path, scenario).started
    assert started == [["run", "--preset", "quickstart", "--name", "second", "--init-from", "quiet-otter@40"]]


def test_a_name_is_free_again_once_its_run_has_begun(tmp_path: Path) -> None:
    async def scenario(hand: Hand) -> None:
        hand.screen.run_name = "second"
        create_run(tmp_path, "second")
        await hand.press("question_mark")
        await hand.press("escape")
        assert hand.screen.run_name == ""

    drive(tmp_path, scenario)


def test_it_is_filled_with_another_run(tmp_path: Path) -> None:
    config = override(load_config(preset="names-gpt"), {"optim": {"lr": 0.5}})

    async def scenario(hand: Hand) -> None:
        hand.app.new_run(config, "quiet-otter@40")
        await hand.until(lambda: hand.screen.init_from)
        await hand.settled()
        assert hand.config() == config
        assert "weights of quiet-otter@40" in hand.seen
        hand.app.new_run(None, "quiet-otter@80")
        await hand.until(lambda: hand.screen.init_from == "quiet-otter@80")
        assert hand.config() == config

    drive(tmp_path, scenario)


def test_a_text_that_is_not_there_is_told_beside_its_field(tmp_path: Path) -> None:
    async def scenario(hand: Hand) -> None:
        await hand.edit("corpus.path", str(tmp_path / "none.txt"))
        assert " ! path" in hand.seen
        assert "corpus.path: corpus.path: there is no file or folder" not in hand.seen
        assert "there is no file or folder" in hand.seen
        (tmp_path / "other.txt").write_text("ab\n" * 100)
        await hand.edit("corpus.path", str(tmp_path / "other.txt"))
        assert " ! path" not in hand.seen
        assert "3 symbols" in hand.seen

    drive(tmp_path, scenario)


def test_a_text_that_is_not_there_starts_nothing(tmp_path: Path) -> None:
    path = tmp_path / "none.txt"

    async def scenario(hand: Hand) -> None:
        await hand.edit("corpus.path", str(path))
        await hand.press("home", "s")
        assert hand.table.cursor == "corpus.path"
        assert "there is no file or folder" in hand.app.told[-1]
        assert hand.app.started == []
        path.write_text("ab\n" * 100)
        await hand.press("s")  # what was known then is refused still, and read again
        await hand.settled()
        assert "3 symbols" in hand.seen
        await hand.press("s")

    (arguments,) = drive(tmp_path, scenario).started
    assert f'corpus.path="{path}"' in arguments


def test_what_a_worker_said_stays_until_something_is_edited(tmp_path: Path) -> None:
    async def scenario(hand: Hand) -> None:
        await hand.press("s")
        hand.screen.post_message(NotBegun('train.device = "cuda:7": there is no cuda:7. Write cpu.'))
        await hand.settled()
        assert "there is no cuda:7. Write cpu." in hand.seen
        assert hand.table.cursor == "train.device"
        await hand.press("up", "n", "escape")
        assert "there is no cuda:7" in hand.seen
        await hand.edit("optim.lr", "0.5")
        assert "there is no cuda:7" not in hand.seen
        hand.table.move_to("optim.lr")
        await hand.press("delete")
        assert "there is no cuda:7" in hand.seen, "it is what was refused again"
        await hand.press("s")
        assert "there is no cuda:7" not in hand.seen

    assert len(drive(tmp_path, scenario).started) == 2


def test_weights_that_do_not_fit_are_told_and_start_nothing(tmp_path: Path) -> None:
    other = create_run(tmp_path, "quiet-otter")
    other.config_toml.write_text(dump_toml(load_config(preset="quickstart")))

    async def scenario(hand: Hand) -> None:
        hand.app.new_run(load_config(preset="quickstart"), "quiet-otter@40")
        await hand.until(lambda: hand.screen.init_from)
        await hand.settled()
        assert "whose weights" not in hand.seen
        await hand.preset("count-rnn")
        assert "model.kind: it is lstm in quiet-otter@40, whose weights are wanted" in hand.seen
        assert " ! kind" in hand.seen
        await hand.press("home", "s")
        assert hand.table.cursor == "model.kind"
        assert hand.app.started == []
        await hand.press("i")
        await hand.type("")
        await hand.press("enter", "s")

    assert drive(tmp_path, scenario).started == [["run", "--preset", "count-rnn"]]


@pytest.mark.parametrize(("size", "least"), [((60, 16), 10), ((80, 20), 10), ((80, 24), 11), ((120, 16), 10)])
def test_where_rows_are_few_the_list_has_them(tmp_path: Path, size: tuple[int, int], least: int) -> None:
    async def scenario(hand: Hand) -> None:
        assert hand.table.scrollable_content_region.height >= least
        hand.table.move_to("optim.lr")
        await hand.settled()
        assert re.search(r"lr +0\.004", hand.seen)
        assert ("Learning rate" in hand.seen) == (size[1] >= 24)

    drive(tmp_path, scenario, size)


def test_the_mouse_selects_and_edits(tmp_path: Path) -> None:
    async def scenario(hand: Hand) -> None:
        y = hand.seen.splitlines().index(next(line for line in hand.seen.splitlines() if " hidden " in line))
        await hand.pilot.click(offset=(10, y))
        assert hand.table.cursor == "model.hidden"
        assert isinstance(hand.app.screen, NewRunScreen)
        await hand.pilot.click(offset=(10, y))
        await hand.pilot.pause()
        assert isinstance(hand.app.screen, Prompt)

    drive(tmp_path, scenario)


@pytest.mark.parametrize("key", ["sample.prompt", "corpus.path", "optim.groups"])
def test_the_worst_text_reaches_no_terminal(tmp_path: Path, key: str) -> None:
    async def scenario(hand: Hand) -> None:
        form = hand.screen.form
        assert form is not None
        for text in WORST:
            form.set(key, text)
            hand.table.move_to(key)
            hand.screen.action_start()
            hand.screen.action_edit()
            await hand.settled()
            assert isinstance(hand.app.screen, Prompt)
            assert obeyed(hand.seen.replace("\n", "")) == []
            hand.app.screen.action_cancel()
            await hand.pilot.pause()
            assert obeyed(hand.seen.replace("\n", "")) == []
            assert form.text(key) == text

    drive(tmp_path, scenario)
