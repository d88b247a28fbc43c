"""A warm start: the weights of another run, a fresh optimizer."""

from __future__ import annotations

from pathlib import Path

from lrtui.engine import shelf
from lrtui.engine.build import Workplace
from lrtui.errors import CheckpointError, UsageError
from lrtui.runs.directory import open_run
from lrtui.runs.history import read_history


def warm_start(place: Workplace, home: Path, source: str) -> str:
    """Give the model of `place` the weights of RUN or RUN@STEP; returns what they are, in words.

    Raises UsageError and CheckpointError: for another model or another vocabulary too.
    """
    name, at, step = source.partition("@")
    if at and not step.isdecimal():
        raise UsageError(f"--init-from {source!r}: {step!r} is no step", "For example --init-from quiet-otter@4000.")
    run = open_run(home, name)
    found = shelf.find(
        run, place.train.flat, read_history(run).rewinds, step=int(step) if at else None, weights_only=True
    )
    if found.meta.vocabulary != place.data.vocabulary.to_dict():
        raise CheckpointError(
            f"run {run.name} was trained with another vocabulary than this corpus has",
            'Train on the same text, or with corpus.vocab = "byte" in both.',
        )
    place.train.flat.values.copy_(found.snapshot.values)
    return f"{run.name}, step {found.snapshot.step}"
