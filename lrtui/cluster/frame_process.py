"""A process of ours that reads frames from its stdin and answers on its stdout, until we hang up or are gone."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from typing import IO, Any, TypeVar

from lrtui.cluster.wire import read_frame, write_frame

_T = TypeVar("_T")


class FrameProcess:
    """`python -m module`. `seconds` is how long it may take to end once we have hung up."""

    def __init__(self, module: str, seconds: float, stderr: IO[bytes] | None = None) -> None:
        self.seconds = seconds
        self.process = subprocess.Popen(
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            start_new_session=True,  # Ctrl-C is for the sweep, which saves first
        )

    def send(self, message: Any) -> None:
        """One frame. Raises OSError where the process has ended."""
        assert self.process.stdin is not None
        write_frame(self.process.stdin, message)

    def receive(self, kind: type[_T]) -> _T | None:
        """The next frame; None where the process has ended."""
        assert self.process.stdout is not None
        return read_frame(self.process.stdout, kind)

    def close(self) -> None:
        """Hang up, and see the process end."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        try:
            self.process.wait(self.seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
