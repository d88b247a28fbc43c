"""The kernel by hand is autograd's step to rounding, for every model, optimizer and option it has."""

import math

import numpy
import pytest
import torch

from lrtui.config.schema import Config
from lrtui.engine.kernels.hand import HandKernel
from lrtui.engine.step import TrainStep
from lrtui.runs.checkpoints import Progress
from lrtui.text.batches import IGNORE, Batch, Stack
from tests.small import OPTIMIZERS, small_config, small_workplace

STEPS = 200
TOLERANCE = 1e-6
GROUPS = [{"match": "*weight", "lr_scale": 0.5}, {"match": "*bias", "lr_scale": 2.0}]

every_kind = pytest.mark.parametrize("kind", ["bigram", "mlp"])
every_optimizer = pytest.mark.parametrize("optimizer", OPTIMIZERS)


def state_of(kernel: str, config: Config, lanes: int = 1) -> TrainStep:
    train = config.train.model_copy(update={"kernel": kernel})
    return small_workplace(config.model_copy(update={"train": train}), lanes=lanes).train


def both(config: Config, lanes: int = 1) -> tuple[TrainStep, TrainStep]:
    """The state trained by hand, and by autograd."""
    hand, autograd = (state_of(kernel, config, lanes) for kernel in ("hand", "autograd"))
    assert isinstance(hand.kernel, HandKernel)
    assert not isinstance(autograd.kernel, HandKernel)
    return hand, autograd


def rate_of(config: Config, lanes: int, step: int) -> float | torch.Tensor:
    """A rate that moves, and small: at a large one two runs that differ by rounding part for good."""
    lr = (0.02 if config.optim.kind == "sgd" else 0.003) * (1 + 0.5 * math.cos(step))
    return lr if lanes == 1 else lr * torch.linspace(0.5, 1.5, lanes).unsqueeze(1)


def assert_equal(config: Config, lanes: int = 1, steps: int = STEPS, momentum: float | None = None) -> None:
    hand, autograd = both(config, lanes)
    rates = [rate_of(config, lanes, step) for step in range(steps)]
    made, wanted = (s.kernel.train(0, rates, [momentum] * steps) for s in (hand, autograd))
    for ours, theirs in zip(made, wanted, strict=True):
        assert ours.shape == theirs.shape
        torch.testing.assert_close(ours, theirs, rtol=TOLERANCE, atol=TOLERANCE)
    for name, ours in {"values": hand.flat.values, **hand.optimizer.buffers}.items():
        theirs = autograd.flat.values if name == "values" else autograd.optimizer.buffers[name]
        scale = float(theirs.abs().max())
        assert float((ours - theirs).abs().max()) <= TOLERANCE * scale, name
    assert hand.optimizer.updates == autograd.optimizer.updates == steps


@every_kind
@every_optimizer
@pytest.mark.parametrize("lanes", [1, 3])
def test_it_is_autograd_to_a_millionth_over_200_steps(kind: str, optimizer: str, lanes: int) -> None:
    assert_equal(small_config(kind, optimizer, optim={"clip": 0.0}), lanes)


@every_kind
@every_optimizer
@pytest.mark.parametrize("lanes", [1, 3])
def test_with_clipping_and_groups(kind: str, optimizer: str, lanes: int) -> None:
    groups = GROUPS[: 1 if kind == "bigram" else 2]
    assert_equal(small_config(kind, optimizer, optim={"clip": 0.3, "groups": groups}), lanes)


@every_kind
def test_nesterov_and_a_momentum_that_moves(kind: str) -> None:
    config = small_config(kind, "sgd", optim={"nesterov": True, "weight_decay": 0.0})
    assert_equal(config, steps=100)
    assert_equal(config, steps=100, momentum=0.5)
    assert_equal(small_config(kind, "adamw"), steps=100, momentum=0.7)
    assert_equal(small_config(kind, "sgd", optim={"momentum": 0.0}), steps=100)


@pytest.mark.parametrize("lanes", [1, 2])
def test_deeper_with_dropout_and_items_of_their_own(lanes: int) -> None:
    deep = {"layers": 3, "dropout": 0.3, "context": 5}
    assert_equal(small_config("mlp", "adam", model=deep, corpus={"mode": "lines"}), lanes, steps=60)


@every_kind
@pytest.mark.parametrize("lanes", [1, 2])
def test_more_rows_than_a_product_is_worth(kind: str, lanes: int) -> None:
    """256 tokens: the rows of the table are added up in another way."""
    assert_equal(small_config(kind, "sgd", corpus={"vocab": "byte"}, optim={"weight_decay": 0.0}), lanes, steps=60)


class Few:
    """The same three batches for ever."""

    def __init__(self, x: torch.Tensor, y: torch.Tensor) -> None:
        self.x, self.y = x, y

    def around(self, step: int) -> Stack:
        return Stack(step - step % 3, self.x, self.y, (True,) * 3)

    def at(self, step: int) -> Batch:
        return Batch(self.x[step % 3], self.y[step % 3], True)


