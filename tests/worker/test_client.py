"""Several hands on one run: each command is carried out once, in order, and answered to whoever asked."""

import socket
import threading
from pathlib import Path

import pytest

from lrtui.errors import UsageError
from lrtui.messages import Confirm, Decay, Find, Pause, Sample, Scale
from lrtui.runs.control import read_address
from lrtui.runs.directory import RunDirectory, create_run
from lrtui.worker.client import TEST_SECONDS, ControlClient, DisconnectedError, patience
from tests.fake_worker import FakeWorker


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    return create_run(tmp_path, "otter")


def test_commands_are_pipelined(run: RunDirectory, worker: FakeWorker) -> None:
    with ControlClient(run) as client:
        numbers = [client.post(Scale(1 + k / 10)) for k in range(20)]
        assert client.receive(0) is None
        assert worker.carry_out(20) == [Scale(1 + k / 10) for k in range(20)]
        answers = [client.receive(10) for _ in range(20)]
    assert [(answer.seq, answer.step) for answer in answers if answer] == list(zip(numbers, range(1, 21), strict=True))


def test_two_clients_with_the_same_numbers_are_two(run: RunDirectory, worker: FakeWorker) -> None:
    with ControlClient(run) as one, ControlClient(run) as other:
        assert one.post(Decay()) == other.post(Decay()) == 1
        assert worker.carry_out(2) == [Decay(), Decay()]
        steps = {answer.step for client in (one, other) if (answer := client.receive(10))}
    assert steps == {1, 2}


def test_the_same_client_on_two_connections_is_one(run: RunDirectory, worker: FakeWorker) -> None:
    with ControlClient(run) as one, ControlClient(run) as other:
        other._name = one._name  # as after a reconnection
        one.post(Decay())
        other.post(Decay())
        other.post(Pause())
        assert worker.carry_out(2) == [Decay(), Pause()]
        told = [one.receive(10), other.receive(10), other.receive(10)]
    assert [answer.step for answer in told if answer] == [1, 1, 2]
    assert not worker.inbox.live


def test_clients_that_leave_in_the_middle_do_not_end_the_service(run: RunDirectory, worker: FakeWorker) -> None:
    address = read_address(run)
    assert address is not None
    for number in range(30):
        clients = []
        for k in range(4):
            connection = socket.socket(socket.AF_UNIX)
            connection.connect(address.path)
            connection.sendall(b'{"client":"c%d","seq":%d,"command":{"command":"decay"}}\n' % (k, number))
            clients.append(connection)
        worker.carry_out(4)
        for connection in clients:
            connection.close()
    with ControlClient(run) as client:
        client.post(Decay())
        worker.carry_out(1)
        assert client.receive(10) is not None


def test_what_does_not_come_is_said(run: RunDirectory, worker: FakeWorker) -> None:
    with ControlClient(run, timeout=0.05) as client:
        with pytest.raises(UsageError, match=r"has not answered for 0\.05 s; the command may still take effect"):
            client.send(Decay())
        with pytest.raises(UsageError, match="too long to be sent"):
            client.post(Sample(prompt="x" * 70_000))
        worker.end()
        with pytest.raises(DisconnectedError, match="ended before it answered"):
            client.receive(10)
    with pytest.raises(DisconnectedError, match="is not training"):
        ControlClient(run)


def test_experiments_may_take_their_time() -> None:
    commands = (Decay(), Find(), Confirm())
    assert [patience(command, 30.0) for command in commands] == [30.0, TEST_SECONDS, TEST_SECONDS]


def test_a_late_answer_is_not_taken_for_the_next_one(run: RunDirectory, worker: FakeWorker) -> None:
    with ControlClient(run, timeout=0.05) as client:
        with pytest.raises(UsageError):
            client.send(Decay())
        client.timeout = 10
        busy = threading.Thread(target=worker.carry_out, args=(2,))
        busy.start()
        assert client.send(Pause()) == (2, [])
        busy.join()
