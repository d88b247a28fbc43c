"""What all tests share: a Hypothesis profile, the process that forks real `lrtui` processes, a worker in this one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from lrtui.engine.processors import wait_politely
from tests.processes import Zygote

if TYPE_CHECKING:
    from lrtui.runs.directory import RunDirectory
    from tests.fake_worker import FakeWorker

# Hypothesis times each example; on a machine shared with training that says nothing about the code
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# As `lrtui` does, and before anything loads torch; the processes that are forked here have it loaded
wait_politely()


@pytest.fixture(scope="session")
def zygote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zygote]:
    made = Zygote(tmp_path_factory.mktemp("home"))
    yield made
    with made.process:  # closes its pipes, which ends it
        pass


@pytest.fixture
def worker(run: RunDirectory) -> Iterator[FakeWorker]:
    """A worker that trains nothing, of the `run` of the test."""
    from tests.fake_worker import FakeWorker  # which loads torch: most tests do without

    made = FakeWorker(run)
    yield made
    made.end()
