"""The checkpoints of a run without their tensors: which there are, at which steps, and which belong to what survives.

The engine reads and writes the tensors; screens and plans need only what `state.json` says, and no torch.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from lrtui.errors import CheckpointError
from lrtui.lr.divergence import DivergenceState
from lrtui.lr.ledger import Entry
from lrtui.lr.plateau import PlateauState
from lrtui.lr.schedule import Schedule
from lrtui.messages import Rewound
from lrtui.runs.directory import RunDirectory, disk_errors
from lrtui.runs.events import UNREADABLE
from lrtui.runs.plain_files import read_plain

FORMAT = 1
_FOLDER = re.compile(r"\d{9,}")


@dataclass(frozen=True)
class Progress:
    """The part of the state that is not tensors; JSON by msgspec.

    `step` is the next step to train, `updates` the optimizer's own count, `entries` the ledger so far.
    """

    step: int = 0
    updates: int = 0
    entries: tuple[Entry, ...] = ()
    divergence: DivergenceState = field(default_factory=DivergenceState)
    plateau: PlateauState = field(default_factory=PlateauState)
    best: float | None = None
    best_step: int | None = None

    def at(self, **changes: object) -> Progress:
        return replace(self, **changes)  # type: ignore[arg-type]


class Meta(msgspec.Struct, frozen=True, kw_only=True):
    """state.json: all of a checkpoint that is not tensors. `rewinds` counts the run's rewinds before it was taken."""

    format: int = FORMAT
    progress: Progress
    good: Progress | None
    schedule: Schedule
    vocabulary: dict[str, object]
    corpus_sha256: str
    fingerprint: dict[str, str]
    state_sha256: str
    rewinds: int
    pinned: bool
    best: bool


def read_meta(folder: Path) -> Meta:
    """state.json of a checkpoint, unverified. Raises CheckpointError."""
    try:
        return msgspec.json.decode(read_plain(folder / "state.json"), type=Meta)
    except (OSError, *UNREADABLE) as error:
        raise CheckpointError(f"checkpoint {folder.name}: state.json cannot be read: {error}") from None


def checkpoint_folders(run: RunDirectory) -> list[Path]:
    """The checkpoint folders of a run, newest first. Raises DiskError where it may have some that cannot be listed."""
    with disk_errors("read", run.steps):
        try:
            found = [path for path in run.steps.iterdir() if _FOLDER.fullmatch(path.name)]
        except (FileNotFoundError, NotADirectoryError):
            return []
    return sorted(found, key=lambda path: int(path.name), reverse=True)


def on_line(meta: Meta, rewinds: Sequence[Rewound]) -> bool:
    """Whether a state survives the rewinds that came after it: none went to an earlier step or a shorter ledger."""
    step, entries = meta.progress.step, len(meta.progress.entries)
    later = rewinds[meta.rewinds :]
    return all(step < r.to or (step == r.to and entries <= r.entries) for r in later)


def surviving(run: RunDirectory, rewinds: Sequence[Rewound]) -> Iterator[tuple[Path, Meta]]:
    """The readable checkpoints of the surviving line, newest first; their tensors are unverified."""
    for folder in checkpoint_folders(run):
        try:
            meta = read_meta(folder)
        except CheckpointError:
            continue
        if on_line(meta, rewinds):
            yield folder, meta


def is_untouched(run: RunDirectory, rewinds: Sequence[Rewound]) -> bool:
    """Whether the surviving line has no checkpoint at all, not even a damaged one: it goes on from its beginning."""
    for folder in checkpoint_folders(run):
        try:
            if on_line(read_meta(folder), rewinds):
                return False
        except CheckpointError:
            return False
    return True


def no_checkpoint(run: RunDirectory, step: int, there: Sequence[int]) -> CheckpointError:
    """The sentence for a step without a checkpoint."""
    told = ", ".join(map(str, sorted(there))) or "none"
    return CheckpointError(f"run {run.name} has no checkpoint at step {step}", f"There are: {told}.")
