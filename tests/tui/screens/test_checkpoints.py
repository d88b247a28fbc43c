"""The list of a run's checkpoints: what each says of itself, and the step it answers."""

from pathlib import Path

from lrtui.lr.ledger import Entry
from lrtui.lr.schedule import Schedule
from lrtui.messages import Rewound
from lrtui.runs.events import EventLog
from lrtui.tui.screens.checkpoints import Checkpoint, Checkpoints, read_checkpoints
from tests.runs.written import cosine_run, write_checkpoint
from tests.tui.screen_text import screen_text
from tests.tui.screens.homes import Asked, drive, settled


def test_steps_rates_and_losses_newest_first(tmp_path: Path) -> None:
    run = cosine_run(tmp_path, "otter")
    newest, older = read_checkpoints(run)
    assert (newest.step, newest.val, newest.pinned, newest.best) == (400, 2.5, False, True)
    assert newest.lr == Schedule(kind="cosine", base=0.1, steps=400)(400) * 0.5
    assert (older.step, older.pinned, older.best) == (200, True, False)


def test_only_the_best_is_called_best(tmp_path: Path) -> None:
    run = cosine_run(tmp_path, "otter")
    write_checkpoint(run, 300, Schedule(kind="cosine", base=0.1, steps=400), best=True)
    assert [one.step for one in read_checkpoints(run) if one.best] == [400]


def test_only_those_that_a_resume_could_use(tmp_path: Path) -> None:
    run = cosine_run(tmp_path, "otter")
    damaged = run.checkpoint(250)
    damaged.mkdir()
    (damaged / "state.json").write_bytes(b"{")
    (run.steps / ".000000300.1.tmp").mkdir()
    (run.steps / "notes").mkdir()
    schedule = Schedule(kind="cosine", base=0.1, steps=400)
    broken = [Entry(step=10, kind="scale"), Entry(step=5, kind="hold", value=1.0)]
    write_checkpoint(run, 20, schedule, broken, rewinds=9)
    assert [(one.step, one.lr is None) for one in read_checkpoints(run)] == [(400, False), (200, False), (20, True)]
    with EventLog(run) as log:
        log.append(Rewound(step=400, to=200, entries=0, cause="undo"))
    assert [one.step for one in read_checkpoints(run)] == [200, 20]


def ask(home: Path, *keys: str, newest: str = "") -> list[int | None]:
    answers: list[int | None] = []
    there = [Checkpoint(step, 0.1, None, False, False) for step in (1000, 200)]

    async def scenario(app: Asked, pilot: object) -> None:
        app.push_screen(Checkpoints("[/b] Which\x1b?", there, newest=newest), answers.append)
        await settled(pilot)  # type: ignore[arg-type]
        assert "[/b] Which␛?" in screen_text(app)
        await pilot.press(*keys)  # type: ignore[attr-defined]
        await settled(pilot)  # type: ignore[arg-type]

    drive(home, scenario)
    return answers


def test_answers(tmp_path: Path) -> None:
    assert ask(tmp_path, "enter") == [1000]
    assert ask(tmp_path, "down", "enter") == [200]
    assert ask(tmp_path, "escape") == [None]
    assert ask(tmp_path, "enter", newest="the newest") == [Checkpoints.NEWEST]
