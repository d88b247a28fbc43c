"""The two sides of each row, made ready to train: our engine as a worker hosts it, and the plain loop.

They have the same threads and begin with the same weights. Ours is set up as a worker is; the plain loop, or a peer's,
has a process of its own, with PyTorch, its allocator and its OpenMP as they come. The `-layers` rows compare layers and
nothing else: both in this process.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from lrtui.bench.contest import Outcome, Side, contest, turns
from lrtui.bench.loop_process import LoopProcess, plain_copy
from lrtui.bench.rows import FIND_HIGH, FIND_LOW, FIND_POINTS
from lrtui.bench.sampling_sides import QuarterSide, SamplerSide
from lrtui.bench.sweep_sides import RunsSide, SweepSide
from lrtui.engine.build import load_data, make_workplace
from lrtui.engine.live import Live
from lrtui.engine.optim import Rate
from lrtui.engine.range_test import find
from lrtui.engine.session import Session
from lrtui.engine.step import lane_losses
from lrtui.errors import LrtuiError
from lrtui.messages import Event, Find, RangeTested, Stepped
from lrtui.runs.directory import create_run
from lrtui.worker.host import Pulse
from lrtui.worker.recorder import Recorder

if TYPE_CHECKING:
    from lrtui.bench.rows import Row
    from lrtui.engine.build import Workplace


@dataclass(frozen=True)
class Figures:
    """What a row came to."""

    row: Row
    outcome: Outcome
    parameters: int
    vocabulary: int
    precision: str = "fp32"  # of our side


class EngineSide:
    """A whole run: the session with its pulse, and its metrics and events written as the worker writes them."""

    def __init__(self, place: Workplace, home: Path) -> None:
        self.deterministic = place.config.train.deterministic
        session = Session(place.config, place.train, place.data.vocabulary, place.evaluation, pulse=Pulse())
        self.recorder = Recorder(create_run(home), 0)
        self.events = session.run()

    def ready(self) -> None:
        torch.use_deterministic_algorithms(self.deterministic, warn_only=True)

    def work(self) -> int:
        """Train up to the next block of metrics."""
        for event in self.events:
            if not isinstance(event, Event):
                continue
            for warned in self.recorder.record(event):
                raise LrtuiError(f"the bench cannot write its metrics: {warned}")
            if isinstance(event, Stepped):
                return event.n
        raise LrtuiError("the run that the bench trains has ended: its training diverged")


class FindSide:
    """Whole range tests, verdict and restoration included."""

    def __init__(self, place: Workplace) -> None:
        self.deterministic = place.config.train.deterministic
        self.live = Live(place.config, place.train, place.config.lr_schedule())
        self.ln_v = math.log(place.data.vocabulary.size)

    def ready(self) -> None:
        torch.use_deterministic_algorithms(self.deterministic, warn_only=True)

    def work(self) -> int:
        (tested,) = find(self.live, Find(low=FIND_LOW, high=FIND_HIGH, points=FIND_POINTS), self.ln_v)
        assert isinstance(tested, RangeTested)
        return len(tested.losses)


class LanesSide:
    """A hundred steps of lanes side by side, each at a rate of its own, as a sweep trains them."""

    def __init__(self, place: Workplace) -> None:
        self.deterministic = place.config.train.deterministic
        self.train, self.step = place.train, 0
        rates = place.config.optim.lr * torch.logspace(-1, 0, place.train.lanes).unsqueeze(1)
        self.rates: list[Rate] = [rates] * 100

    def ready(self) -> None:
        torch.use_deterministic_algorithms(self.deterministic, warn_only=True)

    def work(self) -> int:
        self.train.kernel.train(self.step, self.rates, [None] * len(self.rates))
        self.step += len(self.rates)
        return len(self.rates)


class LayersSide:
    """Forward and backward of `loss` over one batch, no optimizer; both sides as PyTorch comes."""

    def __init__(self, model: nn.Module, loss: Callable[[], Tensor]) -> None:
        self.model, self.loss = model, loss

    def ready(self) -> None:
        torch.use_deterministic_algorithms(False)

    def work(self) -> int:
        self.model.zero_grad(set_to_none=True)
        self.loss().backward()  # type: ignore[no-untyped-call]
        return 1


def measure(row: Row, folder: Path, threads: int, seconds: float, rounds: int) -> Figures:
    """Make both sides of `row`, runs going to `folder`, and let them train in turns."""
    config = row.config(threads)
    data = load_data(config, folder)
    with _settings_kept(), ExitStack() as stack:
        place = make_workplace(config, data, row.lanes if row.measures == "lanes" else 1)
        if row.measures == "layers":
            ours, theirs = map(turns, _layers(place))
        elif row.measures == "sweep-runs":
            ours, theirs = turns(SweepSide(row, place.config, folder)), turns(RunsSide(row, place, folder))
        elif row.measures == "late":
            ours, theirs = turns(QuarterSide(place, 3)), turns(QuarterSide(place, 0))
        else:
            ours = turns(_side(row, place, folder))
            theirs = stack.enter_context(LoopProcess(row, place.config, folder)).turn
        outcome = contest(ours, theirs, seconds, rounds)
    return Figures(row, outcome, place.train.model.parameter_count(), data.vocabulary.size, config.train.precision)


def _side(row: Row, place: Workplace, folder: Path) -> Side:
    if row.measures == "sweep":
        return SweepSide(row, place.config, folder)
    if row.measures == "sampling":
        return SamplerSide(place)
    if row.measures == "lanes":
        return LanesSide(place)
    return FindSide(place) if row.measures == "find" else EngineSide(place, folder)


def _layers(place: Workplace) -> tuple[Side, Side]:
    batch = place.train.batches.at(0)
    model = place.train.model
    copy = plain_copy(model, place.config)
    for parameter in model.parameters():
        parameter.grad = None
    ours = LayersSide(model, lambda: lane_losses(model(batch.x)[0], batch.y, 1))
    return ours, LayersSide(copy, lambda: copy(batch.x, batch.y)[0])


@contextmanager
def _settings_kept() -> Iterator[None]:
    """Leave torch's threads and deterministic mode as they were."""
    threads = torch.get_num_threads()
    deterministic = torch.are_deterministic_algorithms_enabled()
    warn_only = torch.is_deterministic_algorithms_warn_only_enabled()
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(deterministic, warn_only=warn_only)
