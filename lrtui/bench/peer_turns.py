"""A peer's side of a row: its training loop in turns, or whole range tests."""

from __future__ import annotations

from lrtui.bench.contest import Turn, turns
from lrtui.bench.peer_finds import find_with_fastai, find_with_lightning, find_with_lr_finder
from lrtui.bench.peer_loops import Parts, train_with_fastai, train_with_lightning, train_with_transformers
from lrtui.bench.peers import FASTAI, LIGHTNING, LR_FINDER, TRANSFORMERS

_TRAIN = {
    LIGHTNING.package: train_with_lightning,
    FASTAI.package: train_with_fastai,
    TRANSFORMERS.package: train_with_transformers,
}
_FIND = {
    LIGHTNING.package: find_with_lightning,
    FASTAI.package: find_with_fastai,
    LR_FINDER.package: find_with_lr_finder,
}


class PeerFindSide:
    """Whole range tests of a peer, each point of them a step."""

    def __init__(self, parts: Parts, package: str) -> None:
        self.parts, self.find = parts, _FIND[package]

    def ready(self) -> None:
        pass

    def work(self) -> int:
        self.parts.watched.starts.clear()
        self.find(self.parts)
        return len(self.parts.watched.starts)


def peer_turn(parts: Parts, package: str, measures: str) -> Turn:
    """The turns of the peer of this name: training, or range tests where the row `measures` "find"."""
    if measures == "find":
        return turns(PeerFindSide(parts, package))
    train = _TRAIN[package]

    def turn(seconds: float) -> float:
        parts.watched.starts.clear()
        train(parts, seconds)
        return parts.watched.speed()

    return turn
