"""What all tests share: a Hypothesis profile and the process that forks real `lrtui` processes."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.processes import Zygote

# Hypothesis times each example; on a machine shared with training that says nothing about the code
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def zygote(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zygote]:
    made = Zygote(tmp_path_factory.mktemp("home"))
    yield made
    with made.process:  # closes its pipes, which ends it
        pass
