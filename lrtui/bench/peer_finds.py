"""The peers' range tests, over the rates and as many points as ours, none of them cut short; the weights put back."""

from __future__ import annotations

from typing import Any

import torch

from lrtui.bench.peer_loops import Parts, Watched, fastai_learner, lightning_trainer, loader
from lrtui.bench.rows import FIND_HIGH, FIND_LOW, FIND_POINTS

#: libraries that have to be told when a loss is lost: never
_NEVER = 1e9


def find_with_lightning(parts: Parts) -> None:
    """Lightning's `lr_find`, with its suggestion."""
    from lightning.pytorch.tuner import Tuner

    trainer, module = lightning_trainer(parts)
    Tuner(trainer).lr_find(
        module,
        train_dataloaders=loader(parts, float("inf")),
        min_lr=FIND_LOW,
        max_lr=FIND_HIGH,
        num_training=FIND_POINTS,
        early_stop_threshold=None,
        update_attr=False,
    ).suggestion()


def find_with_fastai(parts: Parts) -> None:
    """fastai's `lr_find`, with its suggestion."""
    from fastai.callback import schedule  # noqa: F401 - it gives the learner its lr_find

    learner = fastai_learner(parts, float("inf"))
    learner.lr_find(FIND_LOW, FIND_HIGH, FIND_POINTS, stop_div=False, show_plot=False)


def find_with_lr_finder(parts: Parts) -> None:
    """torch-lr-finder's `range_test`; its suggestion is part of a picture, and is left out."""
    from torch_lr_finder import LRFinder, TrainDataLoaderIter

    class WholeBatches(TrainDataLoaderIter):  # type: ignore[misc]
        def inputs_labels_from_batch(self, batch: Any) -> tuple[Any, Any]:
            return batch, batch.y

    finder = LRFinder(_OfBatches(parts.watched), parts.optimizer, lambda loss, target: loss)
    batches = WholeBatches(loader(parts, float("inf")))
    finder.range_test(batches, start_lr=FIND_LOW, end_lr=FIND_HIGH, num_iter=FIND_POINTS, diverge_th=_NEVER)
    finder.reset()


class _OfBatches(torch.nn.Module):
    """The model where a library calls it with whole batches."""

    def __init__(self, watched: Watched) -> None:
        super().__init__()
        self.watched = watched

    def forward(self, batch: Any) -> torch.Tensor:
        loss: torch.Tensor = self.watched(*batch)
        return loss
