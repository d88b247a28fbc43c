"""A run that begins with another run's weights: on its own text or on another one, and what it refuses."""

import os
import shutil
from pathlib import Path

import pytest

from lrtui.messages import Finished, RunStarted, Warned
from lrtui.runs.directory import run_names
from lrtui.runs.lock import is_live
from lrtui.worker.begin import new_run
from tests.processes import COSINE, Zygote


@pytest.fixture(scope="module")
def home(zygote: Zygote, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one finished run of 120 steps, `base`."""
    home = tmp_path_factory.mktemp("begin")
    process = zygote.run("run", "--name", "base", *COSINE, home=home)
    assert process.code == 0, process.text()
    return home


def test_a_warm_start_replays_from_its_own_first_state(zygote: Zygote, home: Path) -> None:
    process = zygote.run("run", "--name", "again", "--init-from", "base@80", *COSINE, "--json", home=home)
    assert process.code == 0, process.text()
    assert isinstance(process.events()[0], RunStarted)
    assert zygote.run("replay", "again", home=home).code == 0
    cold = zygote.run("run", "--name", "cold", *COSINE, "--json", home=home)
    assert cold.events()[-1].state_sha256 != process.events()[-1].state_sha256  # type: ignore[attr-defined]
    other = zygote.run("run", "--name", "x", "--init-from", "base", *COSINE, "--set", "model.hidden=20", home=home)
    assert other.code == 65
    assert "another model" in other.text()
    assert not (home / "checkpoints" / "x").exists()


def test_a_script_beyond_the_end_is_told_when_the_run_begins_and_ends(zygote: Zygote, home: Path) -> None:
    process = zygote.run("run", "--name", "short", *COSINE, "--at", "999:decay", "--json", home=home)
    assert process.code == 0, process.text()
    first, last = (event for event in process.events() if isinstance(event, Warned) and "--at" in event.message)
    assert (first.step, last.step) == (0, 120)
    assert "999:decay is never reached" in first.message
    assert last.message == "the --at script goes beyond step 120: 1 line of it was never reached"


OTHER_TEXT = "3 + 4 = 7 & 9 # 16!\n12 & 5 = 17? 8 * 9 # 72\n" * 200


def test_a_warm_start_on_another_vocabulary_resumes_and_replays_to_the_bit(zygote: Zygote, home: Path) -> None:
    text = home / "other.txt"
    text.write_text(OTHER_TEXT)
    groups = '[{match = "*", lr_scale = 0.1}, {match = "layers.*", lr_scale = 0}, {match = "head.*", lr_scale = 1}]'
    flags = [*COSINE, "--set", "corpus.name=", "--set", f"corpus.path={text}", "--set", f"optim.groups={groups}"]
    flags += ["--at", "50:reset-optimizer", "--at", "70:schedule linear end=1e-4 base=0.002"]
    straight = zygote.run("run", "--name", "warm", "--init-from", "base@80", *flags, "--json", home=home)
    assert straight.code == 0, straight.text()
    warnings = [event.message for event in straight.events() if isinstance(event, Warned)]
    assert "tokens kept their rows" in warnings[1]
    stopped = zygote.run("run", "--name", "half", "--init-from", "base@80", *flags, "--at", "65:stop", home=home)
    assert stopped.code == 0, stopped.text()
    end = zygote.run("resume", "half", "--json", home=home).events()[-1]
    assert isinstance(end, Finished)
    assert end.state_sha256 == straight.events()[-1].state_sha256  # type: ignore[attr-defined]
    early = zygote.run("run", "--name", "early", "--init-from", "base@80", *flags, "--at", "20:stop", home=home)
    assert early.code == 0, early.text()
    shutil.rmtree(home / "checkpoints" / "early" / "steps")
    end = zygote.run("resume", "early", "--json", home=home).events()[-1]
    assert end.state_sha256 == straight.events()[-1].state_sha256  # type: ignore[attr-defined]
    for name in ("warm", "half", "early"):
        assert zygote.run("replay", name, home=home).code == 0


def test_a_warm_start_that_cannot_be_is_refused_before_it_is_a_run(zygote: Zygote, home: Path) -> None:
    start = ["run", "--name", "x", "--init-from", "base", *COSINE, "--set"]
    refused = zygote.run(*start, "corpus.vocab=byte", home=home)
    assert (refused.code, "knows characters, this one is to know bytes" in refused.text()) == (65, True)
    refused = zygote.run(*start, 'optim.groups=[{match = "haed.*", lr_scale = 0.1}]', home=home)
    assert refused.code == 65
    assert "'haed.*' matches no parameter" in refused.text()
    assert "head.weight" in refused.text()
    assert not (home / "checkpoints" / "x").exists()


def test_what_fails_while_a_run_is_made_leaves_neither_folder_nor_lock(tmp_path: Path) -> None:
    def interrupted() -> None:
        with new_run(tmp_path, "x") as (run, _):
            assert is_live(run)
            raise KeyboardInterrupt

    open_files = len(os.listdir("/proc/self/fd"))
    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert run_names(tmp_path) == []
    assert len(os.listdir("/proc/self/fd")) == open_files
    with new_run(tmp_path, "x") as (run, lock):
        pass
    assert is_live(run), "the lock goes to whoever trains it"
    lock.release()
