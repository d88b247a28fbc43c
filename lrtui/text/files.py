"""A file or a folder of the user's as one sequence of bytes."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from lrtui.errors import CorpusError
from lrtui.printable import printable

LARGEST = 1 << 30


def read_path(path: Path, leave_out: tuple[Path, ...] = ()) -> bytes:
    """The bytes of a file, or of all text files below a folder, in a fixed order, each ending in a newline.

    In a folder, hidden, binary and empty files and the folders `leave_out` are passed over. Raises CorpusError where
    there is nothing to read.
    """
    shown = printable(str(path))
    try:
        path = path.expanduser()
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            return _read_folder(path, {p.absolute() for p in leave_out})
        if not stat.S_ISREG(status.st_mode):
            raise CorpusError(f"corpus.path: {shown} is neither a file nor a folder", "Name a text file or a folder.")
        _check_size(status.st_size, shown)
        return path.read_bytes()
    except FileNotFoundError:
        raise CorpusError(
            f"corpus.path: there is no file or folder {shown}",
            f"Relative paths begin at the current folder, {printable(os.getcwd())}.",
        ) from None
    except PermissionError as error:
        place = printable(str(error.filename or path))
        raise CorpusError(
            f"corpus.path: {place} may not be read by this user", "Check its permissions: ls -l."
        ) from None
    # RuntimeError: ~ without a home; ValueError: a NUL in the path
    except (OSError, RuntimeError, ValueError) as error:
        reason = os.strerror(error.errno).lower() if isinstance(error, OSError) and error.errno else str(error)
        raise CorpusError(
            f"corpus.path: {shown} cannot be read: {printable(reason)}", "Name another file or folder."
        ) from None


def _read_folder(folder: Path, leave_out: set[Path]) -> bytes:
    shown = printable(str(folder))
    parts: list[bytes] = []
    size = 0
    for path in _files(folder, leave_out):
        size += path.stat().st_size
        _check_size(size, shown)
        raw = path.read_bytes()
        if raw and _is_text(raw):
            parts.append(raw if raw.endswith(b"\n") else raw + b"\n")
        else:
            size -= len(raw)
    if not parts:
        raise CorpusError(
            f"corpus.path: the folder {shown} holds no text file", "Hidden and binary files are passed over."
        )
    return b"".join(parts)


def _files(folder: Path, leave_out: set[Path]) -> Iterator[Path]:
    """The regular files below a folder, by path, without hidden ones; links to folders are not followed."""
    for base, folders, names in os.walk(folder, onerror=_raise):
        here = Path(base)
        folders[:] = sorted(f for f in folders if not f.startswith(".") and (here / f).absolute() not in leave_out)
        for name in sorted(names):
            path = here / name
            if not name.startswith(".") and path.is_file():
                yield path


def _raise(error: OSError) -> None:
    raise error


def _is_text(raw: bytes) -> bool:
    if b"\0" in raw:
        return False
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _check_size(size: int, shown: str) -> None:
    if size > LARGEST:
        raise CorpusError(
            f"corpus.path: {shown} has {size / 1e9:.1f} GB, at most {LARGEST / 1e9:.1f} GB are kept in memory",
            "Take a part of it: head -c 100000000 FILE > PART.",
        )
