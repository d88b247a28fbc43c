"""Lanes as things to select, fork and put together: the one place that knows how a state is laid out by lane.

`take` is all there is to it: the lanes that survive a cut, the one that becomes a run of its own, or K copies of one
for a race are the same selection, of flat values, optimizer buffers and hidden state at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from lrtui.engine.flat import FlatParameters
from lrtui.engine.kernels.choose import uncompiled
from lrtui.engine.seeds import derive
from lrtui.engine.state import Snapshot
from lrtui.engine.step import TrainStep
from lrtui.models.language_model import build_model
from lrtui.runs.checkpoints import Progress

if TYPE_CHECKING:
    from lrtui.config.schema import Config
    from lrtui.text.batches import Batches


@dataclass(frozen=True)
class LaneTensors:
    """The tensors of some lanes at a step boundary, `[lanes, …]` each, one lane or more; `updates` is common to all."""

    values: Tensor
    buffers: dict[str, Tensor]
    carry: tuple[Tensor, ...]
    updates: int

    @property
    def lanes(self) -> int:
        return len(self.values)

    def to_cpu(self) -> LaneTensors:
        """The same in host memory (itself if it is there)."""
        buffers = {name: buffer.cpu() for name, buffer in self.buffers.items()}
        return LaneTensors(self.values.cpu(), buffers, tuple(t.cpu() for t in self.carry), self.updates)


def captured(train: TrainStep) -> LaneTensors:
    """A copy of all lanes of `train`."""
    snapshot = train.capture(Progress())
    carry = tuple(t.unsqueeze(0) for t in snapshot.carry) if train.lanes == 1 else snapshot.carry
    return LaneTensors(snapshot.values, snapshot.buffers, carry, snapshot.progress.updates)


def take(tensors: LaneTensors, lanes: Sequence[int]) -> LaneTensors:
    """The lanes at these places, in this order, in memory of their own; one place may be taken several times."""
    index = torch.tensor(list(lanes), device=tensors.values.device)

    def chosen(tensor: Tensor) -> Tensor:
        return tensor.index_select(0, index.to(tensor.device))

    buffers = {name: chosen(buffer) for name, buffer in tensors.buffers.items()}
    return LaneTensors(chosen(tensors.values), buffers, tuple(map(chosen, tensors.carry)), tensors.updates)


def put(tensors: LaneTensors, train: TrainStep) -> None:
    """Make `train`, of as many lanes, what `captured` copied."""
    carry = tuple(t.squeeze(0) for t in tensors.carry) if train.lanes == 1 else tensors.carry
    train.restore(Snapshot(Progress(updates=tensors.updates), tensors.values, tensors.buffers, carry))


def solo(tensors: LaneTensors, place: int, progress: Progress) -> Snapshot:
    """The lane at `place` as the state of a run of its own."""
    one = take(tensors, [place])
    carry = tuple(t.squeeze(0) for t in one.carry)
    return Snapshot(progress.at(updates=one.updates), one.values, one.buffers, carry)


def make_lanes(config: Config, vocabulary: int, batches: Batches, lanes: int, device: torch.device) -> TrainStep:
    """`lanes` fresh models side by side, from train.seed; nothing is compiled, because lanes come and go."""
    config = uncompiled(config)
    seed = derive(config.train.seed, "model")
    model = build_model(config.model, vocabulary, config.train.block, seed, lanes)
    return TrainStep(config, model.to_device(device), batches)


def named_tensors(tensors: LaneTensors, flat: FlatParameters) -> dict[str, Tensor]:
    """Every tensor by its name in a file, lanes first: `parameter/…`, `exp_avg/…`, `carry/0`; views, not copies."""
    named = {f"carry/{i}": t for i, t in enumerate(tensors.carry)}
    for kind, buffer in [("parameter", tensors.values), *tensors.buffers.items()]:
        for name, (start, end) in flat.spans.items():
            named[f"{kind}/{name}"] = buffer[:, start:end].view(tensors.lanes, *flat.shapes[name])
    return named


def gathered(named: dict[str, Tensor], flat: FlatParameters, lanes: int, updates: int) -> LaneTensors:
    """What `named_tensors` took apart. Raises KeyError or RuntimeError for another model's tensors."""
    kinds: dict[str, Tensor] = {}
    carry: dict[int, Tensor] = {}
    for key, tensor in named.items():
        kind, _, name = key.partition("/")
        if kind == "carry":
            carry[int(name)] = tensor
            continue
        if kind not in kinds:
            kinds[kind] = torch.zeros(lanes, flat.values.shape[1])
        start, end = flat.spans[name]
        kinds[kind][:, start:end].view(lanes, *flat.shapes[name]).copy_(tensor)
    values = kinds.pop("parameter")
    return LaneTensors(values, kinds, tuple(carry[i] for i in range(len(carry))), updates)
