"""The resume dialogue: what it says, draws, refuses and starts."""

from pathlib import Path

import pytest
from textual.pilot import Pilot

from lrtui.errors import LrtuiError, UsageError
from lrtui.lr.ledger import Entry
from lrtui.messages import RateChanged
from lrtui.runs.directory import RunDirectory, create_run
from lrtui.runs.events import EventLog
from lrtui.runs.lock import RunLock
from lrtui.tui.resume_form import ResumeForm, read_form
from lrtui.tui.screens.prompt import Prompt
from lrtui.tui.screens.resume import ResumeScreen, go_on
from lrtui.tui.screens.runs import RunsScreen
from tests.runs.story import finished, started, told_run
from tests.runs.written import cosine_run, write_config
from tests.tui.screen_text import matches_snapshot, screen_text
from tests.tui.screens.homes import Asked, drive, settled

Driver = Pilot[int]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    cosine_run(tmp_path, "fini")
    cosine_run(tmp_path, "half", ended=False, stopped=True)
    return tmp_path


def form_of(home: Path, name: str) -> ResumeForm:
    return read_form(RunDirectory(home / "checkpoints" / name))


def reconfigured(home: Path, name: str, **optim_and_steps: float) -> None:
    """As if the user had edited the config.toml of the run."""
    write_config(
        RunDirectory(home / "checkpoints" / name),
        optim={"kind": "sgd", "lr": optim_and_steps.get("lr", 0.1)},
        schedule={"kind": "cosine", "warmup": 0},
        train={"steps": int(optim_and_steps.get("steps", 400))},
    )


# -- the form ---------------------------------------------------------------------------------------------------------


def test_a_run_that_was_stopped_only_goes_on(home: Path) -> None:
    form = form_of(home, "half")
    assert form.why == ""
    assert form.arguments() == ["resume", "half"]
    assert form.after() == form.before
    assert (form.standing.step, form.before.total) == (300, 400)


def test_a_finished_run_is_offered_as_long_again_and_its_shape_is_asked(home: Path) -> None:
    form = form_of(home, "fini")
    assert form.why == "It has finished its 400 steps."
    assert form.arguments() == ["resume", "fini", "--steps", "800", "--schedule", "rescale"], "keep would hold 0"
    assert form.with_shape("keep").learns_nothing
    assert form.after()(500) > form.with_shape("keep").after()(500) == 0.0
    assert form.with_total("+100").arguments()[2:4] == ["--steps", "500"]


def test_another_total_and_rate_in_the_config_are_asked_about_and_filled_in(home: Path) -> None:
    reconfigured(home, "half", lr=0.05, steps=1000)
    form = form_of(home, "half")
    assert "its config has 1,000 steps" in form.why.lower()
    assert "the rate 0.05" in form.why
    assert form.arguments() == ["resume", "half", "--steps", "1000", "--schedule", "keep", "--lr", "config"]
    assert form.after()(300) == pytest.approx(0.5 * form.standing.schedule(300))


def test_changes_that_the_log_has_beyond_the_checkpoint_are_in_both_rates(home: Path) -> None:
    entry = Entry(step=350, kind="scale", value=0.1)
    with EventLog(RunDirectory(home / "checkpoints" / "half")) as log:
        log.append(RateChanged(step=350, entry=entry, old=1.0, new=0.1, cause="user"))
    form = form_of(home, "half")
    assert form.standing.known == (entry,)
    assert form.before(349) > 5 * form.before(350)
    chosen = form.with_step(200)
    assert chosen.standing.known == ()
    assert chosen.before(250) == chosen.standing.schedule(250), "the cut at 200 is of the line left behind"
    assert chosen.arguments() == ["resume", "half", "--from", "200"]


@pytest.mark.parametrize("text", ["", "many", "1e99", "0", "-5", "399", "9" * 5000, "٣x", "\x1b[2J"])
def test_totals_that_cannot_be(home: Path, text: str) -> None:
    with pytest.raises(LrtuiError):
        form_of(home, "half").check_total(text)


@pytest.mark.parametrize("text", ["fast", "-1", "0", "nan", "inf", "\x1b[2J", "1e400"])
def test_rates_that_cannot_be(home: Path, text: str) -> None:
    with pytest.raises(UsageError, match="neither keep, config nor a rate"):
        form_of(home, "half").check_lr(text)
    with pytest.raises(UsageError, match="neither keep, config nor a rate"):
        form_of(home, "fini").check_lr(text)


def test_what_a_typed_value_would_do(home: Path) -> None:
    form = form_of(home, "half")
    assert form.check_total("1,000") == "400 → 1,000 steps"
    assert [form.with_total(text).total for text in ("1k", "1e3", "+1k", "1_000")] == [1000, 1000, 1400, 1000]
    assert form.check_total("400") == "400 steps, as before"
    assert form.check_lr("2e-3") == "7.3e-3 → 2e-3, set"
    assert form.check_lr(" config ") == "7.3e-3 → 1.5e-2, config: changes dropped, base 1e-1"


def test_a_log_that_makes_no_rate_is_a_sentence(home: Path) -> None:
    run = create_run(home, "odd")
    write_config(run)
    with EventLog(run) as log:
        log.append(started("odd"))
        log.append(RateChanged(step=5, entry=Entry(step=5, kind="scale"), old=0.1, new=0.1, cause="user"))
    with pytest.raises(UsageError, match="makes no learning rate"):
        read_form(run)


