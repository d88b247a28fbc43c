"""A worker that outlives its terminal: the same command again, in a session of its own, with nothing of ours open.

The parent waits until the worker says that its run has begun; what goes wrong before that is told where the command
was given. After it, stray prints and tracebacks go to the run's worker.log, never to a screen.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from lrtui.errors import LrtuiError
from lrtui.runs.directory import RunDirectory, disk_errors

STATUS_VARIABLE = "LRTUI_STATUS_FD"


class WorkerFailedError(LrtuiError):
    """The worker ended before its run began; its own sentence is the message, its exit code ours."""

    def __init__(self, said: str, exit_code: int) -> None:
        super().__init__(said.strip().removeprefix("lrtui: ") or f"the worker ended with exit code {exit_code}")
        self.exit_code = exit_code if exit_code > 0 else LrtuiError.exit_code


def spawn(arguments: Sequence[str], cwd: Path | None = None) -> str:
    """Run `lrtui ARGUMENTS` detached; returns the name of its run. Raises WorkerFailedError."""
    status, worker_end = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-m", "lrtui", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        pass_fds=[worker_end],
        env={**os.environ, STATUS_VARIABLE: str(worker_end)},
        start_new_session=True,
        cwd=cwd,
    )
    os.close(worker_end)
    with os.fdopen(status, "rb") as told:
        name = told.read().decode().strip()
    assert process.stderr is not None
    with process.stderr:
        said = "" if name else process.stderr.read().decode("utf-8", "replace")
    if not name:
        raise WorkerFailedError(said, process.wait())
    return name


def is_detached() -> bool:
    """Whether this process was started by `spawn`."""
    return STATUS_VARIABLE in os.environ


def begun(run: RunDirectory) -> None:
    """Called in the worker: its run has begun. Tell the parent, and let go of its terminal."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with disk_errors("write", run.worker_log):
        log = os.open(run.worker_log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    sys.stdout.flush()
    sys.stderr.flush()
    for standard in (1, 2):
        os.dup2(log, standard)
    os.close(log)
    status = int(os.environ.pop(STATUS_VARIABLE))
    os.write(status, run.name.encode() + b"\n")
    os.close(status)
