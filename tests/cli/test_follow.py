"""What several ranks, started by torchrun, may not do together."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lrtui.cli import follow
from lrtui.cli.run import resume_command
from lrtui.cli.sweep import sweep_command
from lrtui.cluster import process_ranks
from lrtui.cluster.torchrun import Seat
from lrtui.errors import UsageError
from lrtui.runs.directory import create_run
from lrtui.runs.sweeps import SweepPlan, write_plan
from tests.cluster.threads import Table, ThreadRanks


@pytest.fixture
def _rank_0(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process is the first of those that torchrun has started."""

    @contextmanager
    def ranks_of(seat: Seat) -> Iterator[ThreadRanks]:
        yield ThreadRanks(seat.rank, Table(1))

    monkeypatch.setattr(follow, "seat", lambda: Seat(0, 2, 0, 2))
    monkeypatch.setattr(process_ranks, "ranks_of", ranks_of)


@pytest.mark.usefixtures("_rank_0")
def test_a_sweep_is_refused_under_torchrun(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="a sweep takes no torchrun"):
        sweep_command(lr="1e-3:1e-1:3", home=tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("_rank_0")
def test_a_sweep_is_not_resumed_under_torchrun(tmp_path: Path) -> None:
    plan = SweepPlan(
        rates=[1e-3, 1e-2], seeds=[1], eta=0, rungs=[], mode="lanes", because="as asked", chunk=10, devices=[]
    )
    write_plan(create_run(tmp_path, "grid"), plan)
    with pytest.raises(UsageError, match="a sweep takes no torchrun"):
        resume_command("grid", home=tmp_path)
