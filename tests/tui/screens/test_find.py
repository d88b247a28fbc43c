"""The Find screen on a live run: what its keys send, what it shows while a test goes on, and when it refuses."""

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from lrtui.errors import UsageError
from lrtui.lr.suggest import LEARNED
from lrtui.messages import Confirm, Find, SetRate
from lrtui.tui.findings import Findings
from lrtui.tui.screens.eye import Eye
from lrtui.tui.screens.find import FindScreen
from lrtui.tui.state import RunView
from lrtui.tui.widgets.chart import Chart
from lrtui.tui.widgets.pane import Pane
from tests.tui.driving import Driven, drive
from tests.tui.found import CONFIRMED, GAVE_WAY, TESTED, found, refused, stepped, trained
from tests.tui.screen_text import matches_snapshot, screen_text
from tests.tui.screens.test_steering import type_in
from tests.tui.views import view

BIRDS_EYE = [(120, 40), (80, 24), (60, 16), (200, 50)]


async def shows(driven: Driven, run: RunView, *, read_only: bool = False) -> str:
    """What the Find screen shows of this run."""
    await driven.pretend(run, read_only=read_only)
    if driven.app.current_mode != "find":
        await driven.press("2")
    return screen_text(driven.app)


async def learns(driven: Driven, findings: Findings, **more: object) -> str:
    """What it shows as soon as this is known."""
    train = driven.train
    assert train.view is not None
    train.view = replace(train.view, findings=findings, **more)  # type: ignore[arg-type]
    train.show_run()
    await driven.pilot.pause()
    return screen_text(driven.app)


async def is_answered(driven: Driven) -> None:
    """The worker has answered, and the log was looked at since."""
    driven.train.settled()
    driven.train.show_run()
    await driven.pilot.pause()


def test_f_tests_from_here_and_the_curve_grows_until_the_verdict(tmp_path: Path) -> None:
    async def scenario(driven: Driven) -> None:
        await driven.pretend(view())
        await driven.press("f")
        assert driven.link.sent == [Find()]
        assert isinstance(driven.app.screen, FindScreen)
        assert "The range test begins at the next step" in screen_text(driven.app)
        assert "Range test: 48 of 100 rates; training waits" in await learns(driven, found(stepped(0, 48)))
        shown = await learns(driven, found(TESTED))
        assert "The range test begins" in shown, "not answered yet: what the log holds may be an older one"
        await is_answered(driven)
        shown = screen_text(driven.app)
        assert "Range test: lr 1e-2 for 600 steps, band 5e-3 … 2e-2" in shown
        assert "enter sets the rate, 2e-3 → 1e-2: the rate stays there" in shown
        assert all(rule in shown for rule in TESTED.rules)
        assert driven.toasts() == []

    drive(tmp_path, scenario)


def test_enter_applies_and_says_what_became_of_it(tmp_path: Path) -> None:
    from tests.tui.test_find_subjects import set_to

    async def scenario(driven: Driven) -> None:
        run = view(findings=found(TESTED))
        await shows(driven, run)
        await driven.press("enter")
        assert driven.link.sent == [SetRate(1e-2)]
        shown = await shows(driven, set_to(run, 1e-2, 405))
        assert "set at step 405: 2e-3 → 1e-2 · u in the training (1) undoes it" in shown
        await driven.press("enter")
        assert driven.link.sent == [], "once is enough"

    drive(tmp_path, scenario)


def test_k_confirms_and_the_winner_is_offered(tmp_path: Path) -> None:
    async def scenario(driven: Driven) -> None:
        await shows(driven, view(findings=found(TESTED)))
        await driven.press("k")
        assert driven.link.sent == [Confirm(steps=200, rates=[5e-3, 7.1e-3, 1e-2, 1.4e-2, 2e-2])]
        shown = await learns(driven, found(TESTED, trained(2)))
        assert "Confirmation: 20 of 200 steps" in shown
        await is_answered(driven)
        shown = await learns(driven, found(TESTED, msgspec.structs.replace(CONFIRMED, winner=5e-3)))
        assert "lost at step 60" in shown
        assert "the winner" in shown
        await driven.press("enter")
        assert driven.link.sent[-1] == SetRate(5e-3)

    drive(tmp_path, scenario)


@pytest.mark.parametrize(
    ("remedy", "label", "advised"),
    [
        ("raise", "enter Raise", Find(1e-6, 100.0, 100, False)),
        ("lower", "enter Lower", Find(1e-8, 1.0, 100, False)),
        ("points", "enter Again", Find(1e-6, 1.0, 400, False)),
    ],
)
def test_enter_tests_again_as_a_refusal_advises(tmp_path: Path, remedy: str, label: str, advised: Find) -> None:
    async def scenario(driven: Driven) -> None:
        shown = await shows(driven, view(findings=found(refused(remedy))))
        assert label in shown
        assert "enter tests again" in shown
        await driven.press("k")
        assert "no band to confirm" in driven.toasts()[-1]
        await driven.press("enter")
        assert driven.link.sent == [advised]

    drive(tmp_path, scenario)


