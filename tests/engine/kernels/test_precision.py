"""`auto` takes what a trial finds faster, writes it down and says so; nothing of the trial stays."""

import pytest
import torch

from lrtui.engine import build
from lrtui.engine.kernels.precision import measure_precision, precision_sentence
from lrtui.models.gpt import attend
from tests.small import small_config, small_workplace


class Timed:
    """A kernel that takes `seconds` on a clock of its own."""

    def __init__(self, clock: list[float], seconds: float) -> None:
        self.clock, self.seconds = clock, seconds

    def train(self, step: int, rates: list[float], *_: object) -> tuple[torch.Tensor, torch.Tensor]:
        self.clock[0] += self.seconds * (3.0 if step == 2 else 1.0)  # another program gets in the way once
        return torch.zeros(len(rates)), torch.zeros(len(rates), 1)


def test_the_gain_is_that_of_the_quickest_turns() -> None:
    clock = [0.0]
    gain = measure_precision(lambda p: Timed(clock, 3.0 if p == "fp32" else 2.0), lambda: clock[0])  # type: ignore[arg-type,return-value]
    assert gain == pytest.approx(1.5)
    assert "1.50 times as fast" in precision_sentence(gain)


@pytest.mark.parametrize(("gain", "taken"), [(1.7, "bf16"), (1.05, "fp32")])
def test_the_choice_is_settled_and_said(gain: float, taken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "TINY_STEP", 1.0)
    monkeypatch.setattr(build, "measure_precision", lambda kernel_in: gain)
    place = small_workplace(small_config("lstm", train={"precision": "auto"}))
    assert place.config.train.precision == taken
    assert place.train.bf16 == (taken == "bf16")
    assert place.notes == (precision_sentence(gain),)
    assert place.notes[0].endswith(f"taken: {taken}")


def test_a_real_trial_leaves_the_model_as_its_seed_makes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "TINY_STEP", 1.0)
    tried = small_workplace(small_config("lstm", train={"precision": "auto"}))
    assert len(tried.notes) == 1
    untried = small_workplace(small_config("lstm", train={"precision": tried.config.train.precision}))
    for place in (tried, untried):
        place.train.kernel.train(0, [0.01] * 3, [None] * 3)
    assert torch.equal(tried.train.flat.values, untried.train.flat.values)


def test_a_tiny_model_is_not_tried() -> None:
    place = small_workplace(small_config("mlp", train={"precision": "auto"}))
    assert (place.config.train.precision, place.config.train.kernel, place.notes) == ("fp32", "hand", ())


def test_attention_in_bf16_is_the_same_attention() -> None:
    generator = torch.Generator().manual_seed(0)
    q, k, v = (torch.randn(2, 3, 16, 8, generator=generator) for _ in range(3))
    exact = attend(q, k, v)
    rough = attend(q.bfloat16(), k.bfloat16(), v.bfloat16())
    assert rough.dtype == torch.bfloat16
    torch.testing.assert_close(rough.float(), exact, atol=0.03, rtol=0.03)
    changed = v.clone()
    changed[:, :, 9:] = 7.0  # what comes later is not seen
    later = attend(q.bfloat16(), k.bfloat16(), changed.bfloat16())
    assert torch.equal(later[:, :, :9], rough[:, :, :9])
