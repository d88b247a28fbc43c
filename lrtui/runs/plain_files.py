"""Files of a run directory, opened only where they are files.

Anybody may have put anything in their place: a pipe would be waited for without end, and a device may have no end.
"""

import contextlib
import errno
import os
import stat
from pathlib import Path

_KINDS = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def check_plain(path: Path) -> None:
    """Raises OSError where `path` is something else than a file; nothing at all is no reason to complain."""
    with contextlib.suppress(FileNotFoundError):
        _check(os.stat(path).st_mode, path)


def open_plain(path: Path, flags: int, mode: int = 0o644) -> int:
    """`os.open` of a file. Raises OSError, at once, where something else is in its place."""
    check_plain(path)  # first: merely opening a device or the last end of a pipe may do something
    handle = os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC, mode)
    try:
        _check(os.fstat(handle).st_mode, path)
    except BaseException:
        os.close(handle)
        raise
    return handle


def read_plain(path: Path) -> bytes:
    """All of a file. Raises OSError, at once, where something else is in its place."""
    with open(open_plain(path, os.O_RDONLY), "rb") as file:
        return file.read()


def _check(mode: int, path: Path) -> None:
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(mode):
        raise OSError(f"is {_KINDS.get(stat.S_IFMT(mode), 'something else')} and no file")
