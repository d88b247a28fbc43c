"""The whole state of a run, small to name: what a checkpoint holds, an undo restores and a race will fork."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from torch import Tensor

from lrtui.engine.flat import FlatParameters
from lrtui.messages import Event
from lrtui.runs.checkpoints import Progress


@dataclass(frozen=True)
class Snapshot:
    """A copy of everything at a step boundary.

    `values` and each of `buffers` are `[lanes, width]`; `carry` is the hidden state of truncated BPTT. `good` is the
    state a divergence would roll back to, where that is another one.
    """

    progress: Progress
    values: Tensor
    buffers: dict[str, Tensor]
    carry: tuple[Tensor, ...]
    good: Snapshot | None = None

    @property
    def step(self) -> int:
        return self.progress.step

    def to_cpu(self) -> Snapshot:
        """The same in host memory (itself if it is there)."""
        return Snapshot(
            self.progress,
            self.values.cpu(),
            {name: buffer.cpu() for name, buffer in self.buffers.items()},
            tuple(t.cpu() for t in self.carry),
            None if self.good is None else self.good.to_cpu(),
        )

    def nbytes(self) -> int:
        return sum(t.nbytes for t in (self.values, *self.buffers.values(), *self.carry))


@dataclass(frozen=True)
class CheckpointDue:
    """Keep `snapshot`. An `optional` one may be skipped by a host whose disk is busy."""

    snapshot: Snapshot
    pinned: bool = False
    best: bool = False
    optional: bool = False


@dataclass(frozen=True)
class UndoDue:
    """Keep `snapshot`, the state before a change, so that the change can be undone when memory no longer holds it."""

    snapshot: Snapshot


@dataclass(frozen=True)
class Idle:
    """Training is paused: a moment to see to whatever else there is."""


IDLE = Idle()


@dataclass(frozen=True)
class Answered:
    """The command of `asker` has been carried out, at `step`; `events` are what it did."""

    asker: tuple[str, int]
    step: int
    events: tuple[Event, ...]


def state_sha256(values: Tensor, buffers: dict[str, Tensor], flat: FlatParameters) -> str:
    """sha256 over parameters and optimizer state, by name, without alignment gaps: equal hashes are equal runs."""
    digest = hashlib.sha256()
    for kind, buffer in [("parameter", values), *sorted(buffers.items())]:
        for name, view in sorted(flat.views(buffer.cpu()).items()):
            digest.update(f"{kind}/{name}/{tuple(view.shape)}\0".encode())
            digest.update(view.numpy().tobytes())  # numpy: see checkpoint.solid
    return digest.hexdigest()
