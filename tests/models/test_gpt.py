"""The transformer: GPT-2's initialisation, causality, tied weights."""

import math

import pytest
import torch

from lrtui.models.gpt import GPT
from tests.models.plain import T, V, ours, tokens


def test_starts_as_gpt_2_does() -> None:
    model = GPT(256, 64, 128, layers=4, heads=4, bias=True)
    model.reset(0)
    for name, parameter in model.named_parameters():
        values = parameter.detach()
        if name.endswith("bias"):
            assert not values.any(), name
        elif "norm" in name:
            assert torch.equal(values, torch.ones_like(values)), name
        else:
            # what adds to the residual stream is scaled by 1/√(2 · layers)
            residual = name.endswith(("attention.out.weight", "down.weight"))
            std = 0.02 / math.sqrt(8) if residual else 0.02
            assert values.std().item() == pytest.approx(std, rel=0.03), name


def test_no_place_sees_what_comes_after_it() -> None:
    model = ours("gpt", scramble=1)
    x, _ = tokens("gpt")
    logits, _ = model(x)
    for place in range(1, T):
        changed = x.clone()
        changed[:, place] = (changed[:, place] + 1) % V
        moved = (model(changed)[0] - logits).abs().amax(dim=(0, 2))
        assert moved[:place].max().item() == 0.0
        assert bool((moved[place:] > 1e-4).all())


def test_reads_less_than_a_block() -> None:
    model = ours("gpt", scramble=1)
    x, _ = tokens("gpt")
    torch.testing.assert_close(model(x[:, :3])[0], model(x)[0][:, :3], atol=1e-5, rtol=1e-5)


def test_the_head_is_the_embedding() -> None:
    model = ours("gpt", scramble=1)
    x, _ = tokens("gpt")
    before, _ = model(x)
    model.embed.weight.data[V - 1] += 1.0
    unused = ~(x == V - 1).any(dim=1)
    assert bool(unused.any())
    # a row that no input uses moves its own logit and no other
    moved = (model(x)[0] - before)[unused].abs().amax(dim=(0, 1))
    assert moved[:-1].max().item() == 0.0
    assert moved[-1].item() > 0.1
