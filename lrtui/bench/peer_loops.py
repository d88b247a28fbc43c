"""The peers' training loops around the plain model, each at its quickest: no bars, logs, saves, validation or schedule.

They get the plain loop's batches, ready made, by a DataLoader, its weights and its optimizer. How fast one is the model
itself notes, by when its steps begin: what a library does before the first and after the last of a turn is not counted.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, IterableDataset

from lrtui.bench.plain import PlainBatch, State

#: for libraries that must be told an end: it never comes
ENDLESS = 10**9


class Watched(nn.Module):
    """The plain model in the hands of a library: carries its hidden state from batch to batch, notes when steps begin.

    Called with the three parts of a PlainBatch it gives the loss.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model
        self.state: State = None
        self.starts: list[float] = []

    def forward(self, x: Tensor, y: Tensor, fresh: bool) -> Tensor:
        self.starts.append(time.perf_counter())
        loss: Tensor
        loss, state = self.model(x, y, None if fresh else self.state)
        self.state = None if state is None else tuple(part.detach() for part in state)
        return loss

    def over(self, seconds: float) -> bool:
        """Whether steps enough for a speed were made, and for long enough."""
        return len(self.starts) >= 3 and time.perf_counter() >= self.starts[0] + seconds

    def speed(self) -> float:
        """Steps a second, from the first one's beginning to the last one's."""
        return (len(self.starts) - 1) / (self.starts[-1] - self.starts[0])


@dataclass
class Parts:
    """What a peer is given: the model, its optimizer, batches without end, the norm to clip at (0: none), a folder."""

    watched: Watched
    optimizer: torch.optim.Optimizer
    batches: Iterator[PlainBatch]
    clip: float
    folder: Path


class TurnBatches(IterableDataset[PlainBatch]):
    """The batches of one turn: they end when its `seconds` have passed."""

    def __init__(self, parts: Parts, seconds: float) -> None:
        self.parts, self.seconds = parts, seconds

    def __len__(self) -> int:
        return ENDLESS

    def __iter__(self) -> Iterator[PlainBatch]:
        while not self.parts.watched.over(self.seconds):
            yield next(self.parts.batches)


def loader(parts: Parts, seconds: float, collate: Callable[[Any], Any] | None = None) -> DataLoader[PlainBatch]:
    """A DataLoader that hands the batches on as they are."""
    return DataLoader(TurnBatches(parts, seconds), batch_size=None, collate_fn=collate)


def lightning_trainer(parts: Parts) -> tuple[Any, Any]:
    """Lightning's trainer in its barebones mode, and the module for it."""
    from lightning import pytorch as pl

    class Module(pl.LightningModule):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.watched = parts.watched

        def training_step(self, batch: PlainBatch, index: int) -> Tensor:
            loss: Tensor = self.watched(*batch)
            return loss

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return parts.optimizer

    clip = parts.clip or None
    trainer = pl.Trainer(
        accelerator="cpu",
        devices=1,
        max_epochs=1,
        barebones=True,
        gradient_clip_val=clip,
        default_root_dir=parts.folder,
    )
    return trainer, Module()


def train_with_lightning(parts: Parts, seconds: float) -> None:
    """One turn by Lightning."""
    trainer, module = lightning_trainer(parts)
    trainer.fit(module, loader(parts, seconds))


def fastai_learner(parts: Parts, seconds: float) -> Any:
    """fastai's learner without its bars, with torch's optimizer."""
    from fastai.callback.core import Callback
    from fastai.callback.progress import ProgressCallback
    from fastai.callback.training import GradientClip
    from fastai.data.core import DataLoaders
    from fastai.learner import Learner
    from fastai.optimizer import OptimWrapper

    def with_target(batch: PlainBatch) -> tuple[Tensor, Tensor, bool, Tensor]:
        return (*batch, batch.y)  # fastai counts the last as the target

    callbacks: list[Callback] = [GradientClip(parts.clip)] if parts.clip else []
    learner = Learner(
        DataLoaders(loader(parts, seconds, with_target), []),
        parts.watched,
        loss_func=lambda loss, target: loss,
        opt_func=lambda parameters, **hyper: OptimWrapper(opt=parts.optimizer),
        lr=parts.optimizer.param_groups[0]["lr"],
        cbs=callbacks,
        path=parts.folder,
    )
    learner.remove_cbs([callback for callback in learner.cbs if isinstance(callback, ProgressCallback)])
    return learner


def train_with_fastai(parts: Parts, seconds: float) -> None:
    """One turn by fastai."""
    learner = fastai_learner(parts, seconds)
    with learner.no_logging():
        learner.fit(1)


def train_with_transformers(parts: Parts, seconds: float) -> None:
    """One turn by transformers' Trainer."""
    from transformers import Trainer, TrainerCallback, TrainerControl, TrainerState, TrainingArguments

    class Named(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.watched = parts.watched

        def forward(self, x: Tensor, y: Tensor, fresh: bool) -> dict[str, Tensor]:
            return {"loss": self.watched(x, y, fresh)}

    class EndOfTurn(TrainerCallback):  # type: ignore[misc]
        def on_step_end(
            self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **more: object
        ) -> None:
            control.should_training_stop = parts.watched.over(seconds)

    class Fed(Trainer):  # type: ignore[misc]
        def get_train_dataloader(self) -> DataLoader[PlainBatch]:
            return batches

    batches = loader(parts, float("inf"), lambda batch: batch._asdict())
    arguments = TrainingArguments(
        output_dir=str(parts.folder),
        max_steps=ENDLESS,
        max_grad_norm=parts.clip,
        use_cpu=True,
        disable_tqdm=True,
        report_to=[],
        logging_strategy="no",
        save_strategy="no",
    )
    constant = torch.optim.lr_scheduler.LambdaLR(parts.optimizer, lambda step: 1.0)
    optimizers = (parts.optimizer, constant)
    Fed(Named(), arguments, train_dataset=batches.dataset, optimizers=optimizers, callbacks=[EndOfTurn()]).train()
