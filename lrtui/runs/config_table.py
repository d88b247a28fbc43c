"""A run's config.toml as plain tables: what any version of lrtui wrote, unchecked, and quick to read."""

import stat
import tomllib
from typing import Any

from lrtui.runs.directory import RunDirectory


def read_config_table(run: RunDirectory) -> dict[str, Any]:
    """The tables of a run's config.toml; empty where it cannot be read."""
    try:
        if not stat.S_ISREG(run.config_toml.stat().st_mode):
            return {}
        return tomllib.loads(run.config_toml.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
