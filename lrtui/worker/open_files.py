"""How many files this process may have open: the metrics of each lane of a sweep are one."""

from __future__ import annotations

import resource

from lrtui.errors import UsageError

BESIDE = 64  # files of a sweep that are not its lanes': logs, sockets, the state that is being written
AMPLE = 1024  # the same on a machine of many cores: two pipes to each process


def allow_files(lanes: int) -> None:
    """Raise the soft limit of open files, as far as the system lets us, to what a sweep of so many lanes may need.

    Raises UsageError where that is too few.
    """
    soft, hard = (2**31 if limit == resource.RLIM_INFINITY else limit for limit in _limits())
    wanted = min(hard, lanes + AMPLE)
    if soft < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, _limits()[1]))
            soft = wanted
        except (OSError, ValueError):
            pass  # it stays as it is, which may be enough
    needed = lanes + BESIDE
    if soft < needed:
        raise UsageError(
            f"a sweep of {lanes} lanes needs {needed} open files; this system allows {soft}",
            f"Sweep fewer lanes, or raise the limit: ulimit -n {needed}.",
        )


def _limits() -> tuple[int, int]:
    return resource.getrlimit(resource.RLIMIT_NOFILE)
