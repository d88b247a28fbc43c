"""A terminal that goes away, as when SSH drops: a detached worker goes on, one in the foreground saves and says so."""

import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lrtui.bench.terminal import Terminal
from lrtui.engine.inbox import Inbox
from lrtui.messages import Stop
from lrtui.runs.directory import RunDirectory
from lrtui.runs.history import read_history
from lrtui.runs.lock import is_live
from lrtui.worker.client import ControlClient
from lrtui.worker.signals import stop_on_signals
from tests.processes import small_flags, trained

FLAGS = small_flags(train__steps=10**7, train__eval_every=0, train__sample_every=0)


def on_terminal(*arguments: str, home: Path) -> Terminal:
    return Terminal([sys.executable, "-m", "lrtui", *arguments], env={"LRTUI_HOME": str(home)})


def wait_until(true: Callable[[], object], terminal: Terminal | None = None) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline, terminal.output() if terminal else ""
        time.sleep(0.01)


def test_a_run_in_the_foreground_saves_when_its_terminal_goes(tmp_path: Path) -> None:
    run = RunDirectory(tmp_path / "checkpoints" / "front")
    with on_terminal("run", "--name", "front", *FLAGS, home=tmp_path) as terminal:
        wait_until(lambda: trained(run) > 10, terminal)
        terminal.hang_up()
        assert terminal.wait() == 129
    history = read_history(run)
    assert history.stopped is not None
    assert history.stopped.cause == "SIGHUP"
    assert run.checkpoint(history.stopped.step).exists()


def test_a_hangup_that_comes_again_is_not_impatience() -> None:
    """The kernel tells of it, and so does the shell: the run must be saved all the same."""
    inbox, before = Inbox(), signal.signal(signal.SIGHUP, signal.SIG_DFL)
    try:
        with stop_on_signals(inbox):
            signal.raise_signal(signal.SIGHUP)
            signal.raise_signal(signal.SIGHUP)
            assert inbox.take(0).cause == "SIGHUP"
            with pytest.raises(SystemExit):
                signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_detached_run_goes_on_when_its_terminal_goes(tmp_path: Path) -> None:
    run = RunDirectory(tmp_path / "checkpoints" / "far")
    with on_terminal("run", "--name", "far", *FLAGS, "--detach", home=tmp_path) as terminal:
        terminal.wait_for("far trains")
        terminal.hang_up()
        terminal.wait()
    before = trained(run)
    wait_until(lambda: trained(run) > before + 10)
    with ControlClient(run) as client:
        client.send(Stop())
    wait_until(lambda: not is_live(run))
    assert read_history(run).stopped is not None
    assert run.worker_log.read_bytes() == b""
