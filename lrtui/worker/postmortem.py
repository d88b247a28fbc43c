"""Why a worker died without a last word, as far as the machine still tells: what to say, and what to do about it."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
from dataclasses import dataclass
from pathlib import Path

from lrtui.errors import DiskError
from lrtui.printable import printable
from lrtui.runs.checkpoints import checkpoint_folders, surviving
from lrtui.runs.directory import RunDirectory
from lrtui.runs.history import read_history
from lrtui.runs.lock import holder
from lrtui.runs.plain_files import open_plain
from lrtui.runs.sweeps import is_sweep, read_sweep
from lrtui.worker.detach import exit_code_of, is_child

LOG_LINES = 8
_LOG_BYTES = 16 << 10
_LONGEST_LINE = 240
_CGROUPS = Path("/sys/fs/cgroup")
_PROCESSES = Path("/proc")

_MEANINGS = {64: "a wrong flag or command", 65: "a bad config or corpus", 70: "a bug", 74: "the disk"}


def explain(run: RunDirectory, exit_code: int | None = None, out_of_memory: bool = False) -> tuple[str, ...]:
    """What is known of the death of the worker that held the run's lock last, line by line, as safe text.

    `exit_code` is its exit code, minus the signal's number where one ended it, None where nobody knows.
    `out_of_memory` is whether the kernel has killed a process of its group meanwhile (`OomWatch`).
    """
    return (_how(run, exit_code, out_of_memory), *_last_words(run), _way_back(run))


def exit_code(run: RunDirectory) -> int | None:
    """How the worker that held the run's lock last ended; None where it is no child of this process."""
    owner = holder(run)
    return exit_code_of(owner.pid, run.name) if owner and owner.host == socket.gethostname() else None


def will_be_known(run: RunDirectory) -> bool:
    """Whether this process learns how that worker ended: a lock is free a moment before its holder can be asked for."""
    owner = holder(run)
    return owner is not None and is_child(owner.pid, run.name)


def _how(run: RunDirectory, code: int | None, out_of_memory: bool) -> str:
    owner = holder(run)
    who = f"the worker (process {owner.pid})" if owner else "the worker"
    if owner and owner.host != socket.gethostname():
        return f"{who} on {printable(owner.host)} has gone without a last word; that machine may know why"
    memory = "the kernel killed a process for lack of memory: a smaller batch or model needs less"
    if code is None:
        unknown = f"{who} has gone without a last word; only the process that started it knows how it ended"
        return f"{unknown}, but {memory}" if out_of_memory else unknown
    if code >= 0:
        meaning = f" ({_MEANINGS[code]})" if code in _MEANINGS else ""
        return f"{who} ended with exit code {code}{meaning}"
    killed = f"{who} was killed by {_signal_name(-code)}"
    if out_of_memory and code == -signal.SIGKILL:
        return f"{killed}; {memory}"
    return f"{killed}: somebody's kill -9, or the kernel out of memory" if code == -signal.SIGKILL else killed


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _last_words(run: RunDirectory) -> list[str]:
    """The end of worker.log, where the last worker has written to it."""
    try:
        if run.worker_log.stat().st_mtime_ns < run.worker_lock.stat().st_mtime_ns:
            return []  # it tells of an attempt before
        with open(open_plain(run.worker_log, os.O_RDONLY), "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _LOG_BYTES))
            tail = file.read(_LOG_BYTES).decode("utf-8", "replace")
    except OSError:
        return []
    lines = [line.rstrip() for line in re.split(r"[\r\n]+", tail) if line.strip()][-LOG_LINES:]
    return [f"worker.log: {printable(line[:_LONGEST_LINE])}" for line in lines]


def _way_back(run: RunDirectory) -> str:
    try:
        begun, saved = _saved(run)
        if not begun:
            return f"it had not begun, and leaves nothing to resume: lrtui delete {run.name}"
    except DiskError as error:
        return printable(error.message)
    if saved is None:
        return "no checkpoint was saved yet: R resumes from the beginning"
    return f"the last checkpoint is at step {saved:,}: R resumes from there"


def _saved(run: RunDirectory) -> tuple[bool, int | None]:
    """Whether training had begun, and the step that a resume goes on from. Raises DiskError."""
    if is_sweep(run):
        return read_sweep(run).started is not None, next((int(folder.name) for folder in checkpoint_folders(run)), None)
    history = read_history(run)
    return history.started is not None, next((meta.progress.step for _, meta in surviving(run, history.rewinds)), None)


@dataclass(frozen=True)
class OomWatch:
    """Counts the processes that the kernel kills for lack of memory, in the control group of process `pid`."""

    counter: Path | None
    before: int | None

    @classmethod
    def of(cls, pid: int | str = "self", processes: Path = _PROCESSES, cgroups: Path = _CGROUPS) -> OomWatch:
        """Begin to count; where the machine has no such counter, nothing is ever counted."""
        for counter in _counters(processes / str(pid) / "cgroup", cgroups):
            before = _kills(counter)
            if before is not None:
                return cls(counter, before)
        return cls(None, None)

    def struck(self) -> bool:
        """Whether the kernel has killed one since."""
        now = _kills(self.counter) if self.counter is not None else None
        return now is not None and self.before is not None and now > self.before


def _counters(membership: Path, cgroups: Path) -> list[Path]:
    """Where the kills of a process's control group may be counted: version 2, then version 1."""
    found: list[Path] = []
    lines: list[str] = []
    with contextlib.suppress(OSError, UnicodeDecodeError):
        lines = membership.read_text().splitlines()
    for line in lines:
        _, _, rest = line.partition(":")
        controllers, _, group = rest.partition(":")
        if ".." in group.split("/"):
            group = "/"  # outside this container's view
        if not controllers:
            found.insert(0, cgroups / group.lstrip("/") / "memory.events")
        elif "memory" in controllers.split(","):
            found.append(cgroups / "memory" / group.lstrip("/") / "memory.oom_control")
    # a container often mounts its own group as the root
    return [*found, cgroups / "memory.events", cgroups / "memory" / "memory.oom_control"]


def _kills(counter: Path) -> int | None:
    """`oom_kill` of version 2's memory.events and of version 1's memory.oom_control."""
    try:
        match = re.search(r"^oom_kill (\d+)$", counter.read_text(), re.MULTILINE)
    except (OSError, UnicodeDecodeError):
        return None
    return int(match[1]) if match else None
