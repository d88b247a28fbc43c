"""A dead worker is explained as far as the machine still tells, in safe lines, whatever it left behind."""

import os
import signal
import time
from pathlib import Path

import pytest

from lrtui.runs.directory import RunDirectory, create_run
from lrtui.runs.events import EventLog
from lrtui.runs.lock import RunLock, is_live
from lrtui.tui.state import opening, reduce
from lrtui.tui.watch import Watch
from lrtui.worker import detach, postmortem
from lrtui.worker.postmortem import OomWatch, explain
from tests.processes import small_flags
from tests.runs.story import started


@pytest.fixture
def dead(tmp_path: Path) -> RunDirectory:
    """A run whose worker has begun, and gone."""
    run = create_run(tmp_path, "otter")
    with RunLock(run), EventLog(run) as log:
        log.append(started())
    return run


@pytest.mark.parametrize(
    ("code", "out_of_memory", "words"),
    [
        (None, False, "only the process that started it knows how it ended"),
        (None, True, "but the kernel killed a process for lack of memory"),
        (-9, False, "was killed by SIGKILL: somebody's kill -9, or the kernel out of memory"),
        (-9, True, "was killed by SIGKILL; the kernel killed a process for lack of memory"),
        (-11, True, "was killed by SIGSEGV"),
        (-64, False, "was killed by SIGRTMAX"),
        (-99, False, "was killed by signal 99"),
        (70, False, "ended with exit code 70 (a bug)"),
        (3, False, "ended with exit code 3"),
    ],
)
def test_how_it_ended(dead: RunDirectory, code: int | None, out_of_memory: bool, words: str) -> None:
    first, *_, last = explain(dead, code, out_of_memory)
    assert f"process {os.getpid()}" in first
    assert words in first
    assert last == "no checkpoint was saved yet: R resumes from the beginning"


def test_the_last_lines_of_its_log_are_safe_few_and_its_own(dead: RunDirectory) -> None:
    dead.worker_log.write_text("an old attempt\n")
    os.utime(dead.worker_log, (1, 1))
    assert len(explain(dead)) == 2
    dead.worker_log.write_bytes(b"x\n" * 20_000 + b"\x1b]0;evil\x07\xff[/b]" + b"y" * 5000 + b"\n\n")
    lines = explain(dead)[1:-1]
    assert len(lines) == postmortem.LOG_LINES
    assert lines[-1].startswith("worker.log: ␛]0;evil␇\ufffd[/b]yyy")
    assert len(lines[-1]) < 300


def test_a_worker_on_another_machine(dead: RunDirectory) -> None:
    dead.worker_lock.write_text('{"pid":1,"host":"far\\u001b"}')
    assert "on far␛ has gone" in explain(dead, None)[0]


@pytest.mark.parametrize("broken", ["events.jsonl", "worker.lock", "worker.log", "steps"])
def test_what_cannot_be_read_is_no_error(dead: RunDirectory, broken: str) -> None:
    path = dead.path / broken
    path.unlink(missing_ok=True)
    path.mkdir() if broken != "steps" else path.write_text("")
    assert all(line.isprintable() for line in explain(dead))


def cgroup(folder: Path, membership: str, counter: str) -> tuple[Path, Path, Path]:
    """A process 7 in a made-up control group, and the file that counts its kills."""
    processes, groups = folder / "proc", folder / "cgroup"
    (processes / "7").mkdir(parents=True)
    (processes / "7" / "cgroup").write_text(membership)
    path = groups / counter
    path.parent.mkdir(parents=True)
    return processes, groups, path


@pytest.mark.parametrize(
    ("membership", "counter"),
    [
        ("0::/user.slice/job\n", "user.slice/job/memory.events"),
        ("0::/user.slice/job\n", "memory.events"),  # a container sees its own group as the root
        ("0::/../elsewhere\n", "memory.events"),
        ("4:cpu,memory:/job\n0::/\n", "memory/job/memory.oom_control"),
        ("4:memory:/job\n", "memory/memory.oom_control"),
        ("", "memory.events"),
    ],
)
def test_kills_for_lack_of_memory_are_counted_from_the_beginning_of_the_watch(
    tmp_path: Path, membership: str, counter: str
) -> None:
    processes, groups, path = cgroup(tmp_path, membership, counter)
    path.write_text("low 0\noom 3\noom_kill 2\n")
    watch = OomWatch.of(7, processes, groups)
    assert not watch.struck()
    path.write_text("low 0\noom 4\noom_kill 3\n")
    assert watch.struck()
    path.unlink()
    assert not watch.struck()


def test_a_machine_without_such_a_counter(tmp_path: Path) -> None:
    assert not OomWatch.of(7, tmp_path, tmp_path).struck()


def test_a_worker_of_our_own_is_explained_by_its_signal_and_its_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flags = small_flags(train__steps=10**7, train__checkpoint_every=50)
    monkeypatch.setenv("LRTUI_HOME", str(tmp_path))
    spawned = detach.spawn(["run", "--name", "ours", *flags])
    run = RunDirectory(tmp_path / "checkpoints" / "ours")
    try:
        assert (spawned.name, spawned.exit_code()) == ("ours", None)
        os.kill(spawned.pid, signal.SIGHUP)  # a detached worker does not mind
        watch = Watch(run)
        view = reduce(opening("ours"), watch.look())
        deadline = time.monotonic() + 30
        while not any("checkpoint saved" in line.text for line in view.log):
            assert time.monotonic() < deadline
            time.sleep(0.02)
            view = reduce(view, watch.look())
        assert is_live(run)
        with run.worker_log.open("a") as log:
            log.write("a stray print\n")
    finally:
        os.kill(spawned.pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while view.condition == "training":
        assert time.monotonic() < deadline
        view = reduce(view, watch.look())
    assert view.condition == "crashed"
    how, said, back = view.ending
    assert how.startswith(f"the worker (process {spawned.pid}) was killed by SIGKILL")
    assert said == "worker.log: a stray print"
    assert back.startswith("the last checkpoint is at step ")
    assert spawned.exit_code() == -signal.SIGKILL
