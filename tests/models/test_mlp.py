"""The MLP: tanh's initialisation, and a context whose order matters."""

import math

import pytest
import torch

from lrtui.models.mlp import MLP


def test_starts_as_makemore_does() -> None:
    model = MLP(64, context=3, embed=32, hidden=256, layers=2)
    model.reset(0)
    first, second = (model.hidden[i].weight.std().item() for i in (0, 1))
    assert first == pytest.approx((5 / 3) / math.sqrt(96), rel=0.02)
    assert second == pytest.approx((5 / 3) / math.sqrt(256), rel=0.02)
    assert not any(layer.bias.any() for layer in model.hidden)
    assert model.embed.weight.std().item() == pytest.approx(1.0, rel=0.05)
    assert model.head.weight.abs().max().item() <= 1 / math.sqrt(256)


def test_the_order_of_the_context_matters() -> None:
    model = MLP(5, context=3, embed=4, hidden=8)
    model.reset(0)
    forth, back = model(torch.tensor([[1, 2, 3]]))[0], model(torch.tensor([[3, 2, 1]]))[0]
    assert not torch.allclose(forth, back, atol=1e-3)
