"""One command on many ranks: rank 0 carries it out, the others follow it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from lrtui.cluster.torchrun import seat
from lrtui.errors import UsageError

if TYPE_CHECKING:
    from lrtui.engine.ranks import Ranks


@contextmanager
def together(home: Path, detach: bool = False) -> Iterator[Ranks | None]:
    """None for a process that trains alone; under torchrun the ranks, on rank 0: on all others this is the end.

    Raises UsageError for a detached worker, which ranks cannot be.
    """
    place = seat()
    if place is None:
        yield None
        return
    from lrtui.cluster.process_ranks import ranks_of
    from lrtui.engine.build import load_data
    from lrtui.engine.follow import follow

    with ranks_of(place) as ranks:
        if ranks.rank:
            follow(ranks, lambda config: load_data(config, home))
        elif detach:
            raise UsageError("--detach: torchrun holds its processes", "Detach torchrun itself, with nohup or setsid.")
        else:
            yield ranks
            return
    raise typer.Exit(0)


def alone(home: Path) -> None:
    """For a sweep: nothing in a process that trains alone; under torchrun the end, on rank 0 by a UsageError."""
    with together(home) as ranks:
        refuse_ranks(ranks)


def refuse_ranks(ranks: Ranks | None) -> None:
    """Raises UsageError where torchrun has started several of us for a sweep, whose lanes share nothing."""
    if ranks is not None:
        raise UsageError(
            "a sweep takes no torchrun: it shares out its lanes itself",
            "Start it with lrtui alone; --devices and --mode processes use all of a machine.",
        )
