"""Runs that appear whole: made in a folder whose name is no run's, and renamed when everything is in it."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lrtui.errors import LrtuiError, UsageError
from lrtui.runs.directory import RunDirectory, check_name, disk_errors, runs_folder, sync_directory
from lrtui.runs.lock import RunLock, is_live

_PREFIX = ".unborn-"


@contextmanager
def unborn_run(home: Path, name: str) -> Iterator[RunDirectory]:
    """A folder to fill inside the `with`; at its end it is the run `name`, and after an error it is gone.

    It is locked meanwhile. Raises UsageError where the name is taken or cannot be one, DiskError.
    """
    run = RunDirectory(runs_folder(home) / check_name(name))
    _refuse_taken(run)
    bury(home)
    unborn = RunDirectory(run.path.with_name(f"{_PREFIX}{name}-{os.getpid()}"))
    with disk_errors("create", unborn.path):
        unborn.path.mkdir(parents=True)
    try:
        with RunLock(unborn):
            yield unborn
            _refuse_taken(run)
            with disk_errors("create", run.path):
                sync_directory(unborn.path)
                unborn.path.rename(run.path)
                sync_directory(run.path.parent)
    except BaseException:
        shutil.rmtree(unborn.path, ignore_errors=True)
        raise


def bury(home: Path) -> None:
    """Remove what processes that were killed have left half made."""
    for path in runs_folder(home).glob(f"{_PREFIX}*"):
        left = RunDirectory(path)
        with contextlib.suppress(LrtuiError):  # somebody else makes or buries it
            if not is_live(left):
                with RunLock(left):
                    shutil.rmtree(path, ignore_errors=True)


def _refuse_taken(run: RunDirectory) -> None:
    if run.path.exists():
        raise UsageError(f"there is a run named {run.name} already", "Choose another name with --name.")
