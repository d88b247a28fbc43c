"""Every optimizer against torch.optim: the same model trained by both, each on its own gradients, for 1,000 steps."""

import copy
import math
from collections.abc import Callable, Iterable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lrtui.config.schema import OptimConfig
from lrtui.engine.flat import FlatParameters
from lrtui.engine.optim import clip_gradients, make_optimizer
from lrtui.errors import ConfigError
from lrtui.lr.schedule import Schedule
from lrtui.models.language_model import LanguageModel
from lrtui.models.mlp import MLP
from tests.small import OPTIMIZERS

STEPS = 1000
TORCHS = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW}
Rate = Callable[[int], tuple[float, float | None]]  # step → lr and momentum


class Problem:
    """Predict a noisy sum of three tokens; the batch of a step is the same for whoever asks."""

    def __init__(self) -> None:
        generator = torch.Generator().manual_seed(3)
        self.x = torch.randint(11, (64, 3), generator=generator)
        self.y = (self.x.sum(1) + torch.randint(2, (64,), generator=generator)) % 11
        self.chosen = torch.randint(64, (STEPS, 16), generator=generator)

    def loss(self, model: nn.Module, step: int) -> Tensor:
        rows = self.chosen[step]
        return F.cross_entropy(model(self.x[rows])[0], self.y[rows])


def small_model(lanes: int = 1) -> LanguageModel:
    model = MLP(11, context=3, embed=4, hidden=16, lanes=lanes)
    model.reset(1)
    return model


def wavy(base: float) -> Rate:
    """A rate that is another one at each step: warm-up, then a cosine."""
    return lambda step: (base * min(1, (step + 1) / 50) * (0.55 + 0.45 * math.cos(math.pi * step / STEPS)), None)


def train_ours(config: OptimConfig, rate: Rate, steps: int = STEPS) -> tuple[LanguageModel, float]:
    """The model after `steps`, and its last loss."""
    problem, model = Problem(), small_model()
    flat = FlatParameters(model)
    optimizer = make_optimizer(flat, config)
    loss = torch.tensor(math.nan)
    for step in range(steps):
        flat.grads.zero_()
        loss = problem.loss(model, step)
        loss.backward()
        optimizer.step(*rate(step))
    assert optimizer.updates == steps
    return model, loss.item()


def torch_groups(model: nn.Module, config: OptimConfig, scales: dict[str, float]) -> list[dict[str, Any]]:
    """A parameter group for each parameter: no decay on vectors, `scale` on the rates of those named."""
    return [
        {"params": [p], "weight_decay": config.weight_decay if p.dim() > 1 else 0.0, "scale": scales.get(name, 1.0)}
        for name, p in model.named_parameters()
    ]


def train_torchs(config: OptimConfig, rate: Rate, scales: dict[str, float]) -> nn.Module:
    problem, model = Problem(), small_model()
    options: dict[str, Any] = {"betas": config.betas, "eps": config.eps}
    if config.kind == "sgd":
        options = {"momentum": config.momentum, "nesterov": config.nesterov}
    optimizer = TORCHS[config.kind](torch_groups(model, config, scales), lr=1.0, **options)
    for step in range(STEPS):
        lr, _ = rate(step)
        for group in optimizer.param_groups:
            group["lr"] = lr * group["scale"]
        optimizer.zero_grad()
        problem.loss(model, step).backward()
        optimizer.step()
    return model


def assert_agree(ours: nn.Module, theirs: nn.Module) -> None:
    """Every parameter within 1e-6 of its largest value."""
    wanted = dict(theirs.named_parameters())
    for name, parameter in ours.named_parameters():
        off = (parameter - wanted[name]).abs().max() / wanted[name].abs().max()
        assert off.item() <= 1e-6, name


