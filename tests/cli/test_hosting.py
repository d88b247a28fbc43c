"""What ends a run whose output takes no more."""

import errno
from types import SimpleNamespace

import pytest

from lrtui.cli.hosting import _shown
from lrtui.messages import Warned


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (BrokenPipeError(errno.EPIPE, "pipe"), "SIGPIPE"),
        (OSError(errno.EIO, "the terminal is gone, and its signal is not here yet"), "SIGHUP"),
        (OSError(errno.ENOSPC, "full"), "output"),
    ],
)
def test_why_nobody_can_read_it(error: OSError, cause: str) -> None:
    def show(event: object) -> None:
        raise error

    assert _shown(SimpleNamespace(show=show), Warned(1, message="x")) == cause  # type: ignore[arg-type]
