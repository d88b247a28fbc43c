"""A worker that trains nothing: the lock and the control socket of a run, in this process."""

import time

from lrtui.engine.inbox import Inbox
from lrtui.messages import Command
from lrtui.runs.directory import RunDirectory
from lrtui.runs.lock import RunLock
from lrtui.worker.control import ControlServer


class FakeWorker:
    """Holds the lock and the socket of a run, and carries commands out when it is told to."""

    def __init__(self, run: RunDirectory) -> None:
        self.lock, self.inbox, self.step = RunLock(run).acquire(), Inbox(), 0
        self.ended = False
        self.server = ControlServer(run, self.inbox)
        self.server.start()

    def carry_out(self, count: int) -> list[Command]:
        """Answers the next `count` commands, one step each."""
        done: list[Command] = []
        deadline = time.monotonic() + 10
        while len(done) < count:
            assert time.monotonic() < deadline, done
            received = self.inbox.take(self.step)
            if received is None:
                time.sleep(0.002)
                continue
            self.step += 1
            done.append(received.command)
            assert received.asker is not None
            self.server.answer(received.asker, self.step, ())
        return done

    def end(self) -> None:
        if not self.ended:
            self.ended = True
            self._end()

    def _end(self) -> None:
        self.server.close()
        self.lock.release()
