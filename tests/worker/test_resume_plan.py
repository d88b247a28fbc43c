"""What a resume would do, asked without PyTorch: where the run stands, what must be asked, both rates."""

import subprocess
import sys
from pathlib import Path

import pytest

from lrtui.config.load import load_config
from lrtui.errors import CheckpointError, UsageError
from lrtui.lr.ledger import Entry
from lrtui.messages import RateChanged, Rewound
from lrtui.runs.directory import RunDirectory, create_run
from lrtui.runs.events import EventLog
from lrtui.runs.history import read_history
from lrtui.worker.resume_plan import ResumeOptions, Standing, must_ask, standing
from tests.runs.story import started
from tests.runs.written import cosine_run, write_config

CUT = Entry(step=200, kind="scale", value=0.5)


def stand(run: RunDirectory, step: int | None = None) -> Standing:
    return standing(run, read_history(run), step)


def test_it_needs_no_torch() -> None:
    code = "import sys, lrtui.worker.resume_plan; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_it_stands_at_its_newest_checkpoint_with_the_entries_that_has(tmp_path: Path) -> None:
    place = stand(cosine_run(tmp_path, "otter"))
    assert (place.step, place.had, place.known, place.finished) == (400, (CUT,), (), True)
    assert place.rate()(300) == 0.5 * place.schedule(300)


def test_what_the_log_has_beyond_the_checkpoint_is_known(tmp_path: Path) -> None:
    run = cosine_run(tmp_path, "otter", ended=False)
    later = Entry(step=350, kind="scale", value=0.1)
    with EventLog(run) as log:
        log.append(RateChanged(step=350, entry=later, old=1.0, new=0.1, cause="user"))
    assert stand(run).known == (later,)
    assert stand(run, 200) == Standing(stand(run).schedule, 200, (), (), False)


def test_without_a_checkpoint_it_stands_at_its_beginning(tmp_path: Path) -> None:
    run = create_run(tmp_path, "otter")
    with EventLog(run) as log:
        log.append(started("otter"))
        log.append(RateChanged(step=50, entry=CUT, old=0.1, new=0.05, cause="user"))
    assert (stand(run).step, stand(run).known) == (0, (CUT,))


def test_what_a_rewind_left_behind_is_not_stood_on(tmp_path: Path) -> None:
    run = cosine_run(tmp_path, "otter", ended=False)
    with EventLog(run) as log:
        log.append(Rewound(step=300, to=250, entries=0, cause="undo"))
    assert stand(run).step == 200
    with pytest.raises(CheckpointError, match="no checkpoint at step 300"):
        stand(run, 300)


def test_a_run_that_never_began_or_whose_checkpoints_are_all_damaged(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="never began"):
        stand(create_run(tmp_path, "empty"))
    run = cosine_run(tmp_path, "otter")
    for folder in run.steps.iterdir():
        (folder / "state.json").write_bytes(b"")
    with pytest.raises(CheckpointError, match="no checkpoint that can be read"):
        stand(run)


@pytest.mark.parametrize(
    ("lr", "steps", "why"),
    [
        (0.1, 400, ""),
        (0.1, 500, "Its config has 500 steps, the run 400."),
        (0.2, 400, "Its config has the rate 0.2, the run began with 0.1."),
        (0.2, 300, "Its config has 300 steps, the run 400; its config has the rate 0.2, the run began with 0.1."),
    ],
)
def test_a_config_that_was_changed_must_be_asked_about(tmp_path: Path, lr: float, steps: int, why: str) -> None:
    run = cosine_run(tmp_path, "otter", ended=False)
    write_config(run, optim={"kind": "sgd", "lr": lr}, train={"steps": steps})
    assert must_ask(stand(run), load_config(run.config_toml)) == why


def test_a_finished_run_must_be_asked_about_but_not_one_that_goes_back(tmp_path: Path) -> None:
    run = cosine_run(tmp_path, "otter")
    config = load_config(run.config_toml)
    assert must_ask(stand(run), config) == "It has finished its 400 steps."
    assert must_ask(stand(run, 200), config) == ""


def test_an_extension_since_then_is_no_question(tmp_path: Path) -> None:
    run = cosine_run(tmp_path, "otter", ended=False)
    more = Entry(step=350, kind="extend", steps=100, shape="keep")
    with EventLog(run) as log:
        log.append(RateChanged(step=350, entry=more, old=0.1, new=0.1, cause="user"))
    assert must_ask(stand(run), load_config(run.config_toml)) == ""


def test_the_rate_after_is_what_the_options_make_of_it(tmp_path: Path) -> None:
    run = cosine_run(tmp_path, "otter", ended=False)
    place, config = stand(run), load_config(run.config_toml)
    after = place.steered(config, ResumeOptions(steps=800, schedule="rescale", lr="0.03"))
    assert (after.total, after(300)) == (800, 0.03)
    assert after(100) == place.rate()(100), "what was trained stays as it was"
    with pytest.raises(UsageError, match="keep, rescale or restart"):
        place.steered(config, ResumeOptions(steps=800))
