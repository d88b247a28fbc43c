"""A worker that outlives its terminal: the same command again, in a session of its own, with nothing of ours open.

The parent waits until the worker says that its run has begun; what goes wrong before that is told where the command
was given. After it, stray prints and tracebacks go to the run's worker.log, never to a screen.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lrtui.errors import LrtuiError
from lrtui.runs.directory import RunDirectory, disk_errors
from lrtui.runs.plain_files import open_plain

STATUS_VARIABLE = "LRTUI_STATUS_FD"


class WorkerFailedError(LrtuiError):
    """The worker ended before its run began; its own message and hint are ours, and its exit code is."""

    def __init__(self, said: str, exit_code: int) -> None:
        # Its error is the last thing it says, `lrtui: …` and a hint; a traceback before it is for who can read one.
        before, _, told = f"\n{said.strip()}".rpartition("\nlrtui: ")
        *message, hint = told.strip().split("\n")
        if not message:
            message, hint = [hint or f"the worker ended with exit code {exit_code}"], ""
        super().__init__("\n".join(message), before.strip() if "Traceback" in before else hint)
        self.exit_code = exit_code if exit_code > 0 else LrtuiError.exit_code

    @property
    def sentence(self) -> str:
        message = "; ".join(self.message.splitlines())
        return message if "\n" in self.hint or not self.hint else f"{message}. {self.hint}"


@dataclass(frozen=True)
class Spawned:
    """A worker that this process has started, and the name of its run."""

    name: str
    process: subprocess.Popen[bytes]

    @property
    def pid(self) -> int:
        return self.process.pid

    def exit_code(self) -> int | None:
        """How it ended, minus the signal's number where one ended it; None while it lives. Never waits."""
        return self.process.poll()


#: Only its parent learns how a process ended, and only once: kept for whoever asks.
_children: dict[int, Spawned] = {}


def exit_code_of(pid: int, name: str) -> int | None:
    """How the worker `pid` of run `name` ended; None where it lives, or is no child of this process."""
    spawned = _children.get(pid)
    return spawned.exit_code() if spawned is not None and spawned.name == name else None


def is_child(pid: int, name: str) -> bool:
    """Whether this process has started the worker `pid` of run `name`."""
    return pid in _children and _children[pid].name == name


def spawn(arguments: Sequence[str], cwd: Path | None = None) -> Spawned:
    """Run `lrtui ARGUMENTS` detached; returns once its run has begun. Raises WorkerFailedError."""
    status, worker_end = os.pipe()
    # A file, not a pipe: nobody reads what it says while we wait for it to begin.
    with tempfile.TemporaryFile() as stderr:
        try:
            process = subprocess.Popen(
                [sys.executable, "-m", "lrtui", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                pass_fds=[worker_end],
                env={**os.environ, STATUS_VARIABLE: str(worker_end)},
                start_new_session=True,
                cwd=cwd,
            )
        except BaseException:
            os.close(status)
            raise
        finally:
            os.close(worker_end)
        with os.fdopen(status, "rb") as told:
            name = told.read().decode("utf-8", "replace").strip()
        if not name:
            code = process.wait()
            stderr.seek(0)
            raise WorkerFailedError(stderr.read().decode("utf-8", "replace"), code)
    spawned = _children[process.pid] = Spawned(name, process)
    return spawned


def is_detached() -> bool:
    """Whether this process was started by `spawn`."""
    return STATUS_VARIABLE in os.environ


def begun(run: RunDirectory) -> None:
    """Called in the worker: its run has begun. Tell the parent, and let go of its terminal."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with disk_errors("write", run.worker_log):
        log = open_plain(run.worker_log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    sys.stdout.flush()
    sys.stderr.flush()
    for standard in (1, 2):
        os.dup2(log, standard)
    os.close(log)
    status = int(os.environ.pop(STATUS_VARIABLE))
    with contextlib.suppress(BrokenPipeError):  # whoever started us has gone: training does not depend on it
        os.write(status, run.name.encode() + b"\n")
    os.close(status)
