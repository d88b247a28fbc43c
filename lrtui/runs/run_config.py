"""The configuration that a run or a sweep began with, checked as that of a new run is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lrtui.runs.directory import RunDirectory, disk_errors
from lrtui.runs.plain_files import check_plain

if TYPE_CHECKING:
    from lrtui.config.schema import Config


def read_config(run: RunDirectory) -> Config:
    """The config.toml of `run`. Raises ConfigError, DiskError."""
    from lrtui.config.load import load_config  # slow to import, and screens that need no config import this

    with disk_errors("read", run.config_toml):
        check_plain(run.config_toml)  # unlike the file that somebody names for a new run, this cannot be a pipe
        return load_config(run.config_toml)
