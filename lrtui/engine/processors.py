"""How many processors this process may use, which in a container is often fewer than the machine has."""

import math
import os
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")


def cores() -> int:
    """Processors this process may use, at least 1: those it may run on, and no more than its share of time is worth.

    With more threads than that, all of them wait for the one that is not running, at every operation.
    """
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, int(min(there, quota())))


def quota(root: Path = CGROUPS, own: Path = Path("/proc/self/cgroup")) -> float:
    """Processors' worth of time that Linux grants this process's control group and those around it; inf: no limit."""
    try:
        lines = own.read_text().splitlines()
    except OSError:
        return math.inf
    least = math.inf
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and "cpu" not in controllers.split(","):
            continue
        tree = root if not controllers else root / "cpu"
        inner = tree / path.lstrip("/")
        for folder in (inner, *inner.parents):  # a container sees its own group as the root
            if folder.is_relative_to(tree):
                least = min(least, _version_1(folder) if controllers else _version_2(folder))
    return least


def _version_2(folder: Path) -> float:
    try:
        granted, period = (folder / "cpu.max").read_text().split()
        return math.inf if granted == "max" else int(granted) / int(period)
    except (OSError, ValueError, ZeroDivisionError):
        return math.inf


def _version_1(folder: Path) -> float:
    try:
        granted = int((folder / "cpu.cfs_quota_us").read_text())
        return math.inf if granted < 0 else granted / int((folder / "cpu.cfs_period_us").read_text())
    except (OSError, ValueError, ZeroDivisionError):
        return math.inf