def test_where_nothing_can_be_confirmed_or_applied_the_keys_say_why(tmp_path: Path) -> None:
    async def scenario(driven: Driven) -> None:
        await shows(driven, view())
        await driven.press("k")
        assert driven.toasts() == ["there is no rate yet: test first"]
        learned = msgspec.structs.replace(refused("lower"), refusal=LEARNED.sentence, remedy="")
        shown = " ".join((await shows(driven, view(findings=found(learned)))).split())
        assert f"no suggestion, {LEARNED.sentence}" in shown
        assert "enter" not in shown
        await driven.press("k", "enter")
        assert "no band to confirm: the range test suggests no rate, no descent" in driven.toasts()[-2]
        assert driven.toasts()[-1] == "there is no rate to apply: the range test suggests none"
        assert driven.link.sent == []

    drive(tmp_path, scenario, size=(80, 24))


@pytest.mark.parametrize("size", [(80, 24), (60, 16)])
def test_the_whole_verdict_can_be_read_on_a_narrow_screen(tmp_path: Path, size: tuple[int, int]) -> None:
    async def scenario(driven: Driven) -> None:
        for remedy in ("raise", "lower", "points"):
            tested = refused(remedy)
            shown = " ".join((await shows(driven, view(findings=found(tested)))).split())
            assert f"Range test: no suggestion, {tested.refusal}" in shown
        longest = msgspec.structs.replace(TESTED, horizon=1_234_567_890, suggestion=1.5e-4, band=(1.2e-4, 3.4e-4))
        shown = " ".join((await shows(driven, view(findings=found(longest)))).split())
        assert "lr 1.5e-4 for 1,234,567,890 steps, band 1.2e-4 … 3.4e-4" in shown
        if size[1] > 16:
            assert TESTED.stopped in shown
        reason = "the text is gone: " + "no/such/folder/" * 9 + "end"
        shown = await shows(driven, view(findings=found(msgspec.structs.replace(GAVE_WAY, reason=reason))))
        assert "/end" in shown

    drive(tmp_path, scenario, size=size)


def test_the_options_are_asked_with_what_they_mean(tmp_path: Path) -> None:
    async def scenario(driven: Driven) -> None:
        await shows(driven, view(findings=found(TESTED)))
        await driven.press("o")
        assert "100 rates from 1e-6 to 1 in even ratios" in screen_text(driven.app)
        await type_in(driven, "1:2:3")
        assert "a range is LOW:HIGH" in screen_text(driven.app)
        await driven.press("enter")
        assert not isinstance(driven.app.screen, FindScreen), "enter refuses"
        await type_in(driven, "1e-5:10 50 linear confirm 3 60")
        await driven.press("enter", "f")
        assert driven.link.sent == [Find(1e-5, 10.0, 50, True)]
        await is_answered(driven)
        await driven.press("k")
        assert driven.link.sent[1:] == [Confirm(steps=60, rates=[5e-3, 1e-2, 2e-2])]
        await driven.press("o", "escape")
        assert isinstance(driven.app.screen, FindScreen)

    drive(tmp_path, scenario)


def test_one_experiment_at_a_time(tmp_path: Path) -> None:
    async def scenario(driven: Driven) -> None:
        await shows(driven, view(findings=found(TESTED)))
        await driven.press("f", "f", "k", "enter")
        assert driven.link.sent == [Find()]
        assert "an experiment is under way" in driven.toasts()[-1]
        await shows(driven, view(findings=found(stepped(0, 8))))
        driven.train.experiment = None
        await driven.press("f")
        assert driven.link.sent == [], "another client's test is under way"

    drive(tmp_path, scenario)


def test_nothing_is_offered_before_there_is_a_test(tmp_path: Path) -> None:
    async def scenario(driven: Driven) -> None:
        shown = await shows(driven, view())
        assert "No range test yet." in shown
        assert "f tests 100 rates from 1e-6 to 1 in even ratios from here, while training waits" in shown
        await driven.press("enter", "k")
        assert driven.link.sent == []
        assert "there is no rate yet: test first" in driven.toasts()[-1]

    drive(tmp_path, scenario)


def test_who_only_watches_sees_everything_and_starts_nothing(tmp_path: Path) -> None:
    async def scenario(driven: Driven) -> None:
        shown = await shows(driven, view(findings=found(TESTED)), read_only=True)
        assert "lr 1e-2 for 600 steps" in shown
        assert "attach without --read-only" in shown
        await driven.press("f", "k", "enter")
        assert driven.link.sent == []
        assert "Range test: 48 of 100 rates" in await learns(driven, found(stepped(0, 48)))

    drive(tmp_path, scenario)