# -- the screen -------------------------------------------------------------------------------------------------------


async def resume(app: Asked, pilot: Driver, name: str) -> ResumeScreen:
    screen = ResumeScreen(name)
    app.push_screen(screen)
    await settled(pilot)
    return screen


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)])
def test_pictures(home: Path, size: tuple[int, int]) -> None:
    async def scenario(app: Asked, pilot: Driver) -> None:
        await resume(app, pilot, "fini")
        matches_snapshot(screen_text(app), f"resume-{size[0]}x{size[1]}")

    drive(home, scenario, size)


def test_every_answer_by_its_key_and_enter_starts_the_worker(home: Path) -> None:
    async def scenario(app: Asked, pilot: Driver) -> None:
        screen = await resume(app, pilot, "half")
        assert "as it will be" not in screen_text(app)
        await pilot.press("s")
        assert "first give it more steps" in app.told[-1]
        await pilot.press("t", "home", *["delete"] * 3, *"700")
        await pilot.pause()
        assert "400 → 700 steps" in screen_text(app)
        await pilot.press("enter", "s", "s", "l", *["backspace"] * 4, *"2e-3", "enter")
        await settled(pilot)
        shown = screen_text(app)
        assert "restart: from its beginning again" in shown
        assert "── as it was   ── as it will be" in shown
        await pilot.press("f", "end", "enter")
        await settled(pilot)
        assert screen.form is not None
        assert screen.form.standing.step == 200
        await pilot.press("enter")
        await settled(pilot)
        words = ["--steps", "700", "--schedule", "restart", "--lr", "2e-3", "--from", "200"]
        assert app.asked == [("start", "resume", "half", *words)]
        assert isinstance(app.screen, RunsScreen)

    drive(home, scenario)


def test_a_cooled_down_run_says_once_that_it_takes_no_more_steps(home: Path) -> None:
    run = cosine_run(home, "cool", ended=True)
    cooled = Entry(step=300, kind="cooldown", steps=100, shape="linear")
    with EventLog(run) as log:
        log.append(RateChanged(step=300, entry=cooled, old=0.05, new=0.05, cause="user"))
        log.append(finished(400))

    async def scenario(app: Asked, pilot: Driver) -> None:
        screen = await resume(app, pilot, "cool")
        shown = " ".join(screen_text(app).replace("│", "").split())
        assert "only an earlier checkpoint (f), or a branch from one (B in Runs), goes on" in shown
        assert shown.count("finished its 400 steps") == 1
        assert "t gives it more" not in shown
        await pilot.press("t", "enter", "s")
        assert isinstance(app.screen, ResumeScreen)
        assert ["takes no more" in told for told in app.told] == [True, True, False]
        await pilot.press("f", "end", "enter")
        await settled(pilot)
        assert screen.form is not None
        assert screen.form.dead_end == ""
        assert "enter: lrtui resume cool --from 200" in screen_text(app)

    assert drive(home, scenario).asked == []


def test_a_shape_that_learns_nothing_is_said(home: Path) -> None:
    async def scenario(app: Asked, pilot: Driver) -> None:
        await resume(app, pilot, "fini")
        assert "nothing would be learned" not in screen_text(app)
        await pilot.press("s", "s")
        assert "keep: the old shape" in screen_text(app)
        assert "The rate is 0 from here on: nothing would be learned." in screen_text(app)

    drive(home, scenario)


def test_refusals_are_sentences_and_start_nothing(home: Path) -> None:
    async def scenario(app: Asked, pilot: Driver) -> None:
        screen = await resume(app, pilot, "fini")
        await pilot.press("t", *["backspace"] * 3, *"10", "enter")
        assert isinstance(app.screen, Prompt)
        assert "planned for 400" in screen_text(app)
        await pilot.press("escape")
        assert screen.form is not None
        screen.show_form(screen.form.with_total("400"))
        await pilot.pause()
        assert "has finished its 400 steps: t gives it more" in screen_text(app)
        await pilot.press("enter")
        assert "has finished its 400 steps" in app.told[-1]
        await pilot.press("escape")
        assert app.asked == []
        assert isinstance(app.screen, RunsScreen)

    drive(home, scenario)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda home: create_run(home, "x"), "config.toml"),
        (lambda home: told_run(home, "x").events.write_bytes(b""), "x never began"),
        (lambda home: None, "there is no run 'x'"),
    ],
)
def test_what_cannot_be_resumed_is_said_and_the_dialogue_goes(home: Path, make: object, sentence: str) -> None:
    make(home)  # type: ignore[operator]

    async def scenario(app: Asked, pilot: Driver) -> None:
        await resume(app, pilot, "x")
        assert sentence in app.told[-1]
        assert isinstance(app.screen, RunsScreen)

    drive(home, scenario)


def test_go_on_starts_at_once_asks_or_refuses(home: Path) -> None:
    async def scenario(app: Asked, pilot: Driver) -> None:
        await go_on(app, "half")
        assert app.asked == [("start", "resume", "half")]
        with RunLock(RunDirectory(home / "checkpoints" / "half")):
            await go_on(app, "half")
        assert "half is training already" in app.told[-1]
        await go_on(app, "fini")
        await settled(pilot)
        assert isinstance(app.screen, ResumeScreen)

    drive(home, scenario)
