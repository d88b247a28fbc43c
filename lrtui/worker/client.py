"""What screens and scripts use to reach a live run. No torch here."""

from __future__ import annotations

import os
import select
import socket
import time
from collections import deque
from typing import NamedTuple

import msgspec

from lrtui.errors import LrtuiError, UsageError
from lrtui.messages import Command, Confirm, Event, Find, decode_event, encode
from lrtui.runs.closing import Closing
from lrtui.runs.control import LONGEST_LINE, Reply, Request, read_address
from lrtui.runs.directory import RunDirectory
from lrtui.runs.events import UNREADABLE
from lrtui.runs.lock import is_live

TIMEOUT_SECONDS = 30.0
#: a range test of many points, or a confirmation, on a slow model; a worker that dies meanwhile is noticed at once
TEST_SECONDS = 86400.0
_MOST_READ = 1 << 16


def patience(command: Command, timeout: float) -> float:
    """Seconds in which an answer to `command` should come, where any other has `timeout`."""
    return TEST_SECONDS if isinstance(command, Find | Confirm) else timeout


class DisconnectedError(UsageError):
    """The worker has ended, or closed the connection."""


class Answer(NamedTuple):
    """At which step command `seq` took effect, and the events it made; or in `error` why it was not understood."""

    seq: int
    step: int
    events: list[Event]
    error: str


class ControlClient(Closing):
    """A connection to the worker of `run`, for one thread that posts and one that receives.

    Raises DisconnectedError where nobody trains it.
    """

    def __init__(self, run: RunDirectory, timeout: float = TIMEOUT_SECONDS) -> None:
        self.run = run
        self.timeout = timeout
        self._name = f"{socket.gethostname()}-{os.getpid()}-{os.urandom(4).hex()}"
        self._seq = 0
        self._received = b""
        self._answers: deque[Answer] = deque()
        address = read_address(run)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(timeout)
        try:
            if address is None or not is_live(run):
                raise ConnectionRefusedError
            self._socket.connect(address.path)
        except OSError:
            self._socket.close()
            raise DisconnectedError(
                f"run {run.name} is not training", f"Go on with it: lrtui resume {run.name}."
            ) from None
        self._socket.setblocking(False)

    def fileno(self) -> int:
        """For selectors: readable when `receive` has something."""
        return self._socket.fileno()

    def post(self, command: Command) -> int:
        """Have `command` carried out, after those posted before it; the number of its answer. Never waits.

        Raises UsageError where the command is too long or the worker takes no more, DisconnectedError.
        """
        request = Request(self._name, self._seq + 1, msgspec.Raw(encode(command)))
        line = msgspec.json.encode(request) + b"\n"
        if len(line) > LONGEST_LINE:
            raise UsageError("this command is too long to be sent", f"At most {LONGEST_LINE // 1024} KiB are.")
        try:
            sent = self._socket.send(line)
        except BlockingIOError:
            raise UsageError(f"run {self.run.name} takes no more commands: it has not read those before") from None
        except OSError:
            raise self._gone() from None
        if sent < len(line):  # half a line would be taken for the beginning of the next one
            self._socket.shutdown(socket.SHUT_RDWR)
            raise DisconnectedError(f"run {self.run.name} takes no more commands: it has not read those before")
        self._seq += 1
        return self._seq

    def receive(self, timeout: float | None = None) -> Answer | None:
        """The next answer, in the order in which commands were carried out; None where none comes in `timeout` seconds.

        Raises DisconnectedError.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self._answers:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            if not _readable(self._socket, left):
                return None
            self._read()
        return self._answers.popleft()

    def send(self, command: Command) -> tuple[int, list[Event]]:
        """Post `command` and wait for its answer: the step at which it took effect, and the events it made.

        Raises UsageError where the worker does not understand it, does not answer, or ends before it does.
        """
        seq = self.post(command)
        deadline = time.monotonic() + patience(command, self.timeout)
        while True:
            answer = self.receive(max(0.0, deadline - time.monotonic()))
            if answer is None:
                raise self.unanswered()
            if answer.seq == seq or not answer.seq:
                break
        if answer.error:
            raise UsageError(answer.error)
        return answer.step, answer.events

    def unanswered(self) -> UsageError:
        """What to say of a command whose answer does not come."""
        return UsageError(
            f"run {self.run.name} has not answered for {self.timeout:g} s; the command may still take effect",
            "It is busy, or its process is stopped.",
        )

    def _read(self) -> None:
        try:
            data = self._socket.recv(_MOST_READ)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            raise self._gone()
        *lines, self._received = (self._received + data).split(b"\n")
        try:
            self._answers.extend(_answer(line) for line in lines)
        except UNREADABLE:
            raise DisconnectedError(f"run {self.run.name} speaks another version's language") from None

    def _gone(self) -> LrtuiError:
        return DisconnectedError(f"run {self.run.name} ended before it answered")

    def close(self) -> None:
        """Hang up; commands that were posted still take effect. Another thread's `receive` must have returned."""
        self._socket.close()


def _answer(line: bytes) -> Answer:
    reply = msgspec.json.decode(line, type=Reply)
    return Answer(reply.seq, reply.step, [decode_event(bytes(event)) for event in reply.events], reply.error)


def _readable(connection: socket.socket, timeout: float | None) -> bool:
    # poll, not select: a screen may have more than 1,024 files open
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(None if timeout is None else timeout * 1000))
