"""A warm start: the weights of another run, a fresh optimizer, and the rows of a vocabulary matched by name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from lrtui.engine import shelf
from lrtui.engine.build import Workplace, make_model
from lrtui.engine.flat import FlatParameters
from lrtui.errors import OtherModelError, UsageError
from lrtui.runs.checkpoints import surviving
from lrtui.runs.directory import open_run
from lrtui.runs.history import read_history
from lrtui.runs.sweeps import refuse_sweep
from lrtui.text.vocabulary import Vocabulary


@dataclass(frozen=True)
class WarmStart:
    """Where the weights came from, and how many tokens of the new vocabulary `kept` their rows.

    `fresh` tokens were unknown to the other run; of its own, `dropped` are no longer there.
    """

    source: str
    kept: int
    fresh: int
    dropped: int

    @property
    def sentences(self) -> list[str]:
        """What whoever starts the run should know."""
        told = [f"the weights come from {self.source}; the optimizer is fresh: expect a bump"]
        if self.fresh or self.dropped:
            told.append(
                f"the vocabulary is another one: {_tokens(self.kept)} kept their rows, "
                f"{self.fresh:,} began with fresh ones, {self.dropped:,} were dropped"
            )
        return told


def warm_start(place: Workplace, home: Path, source: str) -> WarmStart:
    """Give the model of `place` the weights of RUN or RUN@STEP.

    A character that both vocabularies have keeps its rows; one that is new has those that the seed gave it. Raises
    UsageError, CheckpointError, and OtherModelError for a model of other shapes or another kind of vocabulary.
    """
    name, at, step = source.partition("@")
    if at and not step.isdecimal():
        raise UsageError(f"--init-from {source!r}: {step!r} is no step", "For example --init-from quiet-otter@4000.")
    run = open_run(home, name)
    refuse_sweep(run)
    rewinds = read_history(run).rewinds
    ours = place.data.vocabulary
    known = next((meta.vocabulary for _, meta in surviving(run, rewinds)), None)  # the same in all of them
    theirs = ours if known is None else Vocabulary.from_dict(known)
    if theirs.kind != ours.kind:
        raise OtherModelError(
            f"run {run.name} knows {_UNITS[theirs.kind]}, this one is to know {_UNITS[ours.kind]}: no row has a match",
            f'Set corpus.vocab = "{theirs.kind}", as it has.',
        )
    flat = place.train.flat if theirs == ours else FlatParameters(make_model(place.config, theirs))
    found = shelf.find(run, flat, rewinds, step=int(step) if at else None, weights_only=True)
    pairs = _pairs(theirs, ours)
    values = place.train.flat.values.cpu().clone()
    _transplant(
        flat.views(found.snapshot.values),
        place.train.flat.views(values),
        place.train.model.token_axes,
        torch.tensor(pairs, dtype=torch.int64).view(-1, 2),
    )
    place.train.adopt(values)
    kept = len(pairs)
    return WarmStart(f"{run.name}, step {found.snapshot.step}", kept, ours.size - kept, theirs.size - kept)


_UNITS = {"char": "characters", "byte": "bytes"}


def _pairs(theirs: Vocabulary, ours: Vocabulary) -> list[tuple[int, int]]:
    """(their number, our number) of every token in both."""
    numbers = {name: number for number, name in enumerate(ours.names)}
    return [(number, numbers[name]) for number, name in enumerate(theirs.names) if name in numbers]


def _transplant(
    theirs: dict[str, Tensor], ours: dict[str, Tensor], token_axes: dict[str, tuple[int, ...]], pairs: Tensor
) -> None:
    """Copy every parameter into `ours`; along the axes that count tokens, only those of `pairs` `[n, 2]`."""
    for name, tensor in ours.items():
        axes = token_axes.get(name, ())
        if not axes:
            tensor.copy_(theirs[name])
            continue
        old, new = (
            tuple(
                # one index an axis, each shaped to stand for its own axis of the result
                (pairs[:, side] if axis in axes else torch.arange(tensor.shape[axis])).view(
                    [-1 if i == axis else 1 for i in range(tensor.dim())]
                )
                for axis in range(tensor.dim())
            )
            for side in (0, 1)
        )
        tensor[new] = theirs[name][old]


def _tokens(count: int) -> str:
    return f"{count:,} token{'s' * (count != 1)}"
