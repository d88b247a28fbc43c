"""The Find screen where no worker trains: on the form of a new run, and on the checkpoint of a run that has ended."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from lrtui.messages import Event
from lrtui.tui.screens.find import FindScreen
from lrtui.tui.screens.new_run import NewRunScreen
from lrtui.tui.screens.resume import ResumeScreen
from lrtui.worker import errand as errand_module
from tests.tui.driving import Driven, drive
from tests.tui.found import CONFIRMED, TESTED, refused, stepped, trained
from tests.tui.screen_text import matches_snapshot, screen_text
from tests.tui.screens.test_steering import type_in
from tests.tui.views import view


class FakeErrand:
    """Keeps what it is asked; a test says what it finds."""

    made: list["FakeErrand"]

    def __init__(
        self, arguments: Sequence[str], *, told: Callable[[Event], None], ended: Callable[[str], None]
    ) -> None:
        self.arguments, self.told, self.ended = list(arguments), told, ended
        self.stopped = False
        self.made.append(self)

    def stop(self) -> None:
        self.stopped = True


@pytest.fixture
def errands(monkeypatch: pytest.MonkeyPatch) -> list[FakeErrand]:
    monkeypatch.setattr(FakeErrand, "made", [], raising=False)
    monkeypatch.setattr(errand_module, "Errand", FakeErrand)
    return FakeErrand.made


async def form(driven: Driven) -> NewRunScreen:
    await driven.press("5")
    screen = driven.app.screen
    assert isinstance(screen, NewRunScreen)
    await driven.until(lambda: screen.form is not None)
    await driven.pilot.pause()
    return screen


async def hears(driven: Driven, errand: FakeErrand, *events: Event, ended: str | None = None) -> str:
    for event in events:
        errand.told(event)
    if ended is not None:
        errand.ended(ended)
    await driven.pilot.pause()
    return screen_text(driven.app)


def test_a_rate_is_found_for_a_form_and_written_into_it(tmp_path: Path, errands: list[FakeErrand]) -> None:
    async def scenario(driven: Driven) -> None:
        screen = await form(driven)
        assert screen.form is not None
        screen.form.choose_preset("names-mlp")
        await driven.press("f")
        (errand,) = errands
        assert errand.arguments[:4] == ["find", "--preset", "names-mlp", "--json"]
        assert errand.arguments[-2:] == ["--home", str(tmp_path)]
        shown = screen_text(driven.app)
        assert "New run, fresh · mlp" in shown
        assert "The range test loads the model and the text" in shown
        assert "Range test: 48 of 100 rates" in await hears(driven, errand, stepped(0, 48))
        shown = await hears(driven, errand, TESTED, ended="")
        assert "enter writes optim.lr = 1e-2 into the form (now 1e-1)" in shown
        await driven.press("enter")
        await driven.until(lambda: screen.form is not None and screen.form.text("optim.lr") == "1e-2")
        assert driven.app.screen is screen
        assert screen._table.cursor == "optim.lr"
        await driven.press("2")
        assert "optim.lr = 1e-2 stands in the form" in screen_text(driven.app), "another rate is no other model"
        await driven.press("escape")
        screen.form.set("train.batch", "64")
        await driven.press("2")
        assert "No range test yet." in screen_text(driven.app), "that was another run"

    drive(tmp_path, scenario)


def test_it_is_confirmed_with_the_options_chosen(tmp_path: Path, errands: list[FakeErrand]) -> None:
    async def scenario(driven: Driven) -> None:
        await form(driven)
        await driven.press("2", "o")
        await type_in(driven, "1e-5:1 50 confirm 3 60")
        await driven.press("enter", "f")
        assert " ".join(errands[0].arguments).partition("--progress ")[2].startswith("--points 50 --range 1e-05:1.0 ")
        await hears(driven, errands[0], TESTED, ended="")
        await driven.press("k")
        words = " ".join(errands[1].arguments)
        assert "--range 1e-06:1.0 --confirm 3 --confirm-steps 60" in words, "the test that was taken, again"
        assert "Confirmation: 20 of 200 steps" in await hears(driven, errands[1], TESTED, trained(2))
        shown = await hears(driven, errands[1], CONFIRMED, ended="")
        assert "the winner" in shown
        assert "enter writes optim.lr = 1e-2" in shown

    drive(tmp_path, scenario)


def test_a_refusal_is_tested_again_and_a_failure_is_told(tmp_path: Path, errands: list[FakeErrand]) -> None:
    async def scenario(driven: Driven) -> None:
        await form(driven)
        await driven.press("f")
        assert "enter Raise" in await hears(driven, errands[0], refused(), ended="")
        await driven.press("enter")
        assert "--range 1e-06:100.0" in " ".join(errands[1].arguments)
        shown = await hears(driven, errands[1], ended="there is no corpus [/b]\x1b[2J")
        assert "There is no corpus [/b]␛[2J" in shown

    drive(tmp_path, scenario)


def test_leaving_drops_it(tmp_path: Path, errands: list[FakeErrand]) -> None:
    async def scenario(driven: Driven) -> None:
        screen = await form(driven)
        await driven.press("f", "f")
        assert len(errands) == 1
        await driven.press("escape")
        assert driven.app.screen is screen
        assert errands[0].stopped
        await driven.press("f")
        await hears(driven, errands[0], TESTED, ended="")
        assert "lr 1e-2" not in screen_text(driven.app), "that was told too late"
        await driven.press("1", "2")
        assert "quiet-otter" in screen_text(driven.app), "from the training it is the run's rate"
        await hears(driven, errands[1], TESTED)
        assert "lr 1e-2" not in screen_text(driven.app)

    drive(tmp_path, scenario)
    assert errands[1].stopped, "with the screen"


def test_a_form_that_is_wrong_or_begins_with_other_weights_is_not_tested(
    tmp_path: Path, errands: list[FakeErrand]
) -> None:
    async def scenario(driven: Driven) -> None:
        screen = await form(driven)
        assert screen.form is not None
        screen.form.set("train.steps", "-1")
        await driven.press("f")
        assert "train.steps" in screen_text(driven.app).split("\n")[-2]
        screen.form.reset("train.steps")
        screen.init_from = "quiet-otter"
        await driven.press("escape", "f")
        assert "It begins with the weights of quiet-otter" in screen_text(driven.app)
        assert errands == []

    drive(tmp_path, scenario)


def test_the_checkpoint_of_an_ended_run_is_tested_and_the_rate_goes_into_the_resume(
    tmp_path: Path, errands: list[FakeErrand]
) -> None:
    async def scenario(driven: Driven) -> None:
        await driven.press("f")
        assert errands[0].arguments[:2] == ["find", "quiet-otter"]
        shown = await hears(driven, errands[0], TESTED, ended="")
        assert "enter asks how the run goes on at 1e-2" in shown
        await driven.press("enter")
        await driven.until(lambda: isinstance(driven.app.screen, ResumeScreen))
        assert isinstance(driven.app.screen, ResumeScreen)
        assert driven.app.screen.form is not None
        assert driven.app.screen.form.options.lr == "1e-2"
        await driven.press("escape")
        assert isinstance(driven.app.screen, FindScreen)

    drive(tmp_path, scenario)


def test_no_run_and_no_form(tmp_path: Path, errands: list[FakeErrand]) -> None:
    async def scenario(driven: Driven) -> None:
        driven.app._shown = None
        await driven.press("2")
        assert "no run is open: 5 starts one" in screen_text(driven.app)
        await driven.press("f", "enter", "k")
        assert "no run is open" in driven.toasts()[-1]

    drive(tmp_path, scenario)
    assert errands == []


def test_who_only_watches_an_ended_run_does_not_resume_it(tmp_path: Path, errands: list[FakeErrand]) -> None:
    async def scenario(driven: Driven) -> None:
        await driven.pretend(view(condition="finished"), read_only=True)
        await driven.press("f")
        await hears(driven, errands[0], TESTED, ended="")
        await driven.press("enter")
        assert "only watches" in driven.toasts()[-1]
        assert isinstance(driven.app.screen, FindScreen)

    drive(tmp_path, scenario)


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
def test_pictures(tmp_path: Path, errands: list[FakeErrand], size: tuple[int, int]) -> None:
    async def scenario(driven: Driven) -> None:
        await form(driven)
        await driven.press("f")
        shown = await hears(driven, errands[0], stepped(0, 48))
        matches_snapshot(shown, f"find-form-{size[0]}x{size[1]}")

    drive(tmp_path, scenario, size=size)
