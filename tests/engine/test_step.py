"""A training step is a pure function of (state, step, rate), and what a plain PyTorch loop would do."""

import math

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lrtui.engine.step import TrainStep, lane_losses
from lrtui.runs.checkpoints import Progress
from lrtui.text.batches import IGNORE, Batch, Stack
from tests.small import FAMILIES, OPTIMIZERS, small_config, small_workplace

every_kind = pytest.mark.parametrize("kind", FAMILIES)
STREAMS = ("rnn", "lstm", "gru")


def some_logits(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


def test_the_loss_is_the_mean_over_targets_that_count() -> None:
    logits, targets = some_logits(2, 3, 5), torch.tensor([[1, 4, IGNORE], [0, IGNORE, IGNORE]])
    log_p = logits.log_softmax(-1)
    wanted = -(log_p[0, 0, 1] + log_p[0, 1, 4] + log_p[1, 0, 0]) / 3
    loss = lane_losses(logits, targets, 1)
    assert loss.shape == ()
    torch.testing.assert_close(loss, wanted)


def test_each_lane_has_its_own_loss() -> None:
    targets = torch.tensor([[1, 4, IGNORE], [0, IGNORE, IGNORE]])
    for logits, y in ((some_logits(3, 2, 3, 5), targets), (some_logits(3, 2, 5), targets[:, 0])):
        losses = lane_losses(logits, y, 3)
        assert losses.shape == (3,)
        for lane in range(3):
            torch.testing.assert_close(losses[lane], lane_losses(logits[lane], y, 1))


def test_an_lstm_trains_as_in_a_plain_loop() -> None:
    """Carried state, clipping and Adam together, on streams that begin again within the test."""
    config = small_config("lstm", "adam", model={"layers": 1}, optim={"weight_decay": 0.0, "clip": 0.25})
    step = small_workplace(config, "the quick brown fox jumps over the lazy dog. " * 12).train
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    core, ours = nn.LSTM(6, 16, batch_first=True), dict(step.model.named_parameters())
    embed, head = (nn.Parameter(ours[f"{name}.weight"].detach().clone()) for name in ("embed", "head"))
    bias = nn.Parameter(ours["head.bias"].detach().clone())
    for name in names:
        getattr(core, f"{name}_l0").data = ours[f"layers.0.{name}"].detach().clone()
    parameters = [embed, head, bias, *core.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=0.01)
    state: tuple[Tensor, Tensor] | None = None
    fresh = []
    for i in range(40):
        loss, norm = step(i, 0.01)
        x, y, begins = step.batches.at(i)
        fresh.append(begins)
        out, (h, c) = core(F.embedding(x, embed), None if begins else state)
        state = (h.detach(), c.detach())
        wanted = F.cross_entropy(F.linear(out, head, bias).flatten(0, 1), y.flatten())
        optimizer.zero_grad()
        wanted.backward()
        torch.testing.assert_close(norm[0], nn.utils.clip_grad_norm_(parameters, 0.25), atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(loss, wanted.detach(), atol=1e-5, rtol=1e-5)
        optimizer.step()
    assert 1 < sum(fresh) < 40
    torch.testing.assert_close(ours["embed.weight"].detach(), embed.detach(), atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(ours["layers.0.weight_hh"].detach(), core.weight_hh_l0.detach(), atol=1e-5, rtol=1e-5)


@every_kind
def test_the_loss_falls(kind: str) -> None:
    place = small_workplace(small_config(kind, "adam", train={"batch": 16}))
    rate = 0.1 if kind == "bigram" else 0.01  # a table learns from a few of its rows at a time
    losses = [float(place.train(step, rate)[0]) for step in range(60)]
    assert sum(losses[-10:]) / 10 < min(sum(losses[:3]) / 3, math.log(place.data.vocabulary.size)) - 0.2


@every_kind
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_captured_state_goes_on_bit_for_bit(kind: str, optimizer: str) -> None:
    config = small_config(kind, optimizer, model={"dropout": 0.2})
    first, second = small_workplace(config).train, small_workplace(config).train
    for step in range(6):
        first(step, 0.01)
    snapshot = first.capture(Progress(step=6))
    kept = [t.clone() for t in (snapshot.values, *snapshot.buffers.values(), *snapshot.carry)]
    wanted = [torch.cat([t.flatten() for t in first(step, 0.02)]) for step in range(6, 12)]
    second.restore(snapshot)
    assert second.optimizer.updates == snapshot.progress.updates == 6
    again = [torch.cat([t.flatten() for t in second(step, 0.02)]) for step in range(6, 12)]
    assert all(torch.equal(a, b) for a, b in zip(wanted, again, strict=True))
    assert_same_state(first, second)
    # a capture is a copy: training on did not reach into it
    held = (snapshot.values, *snapshot.buffers.values(), *snapshot.carry)
    assert all(torch.equal(a, b) for a, b in zip(kept, held, strict=True))


def assert_same_state(first: TrainStep, second: TrainStep) -> None:
    assert torch.equal(first.flat.values, second.flat.values)
    assert first.optimizer.updates == second.optimizer.updates
    for name, buffer in first.optimizer.buffers.items():
        assert torch.equal(buffer, second.optimizer.buffers[name]), name
    assert len(first.carry) == len(second.carry)
    assert all(torch.equal(a, b) for a, b in zip(first.carry, second.carry, strict=True))


def test_weights_only_leaves_a_fresh_optimizer_and_carry() -> None:
    config = small_config("lstm", "adamw")
    trained, other = small_workplace(config).train, small_workplace(config).train
    for step in range(5):
        trained(step, 0.01)
    snapshot = trained.capture(Progress(step=5))
    other(0, 0.01)
    other.restore(snapshot, weights_only=True)
    assert torch.equal(other.flat.values, snapshot.values)
    assert other.optimizer.updates == 0
    assert other.carry == ()
    assert not any(buffer.any() for buffer in other.optimizer.buffers.values())


@pytest.mark.parametrize("kind", ["mlp", "lstm", "gpt"])
def test_dropout_depends_on_seed_and_step_only(kind: str) -> None:
    """Whatever drew from the generators before: steps can be repeated in any order."""

    def loss_at(step: int, seed: int = 1, disturb: bool = False) -> float:
        train = small_workplace(small_config(kind, model={"dropout": 0.5}, train={"seed": 1})).train
        train.seed = seed
        train.batches = OneBatch(train.batches.at(0))
        if disturb:
            train(7, 0.0)
            train.carry = ()
            train.model.dropout_generator.manual_seed(9)
            torch.manual_seed(9)
        return float(train(step, 0.0)[0])

    assert loss_at(3) == loss_at(3, disturb=True)
    assert len({loss_at(3), loss_at(4), loss_at(3, seed=2)}) == 3


class OneBatch:
    """The same batch at every step."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch

    def at(self, step: int) -> Batch:
        return self.batch

    def around(self, step: int) -> Stack:
        return Stack(step, self.batch.x[None], self.batch.y[None], (self.batch.fresh,))


@every_kind
def test_training_leaves_the_global_generator_alone(kind: str) -> None:
    step = small_workplace(small_config(kind, model={"dropout": 0.5})).train
    before = torch.get_rng_state()
    step(0, 0.01)
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize("kind", STREAMS)
def test_the_carry_is_kept_between_blocks_and_dropped_at_fresh_ones(kind: str) -> None:
    step = small_workplace(small_config(kind)).train
    batch = step.batches.at(1)
    step.batches = OneBatch(batch._replace(fresh=False))
    alone = float(step(0, 0.0)[0])
    carried = float(step(1, 0.0)[0])
    assert carried != alone
    assert not any(t.requires_grad for t in step.carry)
    step.batches = OneBatch(batch._replace(fresh=True))
    assert float(step(2, 0.0)[0]) == alone


def test_the_norm_is_that_before_clipping() -> None:
    config = small_config("mlp", "sgd", optim={"clip": 0.001, "weight_decay": 0.0, "momentum": 0.0})
    clipped = small_workplace(config).train
    free = small_workplace(small_config("mlp", "sgd", optim={"clip": 0.0, "weight_decay": 0.0, "momentum": 0.0})).train
    start = clipped.flat.values.clone()
    (_, norm), (_, wanted) = clipped(0, 1.0), free(0, 1.0)
    assert norm.shape == (1,)
    assert torch.equal(norm, wanted)
    assert norm.item() > 0.1
    assert (clipped.flat.values - start).norm().item() == pytest.approx(0.001, rel=1e-3)


@every_kind
@pytest.mark.parametrize("lanes", [1, 2])
def test_bf16_computes_nearly_the_same_and_keeps_single_precision_weights(kind: str, lanes: int) -> None:
    exact = small_workplace(small_config(kind), lanes=lanes).train
    rough = small_workplace(small_config(kind, train={"precision": "bf16"}), lanes=lanes).train
    rate = 1e-3 if lanes == 1 else torch.full((lanes, 1), 1e-3)
    for i in range(3):
        wanted, loss = exact(i, rate)[0], rough(i, rate)[0]
        assert loss.dtype == torch.float32
        torch.testing.assert_close(loss, wanted, atol=0.05, rtol=0.01)
    assert rough.flat.values.dtype == torch.float32
    if kind != "bigram":  # a table look-up has nothing to round
        assert not torch.equal(exact.flat.values, rough.flat.values)
