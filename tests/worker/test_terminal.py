"""A terminal that goes away, as when SSH drops: a detached worker goes on, one in the foreground saves and says so."""

import os
import pty
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lrtui.engine.inbox import Inbox
from lrtui.messages import Stop
from lrtui.runs.directory import RunDirectory
from lrtui.runs.history import read_history
from lrtui.runs.lock import is_live
from lrtui.runs.metrics import last_block
from lrtui.worker.client import ControlClient
from lrtui.worker.signals import stop_on_signals
from tests.processes import small_flags

FLAGS = small_flags(train__steps=10**7, train__eval_every=0, train__sample_every=0)
#: makes the pty the controlling terminal, as a login does
LOGIN = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.executable, sys.argv[1:])"


class Terminal:
    """A command on a real pseudo-terminal of its own."""

    def __init__(self, *arguments: str, home: Path) -> None:
        self.master, slave = pty.openpty()
        command = [sys.executable, "-c", LOGIN, sys.executable, "-m", "lrtui", *arguments]
        self.process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**os.environ, "LRTUI_HOME": str(home), "TERM": "xterm"},
            start_new_session=True,
        )
        os.close(slave)
        self.said = b""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reading = True
        self._reader.start()

    def _read(self) -> None:
        while self._reading:
            try:
                self.said += os.read(self.master, 4096)
            except OSError:
                return

    def hang_up(self) -> None:
        """Closes the terminal; the kernel then tells whoever is on it."""
        self._reading = False
        self._reader.join(1)
        os.close(self.master)


def wait_until(true: Callable[[], object], terminal: Terminal | None = None) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline, terminal.said if terminal else ""
        time.sleep(0.01)


def trained(run: RunDirectory) -> int:
    block = last_block(run) if run.path.exists() else None
    return block.step + len(block.loss) if block else 0


def test_a_run_in_the_foreground_saves_when_its_terminal_goes(tmp_path: Path) -> None:
    terminal = Terminal("run", "--name", "front", *FLAGS, home=tmp_path)
    run = RunDirectory(tmp_path / "checkpoints" / "front")
    wait_until(lambda: trained(run) > 10, terminal)
    terminal.hang_up()
    assert terminal.process.wait(30) == 129
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
    terminal = Terminal("run", "--name", "far", *FLAGS, "--detach", home=tmp_path)
    run = RunDirectory(tmp_path / "checkpoints" / "far")
    wait_until(lambda: b"far trains" in terminal.said, terminal)
    terminal.hang_up()
    terminal.process.wait(30)
    before = trained(run)
    wait_until(lambda: trained(run) > before + 10)
    with ControlClient(run) as client:
        client.send(Stop())
    wait_until(lambda: not is_live(run))
    assert read_history(run).stopped is not None
    assert run.worker_log.read_bytes() == b""