@every_kind
@pytest.mark.parametrize("lanes", [1, 2])
def test_targets_to_be_ignored_weigh_nothing(kind: str, lanes: int) -> None:
    hand, autograd = both(small_config(kind, "sgd"), lanes)
    generator = torch.Generator().manual_seed(0)
    width = hand.batches.at(0).x.shape[1]
    x, y = (torch.randint(5, shape, generator=generator) for shape in ((3, 4, width), (3, 4)))
    y[0, 1] = y[2, 0] = y[2, 3] = IGNORE
    rates = [rate_of(hand.config, lanes, step) for step in range(9)]
    for state in (hand, autograd):
        state.batches = Few(x, y)
    for ours, theirs in zip(*(s.kernel.train(0, rates, [None] * 9) for s in (hand, autograd)), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=TOLERANCE, atol=TOLERANCE)
    torch.testing.assert_close(hand.flat.values, autograd.flat.values, rtol=TOLERANCE, atol=TOLERANCE)


@every_kind
def test_its_gradient_is_the_slope_of_the_loss(kind: str) -> None:
    """Against differences of the loss itself, in another direction for each parameter."""
    state = state_of("hand", small_config(kind, "sgd", optim={"clip": 0.0, "weight_decay": 0.0, "momentum": 0.0}))
    state.kernel.train(0, [1.0] * 3, [None] * 3)  # away from zero
    start, batch = state.flat.values.clone(), state.batches.at(3)
    state.kernel.train(3, [0.0], [None])
    grads = state.flat.grads.clone()
    for name, (begin, end) in state.flat.spans.items():
        along = torch.zeros_like(start)
        along[:, begin:end] = grads[:, begin:end].sign()
        losses = []
        for move in (1e-2, -1e-2):
            state.flat.values.copy_(start + move * along)
            with torch.no_grad():
                losses.append(float(state.forward(batch, ())[0]))
        slope = (losses[0] - losses[1]) / 2e-2
        assert slope == pytest.approx(float((grads * along).sum()), rel=1e-2), name


@every_kind
@every_optimizer
@pytest.mark.parametrize("lanes", [1, 2])
def test_bits_do_not_depend_on_how_steps_are_cut_into_calls(kind: str, optimizer: str, lanes: int) -> None:
    config = small_config(kind, optimizer, model={"dropout": 0.0 if kind == "bigram" else 0.1})
    rates = [rate_of(config, lanes, step) for step in range(300)]
    ends = []
    for sizes in ([300], [1] * 300, [7] * 42 + [6], [100, 1, 99, 100]):
        state, losses, norms = state_of("hand", config, lanes), [], []
        for size in sizes:
            step = len(losses)
            loss, norm = state.kernel.train(step, rates[step : step + size], [None] * size)
            losses += loss.unbind()
            norms += norm.unbind()
        ends.append((torch.stack(losses), torch.stack(norms), state.flat.values, *state.optimizer.buffers.values()))
    for other in ends[1:]:
        assert all(torch.equal(a, b) for a, b in zip(ends[0], other, strict=True))


@every_kind
def test_it_stops_where_it_is_interrupted(kind: str) -> None:
    config = small_config(kind)
    state, other = state_of("hand", config), state_of("hand", config)
    asked = iter([False, False, True])
    losses, norms = state.kernel.train(5, [0.01] * 50, [None] * 50, lambda: next(asked))
    assert losses.shape == (3,)
    assert norms.shape == (3, 1)
    other.kernel.train(5, [0.01] * 3, [None] * 3)
    assert torch.equal(state.flat.values, other.flat.values)


@every_kind
@pytest.mark.parametrize("clip", [0.0, 1.0])
def test_a_run_that_diverges_says_so_as_autograd_does_and_can_be_put_back(kind: str, clip: float) -> None:
    config = small_config(kind, "sgd", optim={"clip": clip, "weight_decay": 0.01})
    hand, autograd = both(config)
    rates = [0.05, 0.05, math.inf, 0.05, 0.05]
    made, wanted = (s.kernel.train(0, rates, [None] * 5) for s in (hand, autograd))
    for ours, theirs in zip(made, wanted, strict=True):
        assert torch.equal(ours.isfinite(), theirs.isfinite())
    fresh = state_of("hand", config)
    hand.restore(fresh.capture(Progress()))
    again, first = (s.kernel.train(0, [0.05] * 5, [None] * 5) for s in (hand, fresh))
    assert torch.equal(again[0], first[0])
    assert torch.equal(again[1], first[1])


def test_the_gaps_between_parameters_stay_zero() -> None:
    state = state_of("hand", small_config("mlp", "adamw"))
    state.kernel.train(0, [0.01] * 20, [None] * 20)
    gap = numpy.ones(state.flat.values.shape[1], bool)
    for begin, end in state.flat.spans.values():
        gap[begin:end] = False
    assert gap.any()
    assert not state.flat.values[0, gap].any()
