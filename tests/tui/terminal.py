"""A real terminal, seen from its other side, with a real `lrtui` in it."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path

#: makes the terminal the process's own, so that closing it hangs the process up, then becomes `lrtui`
_BEGIN = """
import fcntl, os, signal, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
{first}
sys.argv = ["lrtui", *{argv}]
from lrtui.cli.app import main
main()
"""


class Terminal:
    """`output` is every byte that came; the process sees `columns` × `lines` cells."""

    def __init__(
        self, home: Path, *argv: str, first: str = "", columns: int = 120, lines: int = 40, **env: str
    ) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.before = termios.tcgetattr(self.master)
        self.output = b""
        self.process = subprocess.Popen(
            [sys.executable, "-c", _BEGIN.format(argv=list(argv), first=first)],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            cwd=Path(__file__).parents[2],
            env={**os.environ, "TERM": "xterm-256color", "LRTUI_HOME": str(home), "XDG_CONFIG_HOME": str(home), **env},
        )
        os.close(slave)

    def read_until(self, true: Callable[[bytes], bool], seconds: float = 20.0) -> None:
        deadline = time.monotonic() + seconds
        while not true(self.output):
            assert time.monotonic() < deadline, f"waited {seconds} s in vain: {self.output[-1500:]!r}"
            self._read(0.05)

    def _read(self, seconds: float) -> None:
        if select.select([self.master], [], [], seconds)[0]:
            try:
                self.output += os.read(self.master, 1 << 16)
            except OSError:  # nobody has the other side open any more
                time.sleep(0.005)

    def press(self, keys: bytes) -> None:
        os.write(self.master, keys)

    def hang_up(self) -> None:
        os.close(self.master)
        self.master = -1

    def wait(self, seconds: float = 20.0) -> int:
        """The exit code; reads meanwhile, as a terminal does."""
        deadline = time.monotonic() + seconds
        while self.process.poll() is None:
            assert time.monotonic() < deadline, f"still alive after {seconds} s: {self.output[-500:]!r}"
            if self.master >= 0:
                self._read(0.01)
            else:
                time.sleep(0.005)
        while self.master >= 0 and select.select([self.master], [], [], 0)[0]:
            length = len(self.output)
            self._read(0)
            if len(self.output) == length:
                break
        return self.process.returncode

    def wait_until_stopped(self, seconds: float = 20.0) -> None:
        """Until it has suspended itself; reads meanwhile."""
        deadline = time.monotonic() + seconds
        while True:
            pid, status = os.waitpid(self.process.pid, os.WUNTRACED | os.WNOHANG)
            if pid:
                assert os.WIFSTOPPED(status), f"it ended: {os.waitstatus_to_exitcode(status)}"
                return
            assert time.monotonic() < deadline, f"still running after {seconds} s"
            self._read(0.01)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self.master >= 0:
            os.close(self.master)
