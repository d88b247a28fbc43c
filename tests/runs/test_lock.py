"""The lock tells who writes a run, across real processes: a second writer, a kill, a fork, a deleted run."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lrtui.errors import DiskError, UsageError
from lrtui.runs.directory import RunDirectory, create_run
from lrtui.runs.lock import RunLock, holder, is_live

_HOLD = """
import os, sys, time
from pathlib import Path
from lrtui.runs.directory import RunDirectory
from lrtui.runs.lock import RunLock
lock = RunLock(RunDirectory(Path(sys.argv[1]))).acquire()
child = os.fork() if sys.argv[2] == "fork" else 0
if sys.argv[2] == "fork" and child == 0:
    lock.release()  # nothing to release in a child
    time.sleep(60)
print(child, flush=True)
time.sleep(60)
"""


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    return create_run(tmp_path, "otter")


@contextmanager
def writer(run: RunDirectory, how: str = "plain") -> Iterator[tuple["subprocess.Popen[str]", int]]:
    """Another process that holds the lock, and the pid of its forked child."""
    command = [sys.executable, "-c", _HOLD, str(run.path), how]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        try:
            yield process, child
        finally:
            process.kill()
            if child:
                os.kill(child, signal.SIGKILL)


def test_a_free_run_is_not_live_and_asking_makes_no_file(run: RunDirectory) -> None:
    assert not is_live(run)
    assert holder(run) is None
    assert not run.worker_lock.exists()


def test_live_while_held_here(run: RunDirectory) -> None:
    with RunLock(run):
        assert is_live(run)
        assert holder(run).pid == os.getpid()  # type: ignore[union-attr]
    assert not is_live(run)


def test_a_second_writer_is_refused_with_the_pid_of_the_first(run: RunDirectory) -> None:
    with writer(run) as (process, _):
        assert is_live(run)
        with pytest.raises(UsageError, match=f"otter is being written by process {process.pid} on ") as refusal:
            RunLock(run).acquire()
        assert "lrtui attach otter" in refusal.value.hint
        assert is_live(run), "a refused writer must not have taken the lock away"


def test_a_killed_writer_leaves_a_free_run(run: RunDirectory) -> None:
    with writer(run) as (process, _):
        process.kill()
        process.wait()
        assert not is_live(run)
        with RunLock(run):
            assert holder(run).pid == os.getpid()  # type: ignore[union-attr]


def test_a_forked_child_does_not_keep_the_lock(run: RunDirectory) -> None:
    with writer(run, "fork") as (process, child):
        assert child
        assert is_live(run)
        process.kill()
        process.wait()
        os.kill(child, 0)
        deadline = time.monotonic() + 5  # the child closes its copy as soon as it gets to run
        while is_live(run) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not is_live(run)
        RunLock(run).acquire().release()


def test_a_child_that_releases_does_not_free_its_parents_run(run: RunDirectory) -> None:
    with writer(run, "fork"):
        time.sleep(0.2)
        assert is_live(run)


def test_a_writer_is_patient_with_probes(run: RunDirectory) -> None:
    prober = "import sys; from pathlib import Path; from lrtui.runs.lock import is_live\n"
    prober += "from lrtui.runs.directory import RunDirectory\nrun = RunDirectory(Path(sys.argv[1]))\n"
    prober += "RunDirectory(run.path).worker_lock.touch(); print(flush=True)\nwhile True: is_live(run)"
    command = [sys.executable, "-c", prober, str(run.path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            for _ in range(100):
                RunLock(run).acquire().release()
        finally:
            process.kill()


def test_what_the_file_says_is_never_trusted_to_be_json(run: RunDirectory) -> None:
    run.worker_lock.write_bytes(b"\xff garbage")
    assert holder(run) is None
    assert not is_live(run)
    with RunLock(run):
        assert holder(run) is not None


def test_a_link_in_the_place_of_the_lock_is_not_followed(run: RunDirectory, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("keep me")
    run.worker_lock.symlink_to(precious)
    with pytest.raises(DiskError, match="cannot lock"):
        RunLock(run).acquire()
    assert precious.read_text() == "keep me"


def test_a_deleted_run_is_not_live(run: RunDirectory) -> None:
    with RunLock(run):
        shutil.rmtree(run.path)
        assert not is_live(run)


def test_releasing_twice_is_harmless(run: RunDirectory) -> None:
    lock = RunLock(run).acquire()
    lock.release()
    with RunLock(run):
        lock.release()
        assert is_live(run)
