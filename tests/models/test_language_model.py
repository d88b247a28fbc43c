"""Every family against the same model from plain torch.nn modules, and what all families promise alike."""

import math

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from lrtui.config.schema import ModelConfig
from lrtui.models.language_model import LanguageModel, build_model
from tests.models.plain import EMBED, HIDDEN, KINDS, B, T, V, ours, plain, tokens

every_kind = pytest.mark.parametrize("kind", KINDS)


def loss_of(logits: Tensor, y: Tensor) -> Tensor:
    return F.cross_entropy(logits.flatten(0, -2), y.flatten())


@every_kind
def test_logits_equal_those_of_plain_modules(kind: str) -> None:
    model = ours(kind, scramble=1)
    x, y = tokens(kind)
    logits, _ = model(x)
    assert logits.shape == (*y.shape, V)
    torch.testing.assert_close(logits, plain(kind, model)(x), atol=1e-6, rtol=1e-6)


@every_kind
def test_gradients_equal_those_of_plain_modules(kind: str) -> None:
    model = ours(kind, scramble=2)
    reference = plain(kind, model)
    x, y = tokens(kind)
    loss_of(model(x)[0], y).backward()
    loss_of(reference(x), y).backward()
    theirs = dict(reference.pairs())
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None
        assert bool(parameter.grad.abs().sum() > 0), name
        torch.testing.assert_close(parameter.grad, theirs[name].grad, atol=1e-5, rtol=1e-5, msg=name)


@every_kind
def test_parameters_are_counted_as_plain_modules_count_them(kind: str) -> None:
    model = ours(kind)
    # parameters() of an nn.Module yields a tied parameter once
    assert model.parameter_count() == sum(p.numel() for p in plain(kind, model).parameters())
    assert ours(kind, lanes=3).parameter_count() == model.parameter_count()


