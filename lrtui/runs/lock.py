"""Who writes a run: an flock on `worker.lock`, which the kernel drops with its process however that dies.

A pid file would lie after a SIGKILL and after pid reuse; the lock cannot. It would still lie after a fork, because a
child shares its parent's lock, so children close it at once. What the file says (pid, host) only serves sentences.
"""

import fcntl
import os
import socket
import time
from types import TracebackType
from typing import Self

import msgspec

from lrtui.errors import UsageError
from lrtui.runs.directory import RunDirectory, disk_errors
from lrtui.runs.plain_files import open_plain, read_plain

#: A probe holds a shared lock for microseconds; a writer that meets one must not take it for another writer.
_PATIENCE_SECONDS = 0.2
_RETRY_SECONDS = 0.01

_open_handles: set[int] = set()


def _close_in_child() -> None:
    # Closing a copy of the descriptor leaves the parent's lock in place.
    for handle in _open_handles:
        os.close(handle)
    _open_handles.clear()


os.register_at_fork(after_in_child=_close_in_child)


class Holder(msgspec.Struct, frozen=True):
    """The process that holds a lock."""

    pid: int
    host: str


class RunLock:
    """The right to write a run, held from `acquire` to `release` or the end of the process.

    Use as a context manager, or call `acquire` and `release`.
    """

    def __init__(self, run: RunDirectory) -> None:
        self.run = run
        self._handle: int | None = None

    def acquire(self) -> Self:
        """Takes the lock. Raises UsageError where another process holds it, DiskError where it cannot be made."""
        assert self._handle is None, "the lock is held already"
        with disk_errors("lock", self.run.worker_lock):
            self._handle = self._locked_handle()
            os.ftruncate(self._handle, 0)
            os.pwrite(self._handle, msgspec.json.encode(Holder(os.getpid(), socket.gethostname())), 0)
        return self

    def _locked_handle(self) -> int:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            handle = _open(self.run, os.O_RDWR | os.O_CREAT)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if _is_still_there(self.run, handle):
                    return handle
                # The run was deleted and made again between our open and our lock.
                _close(handle)
            except BlockingIOError:
                _close(handle)
                if time.monotonic() > deadline:
                    raise self._refusal() from None
            except BaseException:
                _close(handle)
                raise
            time.sleep(_RETRY_SECONDS)

    def _refusal(self) -> UsageError:
        owner = holder(self.run)
        who = f"process {owner.pid} on {owner.host}" if owner else "another process"
        return UsageError(
            f"{self.run.name} is being written by {who}",
            f"Watch it with `lrtui attach {self.run.name}`, or end it with `lrtui ctl {self.run.name} stop`.",
        )

    def release(self) -> None:
        """Gives the lock back; nothing happens where it is not held, as in a forked child."""
        if self._handle in _open_handles:
            _close(self._handle)
        self._handle = None

    def __enter__(self) -> Self:
        return self if self._handle is not None else self.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def is_live(run: RunDirectory) -> bool:
    """Whether some process, this one included, writes the run now. Creates nothing and takes nothing away."""
    try:
        # NFS grants locks only on files open for writing; a read-only home still lets us ask.
        handle = _open(run, os.O_RDWR)
    except FileNotFoundError:
        return False
    except OSError:
        try:
            handle = _open(run, os.O_RDONLY)
        except OSError:
            return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return False
    except BlockingIOError:
        return True
    except OSError:
        # A file system without locks: nobody can hold one there.
        return False
    finally:
        _close(handle)


def holder(run: RunDirectory) -> Holder | None:
    """Who last took the lock, as the file says; true only while `is_live`."""
    try:
        return msgspec.json.decode(read_plain(run.worker_lock), type=Holder)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _open(run: RunDirectory, flags: int) -> int:
    handle = open_plain(run.worker_lock, flags | getattr(os, "O_NOFOLLOW", 0))
    _open_handles.add(handle)
    return handle


def _close(handle: int) -> None:
    _open_handles.discard(handle)
    os.close(handle)


def _is_still_there(run: RunDirectory, handle: int) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), os.stat(run.worker_lock))
    except FileNotFoundError:
        return False
