"""Ranks as processes, here of one: what they leave behind."""

import socket
from pathlib import Path

import pytest
import torch

from lrtui.cluster.process_ranks import ProcessRanks
from lrtui.cluster.torchrun import Seat


def threads_of_groups() -> list[str]:
    """The threads of this process that carry out what ranks do together."""
    names = [comm.read_text() for comm in Path("/proc/self/task").glob("*/comm")]
    return [name for name in names if "gloo" in name]


def test_no_thread_outlives_the_ranks(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("localhost", 0)) as free:
        port = str(free.getsockname()[1])
    environment = {"RANK": "0", "WORLD_SIZE": "1", "MASTER_ADDR": "localhost", "MASTER_PORT": port}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    ranks = ProcessRanks(Seat(rank=0, size=1, local=0, neighbours=1))
    ranks.order(torch.zeros(4))
    ranks.sum(torch.ones(2))
    assert threads_of_groups()
    ranks.end()
    assert threads_of_groups() == [], "one that frees a tensor while the interpreter ends takes the process with it"
