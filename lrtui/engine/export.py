"""A checkpoint in other people's formats."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import torch
from safetensors.torch import save
from torch import Tensor

from lrtui.engine import shelf
from lrtui.engine.build import make_model
from lrtui.engine.flat import FlatParameters
from lrtui.errors import UsageError
from lrtui.models.language_model import LanguageModel
from lrtui.runs.directory import RunDirectory, disk_errors
from lrtui.runs.history import read_history
from lrtui.runs.metrics import read_metrics
from lrtui.text.vocabulary import Vocabulary

if TYPE_CHECKING:
    from lrtui.config.schema import Config


def load_model(
    run: RunDirectory, config: Config, step: int | None = None
) -> tuple[LanguageModel, Vocabulary, FlatParameters, shelf.Found]:
    """The model of a run as its newest checkpoint (or the one at `step`) has it; needs no corpus.

    Raises CheckpointError.
    """
    rewinds = read_history(run).rewinds
    vocabulary = Vocabulary.from_dict(shelf.newest_meta(run, rewinds).vocabulary)
    model = make_model(config, vocabulary)
    flat = FlatParameters(model)
    found = shelf.find(run, flat, rewinds, step=step)
    flat.values.copy_(found.snapshot.values)
    model.eval()
    return model, vocabulary, flat, found


def export_torch(path: Path, flat: FlatParameters, found: shelf.Found, config: Config) -> None:
    """`{"model_state_dict", "optimizer_state_dict", …}`: loads with torch.load(path, weights_only=True)."""
    optimizer: dict[str, dict[str, Tensor]] = {
        kind: {name: t.clone() for name, t in flat.views(buffer).items()}
        for kind, buffer in found.snapshot.buffers.items()
    }
    content = {
        "model_state_dict": {name: t.clone() for name, t in flat.views(found.snapshot.values).items()},
        "optimizer_state_dict": {"kind": config.optim.kind, "updates": found.meta.progress.updates, "state": optimizer},
        "step": found.snapshot.step,
        "config": config.model_dump(mode="json"),
        "vocabulary": found.meta.vocabulary,
    }
    with disk_errors("write", path), path.open("wb") as file:
        torch.save(content, file)


def export_safetensors(path: Path, flat: FlatParameters, found: shelf.Found) -> None:
    """The parameters alone."""
    tensors = {name: t.contiguous().clone() for name, t in flat.views(found.snapshot.values).items()}
    with disk_errors("write", path):
        path.write_bytes(save(tensors, {"step": str(found.snapshot.step)}))


def export_tensorboard(run: RunDirectory, path: Path) -> list[str]:
    """Loss, rate and gradient norm of every step, and the evaluations, as TensorBoard events in the folder `path`.

    Returns what could not be read, in sentences. Raises UsageError where the extra is not installed.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        raise UsageError("TensorBoard is not installed", "pip install 'lrtui[tensorboard]'") from None
    series = read_metrics(run)
    with disk_errors("write", path), SummaryWriter(str(path)) as writer:
        for column in ("loss", "lr", "grad_norm"):
            for step, value in zip(series.step, getattr(series, column), strict=True):
                writer.add_scalar(f"train/{column}", value, step)
        for evaluated in read_history(run).evaluations:
            for split in ("train", "val"):
                value = getattr(evaluated, f"{split}_loss")
                if value is not None:
                    writer.add_scalar(f"evaluation/{split}", value, evaluated.step)
    return series.problems
