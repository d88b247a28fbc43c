"""From a configuration and a text to something that trains."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from lrtui.engine.device import (
    choose_threads,
    device_of_rank,
    find_device,
    fingerprint,
    has_bf16,
    prepare,
    threads_sentence,
)
from lrtui.engine.invitation import invite
from lrtui.engine.kernels.choose import TINY_STEP, check_kernel, choose_kernel, step_operations, uncompiled
from lrtui.engine.kernels.kernel import Kernel
from lrtui.engine.kernels.precision import WORTH, in_precision, measure_precision, precision_sentence
from lrtui.engine.ranks import Ranks
from lrtui.engine.seeds import derive
from lrtui.engine.shared_step import SharedStep
from lrtui.engine.step import TrainStep
from lrtui.errors import ConfigError, CorpusError
from lrtui.models.language_model import LanguageModel, build_model
from lrtui.text.batches import Batch, Batches, Layout, Split, eval_batches, make_batches
from lrtui.text.corpus import load_text
from lrtui.text.dataset import TextData, make_dataset
from lrtui.text.vocabulary import Vocabulary

if TYPE_CHECKING:
    from lrtui.config.schema import Config

COMPILES = 'train.kernel = "compiled": the step is compiled before the first one, which takes seconds to a minute'


@dataclass(frozen=True)
class Workplace:
    """Everything a session needs: the config, its threads and kernel settled, the text, the step over the model."""

    config: Config
    data: TextData
    device: torch.device
    train: TrainStep
    evaluation: dict[str, list[Batch]]
    notes: tuple[str, ...] = ()  # sentences on what was chosen, and why
    ranks: Ranks | None = None

    @property
    def fingerprint(self) -> dict[str, str]:
        """What the bits of a run here depend on."""
        return fingerprint(self.config, self.device, self.ranks.size if self.ranks else 1)


def load_data(config: Config, home: Path, progress: Callable[[str, int, int], None] | None = None) -> TextData:
    """The text of `[corpus]`, encoded and split. Raises CorpusError."""
    return make_dataset(config.corpus, load_text(config.corpus, home, progress))


def make_model(config: Config, vocabulary: Vocabulary, lanes: int = 1) -> LanguageModel:
    """The model of `[model]` for this vocabulary, freshly initialised from train.seed, on the CPU."""
    seed = derive(config.train.seed, "model")
    return build_model(config.model, vocabulary.size, config.train.block, seed, lanes)


def layout_of(model: LanguageModel, mode: str) -> tuple[Layout, int | None]:
    """How batches are laid out for `model`, and the block that the model itself fixes (its context), if any."""
    if model.reads == "contexts":
        return "contexts", int(model.context)  # type: ignore[arg-type]
    if mode == "lines":
        return "items", None
    return ("streams" if model.reads == "streams" else "windows"), None


def make_workplace(
    config: Config,
    data: TextData,
    lanes: int = 1,
    began: bool = False,
    ranks: Ranks | None = None,
    evaluated: Sequence[Split] = ("train", "val"),
) -> Workplace:
    """Build everything for a run on `data`; one that `began` before goes on with autograd where its kernel is missing.

    Rank 0 of several has the others do the same. What is not to be `evaluated` need not be chosen, which takes a
    permutation of all examples. Raises DeviceError, CorpusError, ConfigError.
    """
    device = find_device(config.train.device if ranks is None else device_of_rank(config.train.device, ranks.local))
    if not began:
        check_kernel(config, device.type, ranks is not None)
    model = make_model(config, data.vocabulary, lanes)
    threads = choose_threads(config, model.parameter_count(), neighbours=ranks.neighbours if ranks else 1)
    prepare(config, device, threads)
    _check_prompt(config, data.vocabulary)
    t = config.train
    layout, context = layout_of(model, config.corpus.mode)
    block = context or t.block
    batches = make_batches(data, "train", layout, t.batch, block, t.seed, device)
    evaluation: dict[str, list[Batch]] = {
        split: eval_batches(data, split, layout, t.batch, block, t.eval_batches, device) for split in evaluated
    }
    config, notes = _settle_precision(config, data.vocabulary, device, batches)
    kernel = choose_kernel(config, model.parameter_count(), device.type) if ranks is None else "autograd"
    if kernel == "compiled":
        notes += (COMPILES,)
    if not config.train.threads and ranks is None:
        notes += threads_sentence(config, model.parameter_count(), threads)
    settled = {"threads": threads, "kernel": kernel}
    config = config.model_copy(update={"train": config.train.model_copy(update=settled)})
    train = _make_step(config, model.to_device(device), batches, ranks)
    if ranks is not None and ranks.rank == 0:
        invite(ranks, config, data.sha256)
        train.adopt(train.flat.values)
    return Workplace(config, data, device, train, evaluation, notes, ranks)


def _make_step(config: Config, model: LanguageModel, batches: Batches, ranks: Ranks | None) -> TrainStep:
    return TrainStep(config, model, batches) if ranks is None else SharedStep(config, model, batches, ranks)


def _settle_precision(
    config: Config, vocabulary: Vocabulary, device: torch.device, batches: Batches
) -> tuple[Config, tuple[str, ...]]:
    """`config` with `auto` decided by a trial on copies, and what is to be said of that; a tiny model stays in fp32."""
    if config.train.precision != "auto":
        return config, ()
    model = make_model(config, vocabulary)
    if step_operations(config, model.parameter_count()) < TINY_STEP or not has_bf16(device):
        return in_precision(config, "fp32"), ()
    trial = uncompiled(config)

    def kernel_in(precision: str) -> Kernel:
        copy = make_model(config, vocabulary).to_device(device)
        return TrainStep(in_precision(trial, precision), copy, batches).kernel

    gain = measure_precision(kernel_in)
    return in_precision(config, "bf16" if gain >= WORTH else "fp32"), (precision_sentence(gain),)


def _check_prompt(config: Config, vocabulary: Vocabulary) -> None:
    try:
        vocabulary.encode(config.sample.prompt)
    except CorpusError as error:
        raise ConfigError(f"sample.prompt: {error.message}", error.hint) from None
