"""How to speak to a live run: where its socket is, and the lines that travel there, one JSON object each."""

import os
import socket
from pathlib import Path

import msgspec

from lrtui.runs.directory import RunDirectory
from lrtui.runs.plain_files import open_plain, read_plain

LONGEST_LINE = 64 * 1024


class Address(msgspec.Struct, frozen=True):
    """`control.json` in the run directory: a socket path is too short for most folders, so it lives elsewhere."""

    path: str
    pid: int
    host: str


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`client` names who asks; the same (`client`, `seq`) is carried out once, however often it is sent."""

    client: str
    seq: int
    command: msgspec.Raw


class Reply(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of a request: at which step, and the events it made; or `error`, why it was not understood."""

    client: str
    seq: int
    step: int = 0
    events: list[msgspec.Raw] = []
    error: str = ""


def read_address(run: RunDirectory) -> Address | None:
    """Where the run's socket is, or was; None where it never had one."""
    try:
        return msgspec.json.decode(read_plain(run.control), type=Address)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None


def write_address(run: RunDirectory, path: Path, pid: int) -> None:
    """Tell readers where the socket is. Raises OSError."""
    with open(open_plain(run.control, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "wb") as file:
        file.write(msgspec.json.encode(Address(str(path), pid, socket.gethostname())))
