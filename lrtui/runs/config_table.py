"""A run's config.toml as plain tables: what any version of lrtui wrote, unchecked, and quick to read."""

import tomllib
from typing import Any

from lrtui.runs.directory import RunDirectory
from lrtui.runs.plain_files import read_plain


def read_config_table(run: RunDirectory) -> dict[str, Any]:
    """The tables of a run's config.toml; empty where it cannot be read."""
    try:
        return tomllib.loads(read_plain(run.config_toml).decode("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}


def section(config: dict[str, Any], name: str) -> dict[str, Any]:
    """A table of a config.toml, which anyone may have written: empty where it is none."""
    found = config.get(name)
    return found if isinstance(found, dict) else {}


def planned_steps(config: dict[str, Any]) -> int:
    """`train.steps`; 0 where that is no number of steps: TOML has true, dates and integers of a thousand digits."""
    steps = section(config, "train").get("steps")
    return steps if isinstance(steps, int) and not isinstance(steps, bool) and 0 < steps < 1 << 62 else 0
