"""Commands leave in order, at once, and every one is answered or failed in a sentence; the screen never waits."""

import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lrtui.errors import LrtuiError
from lrtui.messages import Command, Decay, Pause, Sample, Scale, Stop
from lrtui.runs.control import write_address
from lrtui.runs.directory import RunDirectory, create_run
from lrtui.runs.lock import RunLock
from lrtui.tui.link import Link
from tests.fake_worker import FakeWorker


class Told:
    """What a link has said."""

    def __init__(self) -> None:
        self.failed: list[tuple[Command, str]] = []
        self.answers: list[tuple[Command, int]] = []
        self.threads: set[int] = set()

    def fail(self, command: Command, error: LrtuiError) -> None:
        self.threads.add(threading.get_ident())
        self.failed.append((command, error.sentence))

    def answer(self, command: Command, step: int) -> None:
        self.answers.append((command, step))

    def wait(self, true: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 10
        while not true():
            assert time.monotonic() < deadline, (self.failed, self.answers)
            time.sleep(0.002)


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    return create_run(tmp_path, "otter")


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def link(run: RunDirectory, told: Told) -> Iterator[Link]:
    made = Link(run, failed=told.fail, answered=told.answer)
    yield made
    made.close()
    made.join(10)


def test_what_is_sent_while_the_worker_is_busy_is_carried_out_in_order(
    worker: FakeWorker, told: Told, link: Link
) -> None:
    commands = [Scale(1 + k / 100) for k in range(50)]
    for command in commands:
        link.send(command)
    assert worker.carry_out(50) == commands
    told.wait(lambda: len(told.answers) == 50)
    assert told.answers == [(command, step) for step, command in enumerate(commands, 1)]
    assert told.failed == []


@pytest.fixture
def stopped(run: RunDirectory) -> Iterator[None]:
    """A worker of `run` that listens and never reads."""
    address = run.path / "c"
    with RunLock(run), socket.socket(socket.AF_UNIX) as nobody:
        nobody.bind(str(address))
        nobody.listen()
        write_address(run, address, os.getpid())
        yield


@pytest.mark.usefixtures("stopped")  # before the link is made: what is sent while nobody listens fails at once
def test_sending_never_waits_for_a_worker_that_is_stopped(told: Told, link: Link) -> None:
    began = time.monotonic()
    for _ in range(100):
        link.send(Sample(prompt="x" * 10_000))
    assert time.monotonic() - began < 0.5
    told.wait(lambda: bool(told.failed))
    assert "takes no more commands" in told.failed[0][1]


def test_nobody_trains(told: Told, link: Link) -> None:
    link.send(Decay())
    told.wait(lambda: bool(told.failed))
    assert told.failed == [(Decay(), "run otter is not training. Go on with it: lrtui resume otter.")]
    assert threading.get_ident() not in told.threads


def test_a_command_that_cannot_be_sent_fails_and_the_next_one_goes(worker: FakeWorker, told: Told, link: Link) -> None:
    link.send(Sample(prompt="x" * 100_000))
    link.send(Decay())
    assert worker.carry_out(1) == [Decay()]
    told.wait(lambda: bool(told.failed and told.answers))
    assert "too long" in told.failed[0][1]


def test_a_worker_that_ends_without_an_answer(worker: FakeWorker, told: Told, link: Link) -> None:
    link.send(Decay())
    deadline = time.monotonic() + 10
    while not worker.inbox.live:
        assert time.monotonic() < deadline
        time.sleep(0.002)
    worker.end()
    told.wait(lambda: bool(told.failed))
    assert told.failed == [(Decay(), "run otter ended before it answered")]


def test_a_resumed_run_is_found_again(run: RunDirectory, worker: FakeWorker, told: Told, link: Link) -> None:
    link.send(Decay())
    worker.carry_out(1)
    told.wait(lambda: len(told.answers) == 1)
    worker.end()
    link.send(Pause())
    told.wait(lambda: len(told.failed) == 1)
    second = FakeWorker(run)
    link.send(Stop())
    assert second.carry_out(1) == [Stop()]
    told.wait(lambda: len(told.answers) == 2)
    second.end()


def test_an_answer_that_does_not_come_is_said_once_and_taken_when_it_comes(
    run: RunDirectory, worker: FakeWorker, told: Told
) -> None:
    link = Link(run, failed=told.fail, answered=told.answer, timeout=0.05)
    link.on_answer = told.answer
    link.send(Decay())
    told.wait(lambda: bool(told.failed))
    assert "has not answered for 0.05 s; the command may still take effect" in told.failed[0][1]
    worker.carry_out(1)
    told.wait(lambda: bool(told.answers))
    assert len(told.failed) == 1
    link.close()
    link.join(10)


def test_closing_sends_what_was_asked_for_and_leaves_nothing_open(run: RunDirectory, worker: FakeWorker) -> None:
    told = Told()
    link = Link(run, failed=told.fail, answered=told.answer)
    pipe = os.fstat(link._ear)
    link.send(Stop())
    link.close()
    link.send(Decay())
    assert worker.carry_out(1) == [Stop()]
    link.join(10)
    assert told.failed == []
    assert not worker.inbox.live
    assert link._client is None or link._client.fileno() == -1
    for end in (link._ear, link._bell):
        with contextlib.suppress(OSError):  # a number that was given back may be another thread's by now
            assert not os.path.samestat(os.fstat(end), pipe)


def test_where_no_connection_can_be_made_the_command_fails_and_the_next_one_goes(
    worker: FakeWorker, told: Told, run: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        def __init__(self, *_: object) -> None:
            raise OSError(24, "Too many open files")

    with monkeypatch.context() as patched:
        patched.setattr("lrtui.tui.link.ControlClient", Full)
        link = Link(run, failed=told.fail, answered=told.answer)
        link.on_answer = told.answer
        link.send(Decay())
        told.wait(lambda: bool(told.failed))
    assert "Too many open files" in told.failed[0][1]
    link.send(Pause())
    assert worker.carry_out(1) == [Pause()]
    told.wait(lambda: bool(told.answers))
    link.close()
    link.join(10)
