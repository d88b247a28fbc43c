"""Downloads in tests come from this machine, at once."""

from collections.abc import Iterator

import pytest

from lrtui.text import download
from tests.text.server import Server, serve


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(download, "_PAUSE_S", 0.0)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serve() as running:
        yield running
