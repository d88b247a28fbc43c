"""Which runs are being trained right now."""

import os
from pathlib import Path

from lrtui.runs.directory import RunDirectory, run_names, runs_folder
from lrtui.runs.lock import is_live


def newest_live_run(home: Path) -> str | None:
    """The name of the run that began or was resumed last among those being trained. Reads no run's contents."""
    runs = (RunDirectory(runs_folder(home) / name) for name in run_names(home))
    live = [run for run in runs if is_live(run)]
    return max(live, key=_taken).name if live else None


def _taken(run: RunDirectory) -> float:
    """When the lock was taken: its holder writes it then."""
    try:
        return os.stat(run.worker_lock).st_mtime
    except OSError:
        return 0.0
