"""The checkpoints of a run: which there are, which belong to the surviving line, which to keep."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lrtui.engine.checkpoint import OLD, read_checkpoint, remove_folder
from lrtui.engine.flat import FlatParameters
from lrtui.engine.state import Snapshot
from lrtui.errors import CheckpointError, OtherModelError
from lrtui.messages import Rewound
from lrtui.runs.checkpoints import Meta, checkpoint_folders, no_checkpoint, on_line, read_meta, surviving
from lrtui.runs.directory import RunDirectory

_UNDO_FOLDER = re.compile(r"\d{9,}-(\d+)")
KEEP_UNDO = 4  # changes that can still be undone after a resume


@dataclass(frozen=True)
class Found:
    """A checkpoint that could be trusted, and the sentences about those that could not."""

    snapshot: Snapshot
    meta: Meta
    folder: Path
    skipped: tuple[str, ...]


def newest_meta(run: RunDirectory, rewinds: Sequence[Rewound]) -> Meta:
    """What the newest readable checkpoint of the surviving line says of itself. Raises CheckpointError."""
    for _, meta in surviving(run, rewinds):
        return meta
    raise CheckpointError(f"run {run.name} has no checkpoint that can be read")


def _none_found(
    run: RunDirectory, step: int | None, steps: list[int], skipped: list[str], weights_only: bool
) -> CheckpointError:
    if step is not None and not skipped:
        return no_checkpoint(run, step, steps)
    if not skipped:
        return CheckpointError(
            f"run {run.name} has no checkpoint yet", "Start it again: lrtui run with its config.toml."
        )
    hint = (
        ""
        if weights_only
        else "If the weights of one are whole, --weights-only goes on from them with a fresh optimizer."
    )
    return CheckpointError(f"run {run.name} has no checkpoint that can be trusted: {'; '.join(skipped)}", hint)


def find(
    run: RunDirectory,
    flat: FlatParameters,
    rewinds: Sequence[Rewound],
    *,
    step: int | None = None,
    weights_only: bool = False,
) -> Found:
    """The newest checkpoint of the surviving line that can be trusted, or the one at `step`.

    Raises CheckpointError when there is none, with everything that was wrong.
    """
    skipped: list[str] = []
    steps: list[int] = []
    for folder in checkpoint_folders(run):
        try:
            meta = read_meta(folder)
            if not on_line(meta, rewinds):
                continue
            steps.append(meta.progress.step)
            if step is not None and meta.progress.step != step:
                continue
            snapshot, meta = read_checkpoint(folder, flat, weights_only=weights_only)
        except OtherModelError:
            raise
        except CheckpointError as error:
            skipped.append(error.message)
            continue
        return Found(snapshot, meta, folder, tuple(skipped))
    raise _none_found(run, step, steps, skipped, weights_only)


def retain(run: RunDirectory, keep: int, rewinds: Sequence[Rewound]) -> None:
    """Of the surviving line, delete all but the newest `keep`, the best and the pinned checkpoints.

    Damaged ones and pinned ones of other branches are left for whoever wants to look at them.
    """
    there = list(surviving(run, rewinds))
    best = next((folder for folder, meta in there if meta.best), None)
    for folder, meta in there[keep:]:
        if folder != best and not meta.pinned:
            remove_folder(folder)


def is_pinned(run: RunDirectory, step: int, rewinds: Sequence[Rewound]) -> bool:
    """Whether the checkpoint at `step` is of the surviving line, and pinned."""
    return any(meta.pinned for _, meta in surviving(run, rewinds) if meta.progress.step == step)


def recall(
    run: RunDirectory, flat: FlatParameters, rewinds: Sequence[Rewound], step: int, entries: int
) -> Snapshot | None:
    """The state before the change that was entry number `entries`, at `step`, if the disk still holds it."""
    try:
        snapshot, meta = read_checkpoint(run.undo_state(step, entries), flat)
    except CheckpointError:
        return None
    return snapshot if on_line(meta, rewinds) else None


def drop_ghosts(run: RunDirectory, rewinds: Sequence[Rewound]) -> None:
    """Delete the checkpoints, pinned ones excepted, that a rewind has left on an abandoned branch."""
    for folder in checkpoint_folders(run):
        try:
            meta = read_meta(folder)
        except CheckpointError:
            continue
        if not meta.pinned and not on_line(meta, rewinds):
            remove_folder(folder)


def retain_undo(run: RunDirectory, entries: int) -> None:
    """Of the states before a change, delete those a ledger of `entries` entries has outgrown or taken back."""
    if run.undo.is_dir():
        for path in run.undo.iterdir():
            match = _UNDO_FOLDER.fullmatch(path.name)
            if match and not entries - KEEP_UNDO <= int(match[1]) < entries:
                remove_folder(path)


def sweep(run: RunDirectory) -> None:
    """Remove what a killed writer left half done; whoever calls this holds the run's lock."""
    for folder in (run.steps, run.undo, run.cut):
        if folder.is_dir():
            for path in sorted(folder.iterdir()):
                if path.name.startswith(".") and path.name.endswith(OLD):
                    _put_back(path)
                elif path.name.startswith(".") and path.name.endswith(".tmp"):
                    shutil.rmtree(path, ignore_errors=True)


def _put_back(old: Path) -> None:
    """A folder moved aside by a writer that was killed before it put the new one in its place."""
    target = old.with_name(old.name.removeprefix(".").removesuffix(OLD))
    if target.exists():
        shutil.rmtree(old, ignore_errors=True)
    else:
        old.rename(target)
