"""Recurrent models: a carried state continues a text as if it had been read in one go."""

import pytest
import torch

from tests.models.plain import HIDDEN, LAYERS, B, ours, plain, tokens

every_kind = pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])


@every_kind
def test_the_carry_equals_the_state_of_plain_modules(kind: str) -> None:
    model = ours(kind, scramble=1)
    x, _ = tokens(kind)
    _, carry = model(x)
    _, theirs = plain(kind, model).with_state(x)
    n = len(theirs)
    assert len(carry) == LAYERS * n
    for i, tensor in enumerate(theirs):  # ours are layer by layer, theirs stack the layers
        torch.testing.assert_close(torch.cat(carry[i::n]), tensor, atol=1e-6, rtol=1e-5)


@every_kind
@pytest.mark.parametrize("lanes", [1, 2])
def test_two_blocks_with_a_carry_equal_one_long_block(kind: str, lanes: int) -> None:
    model = ours(kind, lanes=lanes, scramble=1)
    x, _ = tokens(kind)
    whole, end = model(x)
    first, carry = model(x[:, :3])
    second, after = model(x[:, 3:], carry)
    torch.testing.assert_close(torch.cat([first, second], dim=-2), whole, atol=1e-5, rtol=1e-5)
    for ours_end, theirs in zip(after, end, strict=True):
        torch.testing.assert_close(ours_end, theirs, atol=1e-6, rtol=1e-5)
    forgotten, _ = model(x[:, 3:])
    assert not torch.allclose(forgotten, second, atol=1e-2)


@every_kind
def test_a_fresh_stream_starts_at_zero(kind: str) -> None:
    model = ours(kind, scramble=1)
    x, _ = tokens(kind)
    start = model.start(B)
    assert all(t.shape == (1, B, HIDDEN) and not t.any() for t in start)
    assert torch.equal(model(x, start)[0], model(x)[0])
