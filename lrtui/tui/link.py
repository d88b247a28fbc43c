"""The hand of a screen on a live run: commands leave at once, in order, and a thread waits for what became of them.

The screen's own thread only ever writes a short line to a socket; connecting, waiting and reading are the thread's.
"""

from __future__ import annotations

import os
import select
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from lrtui.errors import LrtuiError, UsageError
from lrtui.messages import Command
from lrtui.runs.directory import RunDirectory
from lrtui.worker.client import TIMEOUT_SECONDS, Answer, ControlClient, DisconnectedError, patience

Failed = Callable[[Command, LrtuiError], None]
Answered = Callable[[Command, int], None]


@dataclass(slots=True)
class _Posted:
    command: Command
    deadline: float | None  # monotonic seconds; None once it is said that no answer came


class Link:
    """Commands to the worker of `run`, whichever process that is: where a run was resumed, the next one finds it.

    `failed` and `answered` are called from another thread: the first when a command is not understood, not answered
    within `timeout` seconds, or finds nobody; the second when one has taken effect, with its step.
    """

    def __init__(
        self, run: RunDirectory, *, failed: Failed, answered: Answered, timeout: float = TIMEOUT_SECONDS
    ) -> None:
        self._run, self._failed, self._told, self._timeout = run, failed, answered, timeout
        self._lock = threading.Lock()
        #: what waits for a connection; where something does, later commands queue behind it
        self._waiting: deque[Command] = deque()
        self._posted: dict[int, _Posted] = {}
        self._client: ControlClient | None = None
        self._refused = False  # the newest command found a connection that had just ended
        self._closing = False
        self._ear, self._bell = os.pipe()
        self._thread = threading.Thread(target=self._serve, name="lrtui-link", daemon=True)
        self._thread.start()

    def send(self, command: Command) -> None:
        """Have `command` carried out at the worker's next step boundary, after those sent before. Never waits."""
        with self._lock:
            if self._closing:
                return
            if self._client is None or self._waiting or not self._post(command):
                self._waiting.append(command)
            # even where it is posted: the thread must know until when to wait for the answer
            os.write(self._bell, b"!")

    def close(self) -> None:
        """Send what was asked for, and hang up; nothing is called from now on. Never waits."""
        with self._lock:
            if not self._closing:
                self._closing = True
                os.write(self._bell, b"!")

    def join(self, timeout: float) -> None:
        """Wait until all is closed."""
        self._thread.join(timeout)

    def _post(self, command: Command) -> bool:
        """Write `command`, with the lock held; False where that failed: the thread says why, or tries again."""
        assert self._client is not None
        try:
            self._note(self._client.post(command), command)
        except LrtuiError:
            return False
        return True

    def _note(self, seq: int, command: Command) -> None:
        self._posted[seq] = _Posted(command, time.monotonic() + patience(command, self._timeout))

    # -- the thread -------------------------------------------------------------------------------------------------

    def _serve(self) -> None:
        try:
            self._connect()
            while True:
                if self._client is None and self._waiting:
                    self._connect()
                self._send_waiting()
                if self._closing:
                    return
                self._wait()
                self._answers()
                self._say_unanswered()
        finally:
            with self._lock:
                self._closing = True
                if self._client is not None:
                    self._client.close()
                os.close(self._bell)
                os.close(self._ear)

    def _connect(self) -> None:
        problem: LrtuiError
        try:
            client = ControlClient(self._run, self._timeout)
        except LrtuiError as error:
            problem = error
        except OSError as error:  # no descriptor is left
            problem = UsageError(f"no connection to the worker of {self._run.name} can be made: {error.strerror}")
        else:
            with self._lock:
                self._client = client
            return
        with self._lock:
            unsent, self._waiting = self._waiting, deque()
        for command in unsent:
            self._fail(command, problem)

    def _send_waiting(self) -> None:
        while self._client is not None and self._waiting:
            command, problem = self._waiting[0], None
            with self._lock:
                try:
                    self._note(self._client.post(command), command)
                except LrtuiError as error:
                    problem = error
                if not isinstance(problem, DisconnectedError) or self._refused:
                    self._waiting.popleft()
            if isinstance(problem, DisconnectedError):
                self._answers()  # what the worker said before it went
                self._lose(problem)
            if problem is not None and (self._refused or not isinstance(problem, DisconnectedError)):
                self._fail(command, problem)
            # Nothing of the command was taken: the next connection may be to the worker of a resumed run.
            self._refused = isinstance(problem, DisconnectedError) and not self._refused

    def _wait(self) -> None:
        """Until something was answered or sent, or an answer is overdue."""
        with self._lock:
            deadlines = [posted.deadline for posted in self._posted.values() if posted.deadline is not None]
            unsent = self._client is None and bool(self._waiting)
        poll = select.poll()
        poll.register(self._ear, select.POLLIN)
        if self._client is not None:
            poll.register(self._client, select.POLLIN)
        left = max(0.0, min(deadlines) - time.monotonic()) if deadlines else None
        ready = poll.poll(0 if unsent else None if left is None else left * 1000 + 1)
        if any(number == self._ear for number, _ in ready):
            os.read(self._ear, 4096)

    def _answers(self) -> None:
        client = self._client
        if client is None:
            return
        try:
            while (answer := client.receive(0)) is not None:
                self._answered(answer)
        except DisconnectedError as error:
            self._lose(error)

    def _lose(self, error: LrtuiError) -> None:
        """The connection is gone, and with it the answers to come."""
        with self._lock:
            lost, self._posted = list(self._posted.values()), {}
            if self._client is not None:
                self._client.close()
            self._client = None
        for posted in lost:
            if posted.deadline is not None:
                self._fail(posted.command, error)

    def _answered(self, answer: Answer) -> None:
        with self._lock:
            posted = self._posted.pop(answer.seq, None)
        if posted is None or self._closing:
            return
        if answer.error:
            self._fail(posted.command, UsageError(answer.error))
        else:
            self._told(posted.command, answer.step)

    def _say_unanswered(self) -> None:
        now, late = time.monotonic(), []
        with self._lock:
            client = self._client
            for posted in self._posted.values():
                if posted.deadline is not None and posted.deadline <= now:
                    posted.deadline = None
                    late.append(posted.command)
        for command in late:
            if client is not None:
                self._fail(command, client.unanswered())

    def _fail(self, command: Command, error: LrtuiError) -> None:
        if not self._closing:
            self._failed(command, error)