@pytest.mark.parametrize(
    ("config", "vocabulary", "block", "count"),
    [
        # makemore's own figure: 54 + (600 + 100) + (2700 + 27)
        ({"kind": "mlp", "context": 3, "embed": 2, "hidden": 100}, 27, 8, 3481),
        ({"kind": "bigram"}, 27, 8, 27 * 27),
        ({"kind": "rnn", "embed": 5, "hidden": 7}, 11, 8, 11 * 5 + 7 * (5 + 7 + 2) + 8 * 11),
        ({"kind": "gru", "embed": 5, "hidden": 7}, 11, 8, 11 * 5 + 3 * 7 * (5 + 7 + 2) + 8 * 11),
        (
            {"kind": "lstm", "embed": 5, "hidden": 7, "layers": 2},
            11,
            8,
            11 * 5 + 4 * 7 * (5 + 7 + 2) + 4 * 7 * (7 + 7 + 2) + 8 * 11,
        ),
        # token and place embeddings; per block 12 C² in matrices and two norms; a last norm; the head is tied
        (
            {"kind": "gpt", "hidden": 16, "layers": 3, "bias": False},
            11,
            8,
            (11 + 8) * 16 + 3 * (12 * 16**2 + 2 * 16) + 16,
        ),
        # biases: 3C + C + 4C + C in the linear layers, C in each norm
        (
            {"kind": "gpt", "hidden": 16, "layers": 3, "bias": True},
            11,
            8,
            (11 + 8) * 16 + 3 * (12 * 16**2 + 9 * 16 + 4 * 16) + 32,
        ),
        # nanoGPT's shakespeare_char on a CPU reports 0.80M without places, which are 64 · 128
        ({"kind": "gpt", "hidden": 128, "layers": 4, "bias": False}, 65, 64, 65 * 128 + 4 * (12 * 128**2 + 256) + 8320),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else None,
)
def test_parameter_counts_by_formula(config: dict[str, object], vocabulary: int, block: int, count: int) -> None:
    assert build_model(ModelConfig.model_validate(config), vocabulary, block, seed=0).parameter_count() == count


@pytest.mark.parametrize("kind", ["bigram", "mlp", "rnn", "lstm", "gru", "gpt"])
def test_a_configuration_reaches_the_model(kind: str) -> None:
    config = ModelConfig.model_validate(
        {"kind": kind, "embed": EMBED, "hidden": HIDDEN, "layers": 2, "heads": 2, "context": 3, "dropout": 0.25}
    )
    built = build_model(config, V, T, seed=0)
    wanted = ours(kind, dropout=0.25)
    assert {n: p.shape for n, p in built.named_parameters()} == {n: p.shape for n, p in wanted.named_parameters()}
    assert built.reads == wanted.reads
    rates = [m.p for m in built.modules() if hasattr(m, "p")]
    assert rates == [m.p for m in wanted.modules() if hasattr(m, "p")]
    assert all(rate == 0.25 for rate in rates)


@every_kind
def test_the_same_seed_means_the_same_weights(kind: str) -> None:
    first, again, other = ours(kind), ours(kind), ours(kind)
    torch.manual_seed(99)  # the global generator plays no part
    again.reset(0)
    other.reset(1)
    for name, parameter in first.named_parameters():
        assert torch.equal(parameter, again.get_parameter(name))
    if kind != "bigram":  # which starts at zero
        assert not torch.equal(first.get_parameter("embed.weight"), other.get_parameter("embed.weight"))


@every_kind
def test_initialising_leaves_the_global_generator_alone(kind: str) -> None:
    before = torch.get_rng_state()
    ours(kind)
    assert torch.equal(before, torch.get_rng_state())


@every_kind
def test_all_lanes_start_as_the_solo_model(kind: str) -> None:
    solo = ours(kind)
    for name, parameter in ours(kind, lanes=3).named_parameters():
        for lane in parameter:
            assert torch.equal(lane, solo.get_parameter(name)), name


@every_kind
def test_each_lane_is_the_solo_model_with_its_weights(kind: str) -> None:
    lanes = ours(kind, lanes=3, scramble=3)
    x, y = tokens(kind)
    logits, carry = lanes(x)
    assert logits.shape == (3, *y.shape, V)
    for i in range(3):
        alone, alone_carry = lane_of(lanes, i, ours(kind))(x)
        torch.testing.assert_close(logits[i], alone, atol=1e-5, rtol=1e-5)
        for ours_after, alone_after in zip(carry, alone_carry, strict=True):
            torch.testing.assert_close(ours_after[i], alone_after, atol=1e-6, rtol=1e-5)
    assert not torch.allclose(logits[0], logits[1], atol=0.1)


def lane_of(lanes: LanguageModel, lane: int, solo: LanguageModel) -> LanguageModel:
    for name, parameter in solo.named_parameters():
        parameter.data = lanes.get_parameter(name).data[lane].clone()
    return solo


@pytest.mark.parametrize("kind", ["mlp", "rnn", "lstm", "gru", "gpt"])
def test_dropout_is_the_same_in_every_lane_and_off_when_evaluating(kind: str) -> None:
    lanes, solo = ours(kind, lanes=2, dropout=0.5), ours(kind, dropout=0.5)
    x, _ = tokens(kind)
    for model in (lanes, solo):
        model.dropout_generator.manual_seed(4)
    first, alone = lanes(x)[0], solo(x)[0]
    torch.testing.assert_close(first[0], alone, atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(first[1], alone, atol=1e-6, rtol=1e-5)
    assert not torch.allclose(alone, solo(x)[0], atol=1e-3)  # the generator has moved on
    solo.dropout_generator.manual_seed(4)
    assert torch.equal(alone, solo(x)[0])
    solo.eval()
    assert torch.equal(solo(x)[0], ours(kind)(x)[0])


@pytest.mark.parametrize("kind", ["bigram", "gpt"])
def test_the_first_loss_is_near_that_of_guessing(kind: str) -> None:
    x, y = tokens(kind, batch=64)
    first = loss_of(ours(kind)(x)[0], y).item()
    assert first == pytest.approx(math.log(V), abs=1e-6 if kind == "bigram" else 0.05)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device: moving a model is NOT checked here")
@pytest.mark.parametrize("kind", ["mlp", "lstm", "gpt"])
def test_a_model_moves_to_a_device_with_its_dropout(kind: str) -> None:
    device = torch.device("cuda")
    here, there = ours(kind, dropout=0.5), ours(kind, dropout=0.5).to_device(device)
    x, _ = tokens(kind, batch=B)
    there.dropout_generator.manual_seed(1)
    there(x.to(device))  # a mask from a generator of the CPU would be refused
    assert there.dropout_generator.device.type == "cuda"
    here.eval()
    there.eval()
    torch.testing.assert_close(there(x.to(device))[0].cpu(), here(x)[0], atol=1e-4, rtol=1e-4)
