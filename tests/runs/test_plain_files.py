"""Whatever stands in the place of a file of a run: a sentence at once, and never a wait or a flood."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from lrtui.errors import CheckpointError, DiskError
from lrtui.runs.catalog import last_sample, summarize
from lrtui.runs.checkpoints import read_meta
from lrtui.runs.config_table import read_config_table
from lrtui.runs.control import read_address, write_address
from lrtui.runs.directory import RunDirectory
from lrtui.runs.events import EventLog
from lrtui.runs.history import read_history
from lrtui.runs.lock import RunLock, holder, is_live
from lrtui.runs.metrics import last_block, read_metrics
from lrtui.runs.plain_files import open_plain, read_plain
from lrtui.runs.run_config import read_config
from lrtui.runs.sweeps import read_plan
from tests.runs.story import told_run


def put_pipe(path: Path) -> None:
    os.mkfifo(path)


def put_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        before = os.getcwd()
        os.chdir(path.parent)  # its path may be too long for a socket
        try:
            listener.bind(path.name)
        finally:
            os.chdir(before)


def put_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


KINDS = {"a pipe": put_pipe, "a socket": put_socket, "a device": put_device}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def put(run: RunDirectory, path: Path, kind: str) -> None:
    path.unlink(missing_ok=True)
    KINDS[kind](path)


REFUSALS: dict[str, Callable[[RunDirectory], object]] = {
    "events.jsonl": read_history,
    "metrics-001.jsonl": last_block,
    "config.toml": read_config,
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_cannot_be_read_is_refused_in_a_sentence(tmp_path: Path, kind: str, name: str) -> None:
    run = told_run(tmp_path)
    put(run, run.path / name, kind)
    with pytest.raises(DiskError, match=rf"cannot read .*{name}: is {kind} and no file"):
        REFUSALS[name](run)
    if name != "config.toml":
        assert summarize(run).state == "unreadable"


def test_nothing_is_written_into_it(tmp_path: Path, kind: str) -> None:
    run = told_run(tmp_path)
    put(run, run.events, kind)
    with pytest.raises(DiskError, match=f"cannot write .*: is {kind} and no file"):
        EventLog(run)
    put(run, run.control, kind)
    with pytest.raises(OSError, match=f"is {kind} and no file"):
        write_address(run, tmp_path / "control", 1)


def test_what_tells_of_a_run_is_left_out(tmp_path: Path, kind: str) -> None:
    run = told_run(tmp_path)
    for path in (run.config_toml, run.control, run.sweep_json, run.samples, run.metrics(0)):
        put(run, path, kind)
    assert read_config_table(run) == {}
    assert read_address(run) is None
    assert read_plan(run) is None
    assert last_sample(run) is None
    assert len(read_metrics(run).problems) == 1


def test_a_lock_that_is_none(tmp_path: Path, kind: str) -> None:
    run = told_run(tmp_path)
    put(run, run.worker_lock, kind)
    assert not is_live(run)
    assert holder(run) is None
    with pytest.raises(DiskError, match=f"cannot lock .*worker.lock: is {kind} and no file"):
        RunLock(run).acquire()


def test_a_checkpoint_that_is_none(tmp_path: Path, kind: str) -> None:
    put(told_run(tmp_path), tmp_path / "state.json", kind)
    with pytest.raises(CheckpointError, match=f"is {kind} and no file"):
        read_meta(tmp_path)


def test_plain_files(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with pytest.raises(FileNotFoundError):
        read_plain(path)
    os.close(open_plain(path, os.O_WRONLY | os.O_CREAT))
    assert read_plain(path) == b""
    link = tmp_path / "link"
    link.symlink_to(path)
    assert read_plain(link) == b"", "a link to a file is as good as one"
    with pytest.raises(IsADirectoryError):
        read_plain(tmp_path)
