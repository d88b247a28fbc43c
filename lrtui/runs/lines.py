"""Files of JSON lines that one process appends to and any number read while it does, through kills and full disks.

The writer puts a whole line into the file by one write, and takes a torn one back. A reader advances only past
complete lines, so that a line still being written, or torn by a kill, is never taken for one; both agree that what
follows the last newline is nothing yet.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from lrtui.runs.closing import Closing
from lrtui.runs.directory import disk_errors
from lrtui.runs.plain_files import open_plain

_CHUNK = 1 << 20


class LineWriter(Closing):
    """Appends lines to `path`. A tail left torn by a killed writer is cut off first.

    Only one writer may exist at a time; the run's lock sees to that. Raises DiskError where the file cannot be opened.
    """

    def __init__(self, path: Path, *, sync: bool, exclusive: bool = False) -> None:
        self.path = path
        self._sync = sync
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | (os.O_EXCL if exclusive else 0)
        with disk_errors("write", path):
            self._handle = open_plain(path, flags)
            self._size = _end_of_last_line(self._handle)
            os.ftruncate(self._handle, self._size)
            if sync:
                os.fsync(self._handle)

    def append(self, line: bytes) -> None:
        """Writes `line`, which has no newline, and its newline; with `sync` it is on the disk on return.

        On DiskError (a full disk) the file is as it was before, and the writer can be used again.
        """
        whole = line + b"\n"
        with disk_errors("write", self.path):
            try:
                _write_all(self._handle, whole)
                if self._sync:
                    os.fsync(self._handle)
            except OSError:
                os.ftruncate(self._handle, self._size)
                raise
        self._size += len(whole)

    def close(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


def _write_all(handle: int, data: bytes) -> None:
    # On a nearly full disk a write may stop short; the next one then says why.
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(handle, rest) :]


def _end_of_last_line(handle: int) -> int:
    """The file's size without its unterminated tail."""
    position = os.fstat(handle).st_size
    while position > 0:
        start = max(0, position - _CHUNK)
        newline = os.pread(handle, position - start, start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        position = start
    return 0


class LineReader:
    """Reads what is new in `path` at each `poll`. The file may not exist yet, grow, or lose a tail taken back."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.offset = 0

    def poll(self) -> Iterator[bytes]:
        """The complete lines since the last poll, without their newlines; empty ones are left out.

        Raises DiskError where the file is there and cannot be read.
        """
        with disk_errors("read", self.path):
            try:
                handle = open_plain(self.path, os.O_RDONLY)
            except FileNotFoundError:
                return
        try:
            self.offset = min(self.offset, os.fstat(handle).st_size)
            yield from self._read(handle)
        finally:
            os.close(handle)

    def _read(self, handle: int) -> Iterator[bytes]:
        pieces: list[bytes] = []
        position = self.offset
        while True:
            with disk_errors("read", self.path):
                chunk = os.pread(handle, _CHUNK, position)
            if not chunk:
                return
            position += len(chunk)
            end = chunk.rfind(b"\n")
            if end < 0:
                pieces.append(chunk)
                continue
            whole = b"".join([*pieces, chunk[:end]])
            pieces = [chunk[end + 1 :]]
            # Advanced before the lines are handed out: a consumer that stops half-way does not see them twice.
            self.offset = position - len(pieces[0])
            yield from (line for line in whole.split(b"\n") if line)
