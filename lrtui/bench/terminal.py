"""A program on a pseudo-terminal, as ssh or tmux would hold it: its keys, its size, and when it wrote what.

The bench measures the screens through it and the tests drive them, so that both meet the real thing: real bytes, real
signals, a terminal that goes away or stops reading.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from lrtui.errors import LrtuiError

#: A session's leader that opens a terminal has it from then on as its own: closing it hangs the program up.
_LOGIN = ': <"$0"; exec "$@"'

_READY = 4095


@dataclass
class Terminal:
    """Runs `argv` on a terminal of its own; `chunks` are (monotonic seconds, bytes) as they came.

    Use as a context manager: the program is killed at the end if it still lives.
    """

    argv: Sequence[str]
    columns: int = 120
    lines: int = 40
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: str | None = None
    chunks: list[tuple[float, bytes]] = field(default_factory=list)
    #: while set nobody reads: a terminal that is stopped, as by ctrl+s or a dead link
    stalled: threading.Event = field(default_factory=threading.Event)
    _closed: bool = False

    def __enter__(self) -> Self:
        self._master, slave = pty.openpty()
        self.resize(self.columns, self.lines)
        self.modes_before = self.modes()
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            ["/bin/sh", "-c", _LOGIN, os.ttyname(slave), *self.argv],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=self.cwd,
            env={**_environment(), "TERM": "xterm-256color", **self.env},
            start_new_session=True,
        )
        os.close(slave)
        self._reader = threading.Thread(target=self._read, name="terminal", daemon=True)
        self._reader.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.hang_up()

    def _read(self) -> None:
        while not self._closed:
            if self.stalled.is_set():
                time.sleep(0.01)
                continue
            try:
                if select.select([self._master], [], [], 0.05)[0]:
                    data = os.read(self._master, 1 << 16)
                    if not data:
                        return
                    self.chunks.append((time.monotonic(), data))
            except (OSError, ValueError):  # the program has gone, or we hung up
                return

    def press(self, keys: str) -> None:
        """Type `keys`."""
        os.write(self._master, keys.encode())

    def is_full(self) -> bool:
        """Whether as much waits to be read as the kernel holds ready (4 KiB on Linux); the rest waits behind it."""
        waiting = fcntl.ioctl(self._master, termios.FIONREAD, bytes(4))
        return int.from_bytes(waiting, sys.byteorder) >= _READY

    def modes(self) -> list[Any]:
        """How the terminal treats what is typed and written (echo, line editing, signals), as termios tells it."""
        return termios.tcgetattr(self._master)[:4]

    def resize(self, columns: int, lines: int) -> None:
        """Another size; a program that runs is told by SIGWINCH."""
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def hang_up(self) -> None:
        """Close the terminal, as a lost connection does: the program gets SIGHUP."""
        if not self._closed:
            self._closed = True
            self._reader.join(timeout=1)
            with contextlib.suppress(OSError):
                os.close(self._master)

    def output(self, since: float = 0.0) -> bytes:
        """What it wrote since that moment."""
        return b"".join(data for moment, data in list(self.chunks) if moment >= since)

    def wait_for(self, text: str | bytes, *, since: float = 0.0, seconds: float = 30.0) -> float:
        """The moment by which `text` had come, in one piece or several. Raises LrtuiError where it does not in time."""
        wanted = text.encode() if isinstance(text, str) else text
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            ended = self.process.poll() is not None
            seen = b""
            for moment, data in list(self.chunks):
                if moment >= since:
                    seen = seen[-len(wanted) :] + data
                    if wanted in seen:
                        return moment
            if ended:
                break
            time.sleep(0.002)
        raise LrtuiError(f"the screen did not show {wanted!r} within {seconds:g} s")

    def wait(self, seconds: float = 30.0) -> int:
        """Its exit code, minus the number of a signal that ended it, once all it wrote has come. Raises LrtuiError."""
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise LrtuiError(f"the program still runs after {seconds:g} s") from None
        self._reader.join(timeout=1)  # it ends with the last byte
        return code

    def wait_until_stopped(self, seconds: float = 30.0) -> None:
        """Until it has suspended itself, as by ctrl+z. Raises LrtuiError where it does not in time."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if os.waitid(os.P_PID, self.process.pid, os.WSTOPPED | os.WNOHANG | os.WNOWAIT):
                return
            time.sleep(0.002)
        raise LrtuiError(f"the program was not suspended within {seconds:g} s")


def _environment() -> dict[str, str]:
    """Ours, without the size that it tells of our own terminal: it would be taken for that of the new one."""
    return {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
