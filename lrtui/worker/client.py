"""What screens and scripts use to reach a live run. No torch here."""

from __future__ import annotations

import os
import socket
from types import TracebackType
from typing import Self

import msgspec

from lrtui.errors import UsageError
from lrtui.messages import Command, Event, Find, decode_event, encode
from lrtui.runs.control import Reply, Request, read_address
from lrtui.runs.directory import RunDirectory
from lrtui.runs.lock import is_live

ANSWER_SECONDS = 30.0
TEST_SECONDS = 86400.0  # a range test of many points on a slow model; a worker that dies meanwhile is noticed at once


class ControlClient:
    """A connection to the worker of `run`. Raises UsageError where nobody trains it."""

    def __init__(self, run: RunDirectory, timeout: float = ANSWER_SECONDS) -> None:
        self.run, self._timeout = run, timeout
        self._name = f"{socket.gethostname()}-{os.getpid()}-{os.urandom(4).hex()}"
        self._seq = 0
        address = read_address(run)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(timeout)
        try:
            if address is None or not is_live(run):
                raise ConnectionRefusedError
            self._socket.connect(address.path)
        except OSError:
            self._socket.close()
            raise UsageError(f"run {run.name} is not training", f"Go on with it: lrtui resume {run.name}.") from None
        self._lines = self._socket.makefile("rb")

    def send(self, command: Command) -> tuple[int, list[Event]]:
        """Have `command` carried out; the step at which it was, and the events it made.

        Raises UsageError where the worker does not understand it, or ends before it answers.
        """
        self._seq += 1
        request = Request(self._name, self._seq, msgspec.Raw(encode(command)))
        self._socket.settimeout(TEST_SECONDS if isinstance(command, Find) else self._timeout)
        try:
            self._socket.sendall(msgspec.json.encode(request) + b"\n")
            line = self._lines.readline()
        except TimeoutError:
            raise UsageError(f"run {self.run.name} did not answer in time; the command may still take effect") from None
        except OSError:
            line = b""
        if not line:
            raise UsageError(f"run {self.run.name} ended before it answered")
        reply = msgspec.json.decode(line, type=Reply)
        if reply.error:
            raise UsageError(reply.error)
        return reply.step, [decode_event(bytes(event)) for event in reply.events]

    def close(self) -> None:
        self._lines.close()
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
