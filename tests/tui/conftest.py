"""Applications under test are waited for by what their event loop has to do, and share their parsed style sheets."""

from collections.abc import Iterator

import pytest

from tests.tui.idleness import asked_of_the_loop
from tests.tui.stylesheets import parsed_once


@pytest.fixture(autouse=True, scope="session")
def quick_applications() -> Iterator[None]:
    with asked_of_the_loop(), parsed_once():
        yield