def test_a_test_that_gives_way_or_whose_worker_dies_is_a_sentence(tmp_path: Path) -> None:
    async def scenario(driven: Driven) -> None:
        assert "The range test gave way at point 40" in await shows(
            driven, view(findings=found(stepped(0, 40), GAVE_WAY))
        )
        await driven.press("f")
        link = driven.train.eye.link
        assert link is not None
        gone = UsageError("run quiet-otter ended before it answered")
        driven.train.post_message(Eye.Refused(link, driven.link.sent[-1], gone))
        await driven.pilot.pause()
        assert "ended before it answered" in driven.toasts()[-1]
        assert driven.train.experiment is None
        shown = await learns(driven, found(stepped(0, 40)).interrupted(), condition="crashed")
        assert "The worker ended before the range test did" in shown
        assert "● crashed" in shown

    drive(tmp_path, scenario)


def test_escape_and_1_go_back_and_an_answer_is_told_there(tmp_path: Path) -> None:
    async def scenario(driven: Driven) -> None:
        await driven.pretend(view())
        await driven.press("f", "escape")
        assert driven.app.screen is driven.train
        await is_answered(driven)
        assert driven.toasts() == ["the range test is over: 2 shows it"]
        await driven.press("2", "1")
        assert driven.app.screen is driven.train

    drive(tmp_path, scenario)


def test_typed_commands_test_and_confirm_too(tmp_path: Path) -> None:
    async def scenario(driven: Driven) -> None:
        for words, command in (("find 1e-5:1 50", Find(1e-5, 1.0, 50)), ("confirm 3 60", Confirm(3, 60))):
            await driven.pretend(view())
            driven.app.go("train")
            driven.train.experiment = None
            driven.train.send_words(words)
            await driven.pilot.pause()
            assert driven.link.sent == [command]
            assert isinstance(driven.app.screen, FindScreen)
        driven.train.experiment = None
        driven.train.send_words("find 1:1")
        await driven.pilot.pause()
        assert "at least twice the lower" in driven.toasts()[-1]
        driven.train.send_words("confirm 1")
        await driven.pilot.pause()
        assert "a confirmation trains 2 to 32 rates" in driven.toasts()[-1]

    drive(tmp_path, scenario)


def test_where_there_is_room_for_one_v_shows_the_other(tmp_path: Path) -> None:
    async def scenario(driven: Driven) -> None:
        shown = await shows(driven, view(findings=found(TESTED)))
        assert "v " not in shown.split("\n")[-1]
        shown = await learns(driven, found(TESTED, trained(2)))
        assert "Confirmation ~" in shown, "what goes on is shown"
        shown = await learns(driven, found(TESTED, CONFIRMED))
        assert "the winner" in shown
        assert "v Other" in shown.split("\n")[-1]
        await driven.press("v")
        shown = screen_text(driven.app)
        assert "lightning_linear" in shown
        assert "v Other" in shown.split("\n")[-1]
        assert "Loss by learning rate" in await learns(driven, found(stepped(0, 8)))

    drive(tmp_path, scenario, size=(80, 24))


def test_a_look_that_finds_nothing_new_writes_nothing(tmp_path: Path) -> None:
    async def scenario(driven: Driven) -> None:
        await shows(driven, view(findings=found(TESTED, CONFIRMED)))
        drawn: list[object] = []
        for widget in (*driven.app.screen.query(Chart), *driven.app.screen.query(Pane)):
            widget.refresh = lambda *regions, **more: drawn.append(regions)  # type: ignore[method-assign]
        await learns(driven, found(TESTED, CONFIRMED), step=401, train_loss=1.4)
        assert drawn == []

    drive(tmp_path, scenario)


@pytest.mark.parametrize("size", BIRDS_EYE)
def test_pictures(tmp_path: Path, size: tuple[int, int]) -> None:
    name = f"{size[0]}x{size[1]}"

    async def scenario(driven: Driven) -> None:
        matches_snapshot(await shows(driven, view(findings=found(TESTED))), f"find-{name}")
        matches_snapshot(await learns(driven, found(TESTED, CONFIRMED)), f"find-confirmed-{name}")
        driven.app.screen.remove_class("-other")
        matches_snapshot(await learns(driven, found(refused())), f"find-refused-{name}")

    drive(tmp_path, scenario, size=size)


def test_ascii_only(tmp_path: Path) -> None:
    async def scenario(driven: Driven) -> None:
        for findings in (found(stepped(0, 48)), found(TESTED), found(TESTED, CONFIRMED), found(refused())):
            shown = await shows(driven, view(findings=findings))
            assert all(line.isascii() for line in shown.split("\n")), shown

    drive(tmp_path, scenario, ascii=True)
