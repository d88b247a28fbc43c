"""What torchrun says to the processes it starts. Solo runs stop reading here: no torch, nothing to set up."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple

_NEEDED = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")


class Seat(NamedTuple):
    """The place of this process among those that torchrun started: `rank` of `size`, `local` of `neighbours` here."""

    rank: int
    size: int
    local: int
    neighbours: int


def seat(environment: Mapping[str, str] = os.environ) -> Seat | None:
    """Our place; None for a process that trains alone, be it under torchrun."""
    if not all(environment.get(name) for name in _NEEDED):
        return None
    try:
        found = Seat(*(int(environment[name]) for name in _NEEDED[:4]))
    except ValueError:
        return None  # variables of somebody else that happen to have these names
    return found if found.size > 1 else None


def torchrun_command(size: int, neighbours: int) -> str:
    """What starts as many ranks again; on many machines the rest is for whoever knows them."""
    machines = "" if size == neighbours else f"--nnodes {size // neighbours} … "
    return f"torchrun {machines}--nproc-per-node {neighbours} -m lrtui"
