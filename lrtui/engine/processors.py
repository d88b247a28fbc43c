"""How many processors this process may use, which in a container is often fewer than the machine has, and are free.

Nothing here is slow to load: the environment is to be set before torch is.
"""

import math
import os
import time
from collections.abc import Callable, MutableMapping
from functools import cache
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
SPIN = "GOMP_SPINCOUNT"
ROUNDS = "2000"
_LOOKS, _LOOK_SECONDS = 3, 0.1


def wait_politely(environment: MutableMapping[str, str] = os.environ) -> None:
    """Let the threads of GNU OpenMP, with which PyTorch comes on Linux, spin for microseconds and then sleep.

    By default they spin for milliseconds at the end of each operation. Alone that gains 2 % at most; where another
    program wants a processor too, it takes from the very thread that all wait for. What the user has set stays.
    """
    if "OMP_WAIT_POLICY" not in environment:
        environment.setdefault(SPIN, ROUNDS)


def without_our_waiting(environment: MutableMapping[str, str]) -> dict[str, str]:
    """`environment` as it was before `wait_politely`."""
    return {name: value for name, value in environment.items() if (name, value) != (SPIN, ROUNDS)}


def cores() -> int:
    """Processors this process may use, at least 1: those it may run on, and no more than its share of time is worth.

    With more threads than that, all of them wait for the one that is not running, at every operation.
    """
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, int(min(there, quota())))


@cache
def free_cores(stat: Path = Path("/proc/stat"), sleep: Callable[[float], None] = time.sleep) -> int:
    """Of `cores()` those that nobody uses now, at least 1; where that cannot be known, all of them.

    A few short looks, of which the least busy counts: a program that starts or paints is busy for a moment, one that
    trains always. One that takes less than half a processor, as an attached screen does, is not worth a thread.
    Looked at once in a process: later its own training would count, and what was told of its threads would not hold.
    """
    all_of_them = cores()
    if all_of_them == 1:
        return 1
    least, before = math.inf, _counted(stat)
    for _ in range(_LOOKS):
        sleep(_LOOK_SECONDS)
        after = _counted(stat)
        if not before or before.keys() != after.keys():
            return all_of_them
        shares = [_share(before[core], after[core]) for core in before]
        least, before = min(least, sum(shares)), after
    return max(1, min(all_of_them, int(len(before) - least + 0.5)))


Counted = tuple[int, int]  # ticks in use, and in all


def _share(before: Counted, after: Counted) -> float:
    return (after[0] - before[0]) / max(1, after[1] - before[1])


def _counted(stat: Path) -> dict[int, Counted]:
    """Of each processor that this process may run on, what the system has counted (Linux; else nothing).

    What runs at a lower priority gives way and does not count as use.
    """
    own = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set[int]()
    counted = dict[int, Counted]()
    try:
        for line in stat.read_text().splitlines():
            name, *fields = line.split()
            if name.startswith("cpu") and name[3:].isdigit() and int(name[3:]) in own:
                user, nice, system, idle, waiting, *rest = map(int, fields[:8])
                used = user + system + sum(rest)
                counted[int(name[3:])] = (used, used + nice + idle + waiting)
    except (OSError, ValueError):
        return {}
    return counted


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
