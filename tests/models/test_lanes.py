"""The lane-aware layers: standard initialisations, and a dropout that keeps no state of its own."""

import math

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lrtui.models.lanes import Dropout, Embedding, LayerNorm, Linear, Recurrent

BIG = 256  # wide enough that a sample's spread is within 2 % of the distribution's


def drawn(layer: Linear | Embedding | LayerNorm | Recurrent) -> dict[str, Tensor]:
    layer.reset(torch.Generator().manual_seed(0))
    return {name: parameter.detach() for name, parameter in layer.named_parameters()}


def assert_uniform(values: Tensor, bound: float) -> None:
    """Spread over ±bound as a uniform distribution is, within what chance allows for that many values."""
    n = values.numel()
    assert values.abs().max().item() <= bound
    assert values.max().item() > bound * (1 - 20 / n)
    assert values.min().item() < -bound * (1 - 20 / n)
    assert values.mean().item() == pytest.approx(0.0, abs=4 * bound / math.sqrt(3 * n))
    assert values.std().item() == pytest.approx(bound / math.sqrt(3), rel=4 * math.sqrt(0.2 / n))


def test_linear_starts_as_nn_linear_does() -> None:
    ours = drawn(Linear(BIG, 200, lanes=1))
    assert_uniform(ours["weight"], 1 / math.sqrt(BIG))
    assert_uniform(ours["bias"], 1 / math.sqrt(BIG))
    theirs = nn.Linear(BIG, 200)
    assert ours["weight"].std().item() == pytest.approx(theirs.weight.std().item(), rel=0.02)


def test_linear_without_bias_has_none() -> None:
    assert drawn(Linear(4, 3, lanes=1, bias=False)).keys() == {"weight"}


def test_embedding_starts_as_nn_embedding_does() -> None:
    weight = drawn(Embedding(BIG, BIG, lanes=1))["weight"]
    assert weight.std().item() == pytest.approx(1.0, rel=0.02)
    assert weight.mean().item() == pytest.approx(0.0, abs=0.02)
    assert drawn(Embedding(BIG, BIG, lanes=1, std=0.02))["weight"].std().item() == pytest.approx(0.02, rel=0.02)


def test_layer_norm_starts_as_the_identity() -> None:
    norm = drawn(LayerNorm(8, lanes=2))
    assert torch.equal(norm["weight"], torch.ones(2, 8))
    assert torch.equal(norm["bias"], torch.zeros(2, 8))


@pytest.mark.parametrize(("kind", "theirs"), [("rnn", nn.RNN), ("lstm", nn.LSTM), ("gru", nn.GRU)])
def test_recurrent_starts_as_torchs_does(kind: str, theirs: type[nn.RNNBase]) -> None:
    ours = drawn(Recurrent(kind, 48, 64, lanes=1))
    reference = theirs(48, 64)
    for name, values in ours.items():
        assert values.shape == getattr(reference, f"{name}_l0").shape
        assert_uniform(values, 1 / math.sqrt(64))


def test_layer_norm_of_lanes_normalises_each() -> None:
    generator = torch.Generator().manual_seed(2)
    norm = LayerNorm(6, lanes=3)
    x, weight, bias = (torch.randn(*shape, generator=generator) for shape in ((3, 4, 5, 6), (3, 6), (3, 6)))
    norm.weight.data, norm.bias.data = weight, bias
    y = norm(x)
    for i in range(3):
        torch.testing.assert_close(y[i], F.layer_norm(x[i], (6,), weight[i], bias[i]), atol=1e-6, rtol=1e-5)


def test_linear_of_lanes_takes_any_number_of_axes() -> None:
    generator = torch.Generator().manual_seed(2)
    layer = Linear(6, 2, lanes=3)
    drawn(layer)
    layer.weight.data += torch.arange(3.0).view(3, 1, 1)
    for shape in ((3, 4, 6), (3, 4, 5, 6)):
        x = torch.randn(*shape, generator=generator)
        y = layer(x)
        assert y.shape == (*shape[:-1], 2)
        for i in range(3):
            wanted = F.linear(x[i], layer.weight[i], layer.bias[i])
            torch.testing.assert_close(y[i], wanted, atol=1e-5, rtol=1e-5)


def test_dropout_zeroes_its_share_and_keeps_the_mean() -> None:
    layer = Dropout(0.3, 1, torch.Generator().manual_seed(0))
    y = layer(torch.ones(100, 1000))
    values = y.unique()
    torch.testing.assert_close(values, torch.tensor([0.0, 1 / 0.7]))
    assert (y == 0).double().mean().item() == pytest.approx(0.3, abs=0.005)
    assert y.mean().item() == pytest.approx(1.0, abs=0.01)


def test_dropout_passes_the_gradient_where_it_passes_the_value() -> None:
    layer = Dropout(0.5, 1, torch.Generator().manual_seed(0))
    x = torch.ones(50, requires_grad=True)
    y = layer(x)
    y.sum().backward()
    assert torch.equal(x.grad, y.detach())


def test_dropout_draws_from_its_own_generator_only() -> None:
    generator = torch.Generator().manual_seed(0)
    layer = Dropout(0.5, 1, generator)
    everyone, own = torch.get_rng_state(), generator.get_state()
    layer(torch.ones(50))
    assert torch.equal(everyone, torch.get_rng_state())
    assert not torch.equal(own, generator.get_state())


@pytest.mark.parametrize("p", [0.0, 0.5])
def test_dropout_that_does_nothing_draws_nothing(p: float) -> None:
    generator = torch.Generator().manual_seed(0)
    layer = Dropout(p, 1, generator)
    layer.train(p == 0.0)
    before, x = generator.get_state(), torch.ones(50)
    assert layer(x) is x
    assert torch.equal(before, generator.get_state())
