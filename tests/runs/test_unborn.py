"""A run that is made out of another appears whole or not at all, whatever kills its maker."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lrtui.errors import UsageError
from lrtui.runs.directory import create_run, open_run, run_names
from lrtui.runs.lock import is_live
from lrtui.runs.unborn import bury, unborn_run

KILLED = """
import os, sys
from pathlib import Path
from lrtui.runs.unborn import unborn_run
with unborn_run(Path(sys.argv[1]), "child") as run:
    run.config_toml.write_text("")
    os.kill(os.getpid(), 9)
"""


def left(home: Path) -> list[str]:
    return [path.name for path in (home / "checkpoints").iterdir()]


def test_it_is_a_run_when_everything_is_in_it(tmp_path: Path) -> None:
    with unborn_run(tmp_path, "child") as run:
        run.config_toml.write_text("")
        assert run_names(tmp_path) == []
        assert is_live(run)
        bury(tmp_path)  # what lives is left alone
    assert left(tmp_path) == ["child"]
    assert open_run(tmp_path, "child").config_toml.exists()
    assert not is_live(open_run(tmp_path, "child"))


def test_after_a_kill_nothing_is_taken_for_a_run_and_the_rest_is_buried(tmp_path: Path) -> None:
    process = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
    assert process.returncode == -signal.SIGKILL
    assert run_names(tmp_path) == []
    assert len(left(tmp_path)) == 1
    with unborn_run(tmp_path, "child"):
        assert len(left(tmp_path)) == 1  # the new one
    assert left(tmp_path) == ["child"]


def test_after_an_error_it_is_gone(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), unborn_run(tmp_path, "child"):
        raise KeyboardInterrupt
    assert left(tmp_path) == []


def test_a_name_that_is_taken_meanwhile_is_refused(tmp_path: Path) -> None:
    create_run(tmp_path, "child")
    with pytest.raises(UsageError, match="there is a run named child already"), unborn_run(tmp_path, "child"):
        pytest.fail("it must be refused at once")
    with pytest.raises(UsageError, match="a run named other already"), unborn_run(tmp_path, "other"):
        create_run(tmp_path, "other")
    assert sorted(left(tmp_path)) == ["child", "other"]
