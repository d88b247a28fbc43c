"""Which runs are being trained right now."""

import os
from pathlib import Path

from lrtui.runs.directory import RunDirectory, run_names, runs_folder
from lrtui.runs.lock import is_live


def newest_live_run(home: Path, *, sweeps: bool = True) -> str | None:
    """The name of the run that began or was resumed last among those being trained. Reads no run's contents.

    Without `sweeps` these are left out.
    """
    runs = (RunDirectory(runs_folder(home) / name) for name in run_names(home))
    live = [run for run in runs if is_live(run)]
    if not sweeps:
        from lrtui.runs.sweeps import is_sweep  # what it imports would delay the first paint

        live = [run for run in live if not is_sweep(run)]
    return max(live, key=_taken).name if live else None


def newest_sweep(home: Path) -> str | None:
    """The name of the sweep that began or was resumed last, those being trained before all others."""
    from lrtui.runs.sweeps import is_sweep

    runs = (RunDirectory(runs_folder(home) / name) for name in run_names(home))
    found = [run for run in runs if is_sweep(run)]
    return max(found, key=lambda run: (is_live(run), _taken(run))).name if found else None


def _taken(run: RunDirectory) -> float:
    """When the lock was taken: its holder writes it then."""
    try:
        return os.stat(run.worker_lock).st_mtime
    except OSError:
        return 0.0
