"""The flat buffers: the model sees its parameters, the optimizer one vector, and both are the same memory."""

from itertools import pairwise

import pytest
import torch

from lrtui.engine.flat import ALIGN, FlatParameters
from lrtui.engine.optim import make_optimizer
from lrtui.errors import ConfigError
from tests.models.plain import KINDS, ours, tokens
from tests.small import OPTIMIZERS, small_config

every_kind = pytest.mark.parametrize("kind", KINDS)


def gaps(flat: FlatParameters) -> torch.Tensor:
    """[width], true where no parameter lies."""
    outside = torch.ones(flat.values.shape[1], dtype=torch.bool)
    for start, end in flat.spans.values():
        outside[start:end] = False
    return outside


@every_kind
@pytest.mark.parametrize("lanes", [1, 3])
def test_the_model_keeps_its_values_and_moves_with_the_buffer(kind: str, lanes: int) -> None:
    model, untouched = ours(kind, lanes, scramble=1), ours(kind, lanes, scramble=1)
    x, _ = tokens(kind)
    flat = FlatParameters(model)
    assert flat.values.shape[0] == lanes
    for name, parameter in model.named_parameters():
        assert torch.equal(parameter, untouched.get_parameter(name))
    assert torch.equal(model(x)[0], untouched(x)[0])
    flat.values.zero_()
    assert not any(p.any() for p in model.parameters())


@every_kind
@pytest.mark.parametrize("lanes", [1, 3])
def test_backward_writes_into_the_gradient_buffer(kind: str, lanes: int) -> None:
    model, untouched = ours(kind, lanes, scramble=1), ours(kind, lanes, scramble=1)
    x, _ = tokens(kind)
    flat = FlatParameters(model)
    for _ in range(2):  # also after the first time, when autograd could put a tensor of its own there
        flat.grads.zero_()
        model(x)[0].square().sum().backward()
    wanted = torch.autograd.grad(untouched(x)[0].square().sum(), list(untouched.parameters()))
    views = flat.views(flat.grads)
    for (name, _), grad in zip(untouched.named_parameters(), wanted, strict=True):
        torch.testing.assert_close(views[name], grad, atol=1e-4, rtol=1e-4)
    assert bool(flat.grads.any())


@every_kind
def test_every_parameter_starts_on_a_line_of_its_own(kind: str) -> None:
    flat = FlatParameters(ours(kind, lanes=2))
    spans = sorted(flat.spans.values())
    assert all(start % ALIGN == 0 for start, _ in spans)
    assert all(end <= start for (_, end), (start, _) in pairwise(spans))
    assert flat.values.shape[1] % ALIGN == 0
    assert sum(end - start for start, end in spans) == ours(kind).parameter_count()


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_gaps_stay_zero(optimizer: str) -> None:
    model = ours("mlp", scramble=1)
    flat = FlatParameters(model)
    assert bool(gaps(flat).any())
    step = make_optimizer(flat, small_config("mlp", optimizer, optim={"weight_decay": 0.1}).optim)
    x, _ = tokens("mlp")
    for _ in range(5):
        flat.grads.zero_()
        model(x)[0].square().sum().backward()
        step.step(0.01)
    for buffer in (flat.values, flat.grads, *step.buffers.values()):
        assert not buffer[:, gaps(flat)].any()


def test_the_last_matching_glob_decides() -> None:
    flat = FlatParameters(ours("gpt", lanes=2))
    scales = flat.lr_scales([("*", 0.5), ("blocks.*", 0.25), ("blocks.0.attention.*", 0.0), ("embed.weight", 1.0)])
    assert scales is not None
    assert scales.shape == flat.values.shape[1:]
    for name, (start, end) in flat.spans.items():
        wanted = 0.5
        if name.startswith("blocks."):
            wanted = 0.0 if name.startswith("blocks.0.attention.") else 0.25
        elif name == "embed.weight":
            wanted = 1.0
        assert scales[start:end].unique().tolist() == [wanted], name


@pytest.mark.parametrize("groups", [[], [("*", 1.0)], [("embed.*", 0.5), ("embed.*", 1.0)]])
def test_factors_of_one_cost_nothing(groups: list[tuple[str, float]]) -> None:
    assert FlatParameters(ours("mlp")).lr_scales(groups) is None


def test_a_glob_that_matches_nothing_is_a_sentence() -> None:
    flat = FlatParameters(ours("mlp"))
    with pytest.raises(ConfigError) as caught:
        flat.lr_scales([("head.*", 0.5), ("Embed*", 0.5)])
    assert caught.value.message == "optim.groups[1].match: 'Embed*' matches no parameter"
    assert caught.value.hint == (
        "Parameters: embed.weight, hidden.0.weight, hidden.0.bias, hidden.1.weight, hidden.1.bias, "
        "head.weight, head.bias."
    )


@every_kind
@pytest.mark.parametrize("lanes", [1, 3])
def test_weight_decay_acts_on_matrices_only(kind: str, lanes: int) -> None:
    flat = FlatParameters(ours(kind, lanes))
    mask = flat.decay_mask()
    solo = dict(ours(kind).named_parameters())
    if kind == "bigram":
        assert mask is None  # everywhere
        return
    assert mask is not None
    for name, (start, end) in flat.spans.items():
        assert mask[start:end].unique().tolist() == [float(solo[name].dim() >= 2)], name