CASES: dict[str, dict[str, Any]] = {
    "sgd": {"kind": "sgd", "lr": 0.1},
    "sgd, momentum": {"kind": "sgd", "lr": 0.05, "momentum": 0.9},
    "sgd, nesterov": {"kind": "sgd", "lr": 0.05, "momentum": 0.9, "nesterov": True},
    "sgd, momentum, decay": {"kind": "sgd", "lr": 0.05, "momentum": 0.9, "weight_decay": 0.01},
    "adam": {"kind": "adam", "lr": 3e-3},
    "adam, decay": {"kind": "adam", "lr": 3e-3, "weight_decay": 0.01},
    "adam, betas, eps": {"kind": "adam", "lr": 3e-3, "betas": (0.8, 0.99), "eps": 1e-4},
    "adamw, decay": {"kind": "adamw", "lr": 3e-3, "weight_decay": 0.1},
}


@pytest.mark.parametrize("case", CASES)
def test_agrees_with_torch_over_a_thousand_steps(case: str) -> None:
    config = OptimConfig(**CASES[case])
    ours, loss = train_ours(config, wavy(config.lr))
    assert loss < math.log(11) - 0.5  # it has learned: the rates were no formality
    assert_agree(ours, train_torchs(config, wavy(config.lr), {}))


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_rates_of_their_own_agree_with_torchs_groups(kind: str) -> None:
    config = OptimConfig.model_validate(
        {
            "kind": kind,
            "lr": 0.1 if kind == "sgd" else 3e-3,
            "weight_decay": 0.01,
            "groups": [{"match": "embed.*", "lr_scale": 0.25}, {"match": "*.bias", "lr_scale": 3.0}],
        }
    )
    scales = {"embed.weight": 0.25, "hidden.0.bias": 3.0, "head.bias": 3.0}
    ours, _ = train_ours(config, wavy(config.lr))
    assert_agree(ours, train_torchs(config, wavy(config.lr), scales))


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_one_cycle_moves_momentum_against_the_rate_as_torch_does(kind: str) -> None:
    lr = 0.05 if kind == "sgd" else 3e-3
    momentum: dict[str, Any] = {"momentum": 0.9} if kind == "sgd" else {}
    schedule = Schedule(kind="one_cycle", base=lr, steps=STEPS, momentum_low=0.8, momentum_high=0.97)
    config = OptimConfig(kind=kind, lr=lr, **momentum)
    ours, _ = train_ours(config, lambda s: (schedule(s), schedule.momentum(s)))

    problem, theirs = Problem(), small_model()
    decay: dict[str, Any] = {"weight_decay": 0.0}  # AdamW's own default is 0.01
    optimizer = TORCHS[kind](theirs.parameters(), lr=lr, **momentum, **decay)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        optimizer,
        max_lr=lr,
        total_steps=STEPS,
        base_momentum=0.8,
        max_momentum=0.97,
        final_div_factor=schedule.final_div / schedule.div,  # torch's divides the first rate, ours the base
    )
    for step in range(STEPS):
        optimizer.zero_grad()
        problem.loss(theirs, step).backward()
        optimizer.step()
        if step < STEPS - 1:
            scheduler.step()
    assert_agree(ours, theirs)


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_a_momentum_given_equals_the_one_configured(kind: str) -> None:
    def options(value: float) -> dict[str, Any]:
        return {"momentum": value, "nesterov": True} if kind == "sgd" else {"betas": (value, 0.999)}

    given, _ = train_ours(OptimConfig(kind=kind, **options(0.5)), lambda _: (0.01, 0.8), steps=20)
    configured, _ = train_ours(OptimConfig(kind=kind, **options(0.8)), lambda _: (0.01, None), steps=20)
    other, _ = train_ours(OptimConfig(kind=kind, **options(0.5)), lambda _: (0.01, None), steps=20)
    assert all(torch.equal(a, b) for a, b in zip(given.parameters(), configured.parameters(), strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(given.parameters(), other.parameters(), strict=True))


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_a_scale_of_zero_freezes_bit_for_bit(kind: str) -> None:
    extra: dict[str, Any] = {"momentum": 0.9, "nesterov": True} if kind == "sgd" else {}
    config = OptimConfig.model_validate(
        {"kind": kind, "weight_decay": 0.1, "groups": [{"match": "hidden.*", "lr_scale": 0.0}], **extra}
    )
    before = small_model()
    after, _ = train_ours(config, wavy(0.01), steps=100)
    for name, parameter in after.named_parameters():
        assert torch.equal(parameter, before.get_parameter(name)) == name.startswith("hidden."), name


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_a_rate_of_zero_changes_nothing(kind: str) -> None:
    after, _ = train_ours(OptimConfig(kind=kind, weight_decay=0.1), lambda _: (0.0, None), steps=5)
    assert all(torch.equal(a, b) for a, b in zip(after.parameters(), small_model().parameters(), strict=True))


def test_decay_alone_shrinks_matrices_and_leaves_vectors() -> None:
    model = small_model()
    for parameter in model.parameters():
        parameter.data.fill_(1.0)
    optimizer = make_optimizer(FlatParameters(model), OptimConfig(kind="adamw", weight_decay=0.1))
    for _ in range(10):
        optimizer.step(0.5)  # the gradient is zero throughout
    for parameter in model.parameters():
        wanted = 0.95**10 if parameter.dim() > 1 else 1.0
        torch.testing.assert_close(parameter.detach(), torch.full_like(parameter, wanted))


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_reset_forgets_everything(kind: str) -> None:
    config = OptimConfig.model_validate({"kind": kind, **({"momentum": 0.9} if kind == "sgd" else {})})
    flat = FlatParameters(small_model())
    optimizer = make_optimizer(flat, config)
    start, grads = flat.values.clone(), torch.randn(flat.grads.shape, generator=torch.Generator().manual_seed(0))

    def three_steps() -> Tensor:
        flat.values.copy_(start)
        for _ in range(3):
            flat.grads.copy_(grads)
            optimizer.step(0.01)
        return flat.values.clone()

    first, onward = three_steps(), three_steps()
    assert not torch.equal(first, onward)
    optimizer.reset()
    assert torch.equal(first, three_steps())


def test_an_unknown_group_is_refused_when_the_optimizer_is_made() -> None:
    config = OptimConfig.model_validate({"groups": [{"match": "haed.*", "lr_scale": 0.5}]})
    with pytest.raises(ConfigError, match="matches no parameter"):
        make_optimizer(FlatParameters(small_model()), config)


def some_grads(lanes: int, scales: Iterable[float]) -> tuple[LanguageModel, FlatParameters]:
    """A model of lanes with random gradients, each lane's larger by a factor of its own."""
    model = small_model(lanes)
    flat = FlatParameters(model)
    generator = torch.Generator().manual_seed(0)
    for view in flat.views(flat.grads).values():
        view.copy_(torch.randn(view.shape, generator=generator))
    flat.grads.mul_(torch.tensor(list(scales)).unsqueeze(1))
    return model, flat


@pytest.mark.parametrize("limit", [0.5, 1e3])
def test_clips_as_torch_does(limit: float) -> None:
    model, flat = some_grads(1, [1.0])
    reference = copy.deepcopy(model)
    for (_, p), q in zip(model.named_parameters(), reference.parameters(), strict=True):
        assert p.grad is not None
        q.grad = p.grad.clone()
    wanted = nn.utils.clip_grad_norm_(reference.parameters(), limit)
    norms = clip_gradients(flat.grads, limit)
    torch.testing.assert_close(norms, wanted.unsqueeze(0), atol=0, rtol=1e-6)
    for p, q in zip(model.parameters(), reference.parameters(), strict=True):
        torch.testing.assert_close(p.grad, q.grad, atol=0, rtol=1e-6)


def test_clips_each_lane_by_its_own_norm() -> None:
    _, flat = some_grads(3, [0.01, 1.0, 100.0])
    before = flat.grads.clone()
    norms = clip_gradients(flat.grads, 1.0)
    torch.testing.assert_close(norms, before.norm(dim=1))
    assert norms[0] < 1.0 < norms[1]
    assert torch.equal(flat.grads[0], before[0])
    for lane in (1, 2):
        torch.testing.assert_close(flat.grads[lane], before[lane] / norms[lane], rtol=1e-5, atol=0)


def test_a_limit_of_zero_measures_only() -> None:
    _, flat = some_grads(2, [1.0, 100.0])
    before = flat.grads.clone()
    torch.testing.assert_close(clip_gradients(flat.grads, 0.0), before.norm(dim=1))
    assert torch.equal(flat.grads, before)
