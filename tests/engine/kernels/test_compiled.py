"""The compiled kernel is autograd's step to rounding, and the same bits however the steps are cut into calls."""

import pytest
import torch

from lrtui.config.schema import Config
from lrtui.engine.device import fingerprint
from lrtui.engine.kernels.choose import compiler, why_not_compiled
from lrtui.engine.kernels.compiled import CompiledKernel
from lrtui.engine.step import TrainStep
from lrtui.errors import ConfigError, DeviceError
from lrtui.runs.checkpoints import Progress
from tests.engine.kernels.test_hand import GROUPS, STEPS, TOLERANCE, rate_of, state_of
from tests.small import small_config, small_workplace


@pytest.fixture
def has_compiler() -> None:
    """Asked when a test runs: loading what knows it takes seconds."""
    if not compiler():
        pytest.skip("there is no C++ compiler on this machine")


#: a program takes seconds to make: each model and each optimizer once, with every option somewhere
CASES = {
    "bigram, AdamW": small_config("bigram", "adamw", optim={"clip": 0.0}),
    "mlp, Adam, groups, clipped": small_config("mlp", "adam", optim={"clip": 0.3, "groups": GROUPS}),
    "gpt, Nesterov": small_config("gpt", "sgd", model={"layers": 1}, optim={"nesterov": True}),
}


def train(state: TrainStep, sizes: list[int]) -> list[torch.Tensor]:
    """Losses and norms of as many calls as there are `sizes`, and the state after them."""
    step, made = 0, []
    # at larger rates a transformer parts from itself when the last bit of a weight is another one
    share = 0.1 if state.config.model.kind == "gpt" else 1.0
    for size in sizes:
        rates = [share * rate_of(state.config, 1, at) for at in range(step, step + size)]
        made.append(state.kernel.train(step, rates, [None] * size))
        step += size
    losses, norms = zip(*made, strict=True)
    return [torch.cat(losses), torch.cat(norms), state.flat.values, *state.optimizer.buffers.values()]


@pytest.mark.usefixtures("has_compiler")
@pytest.mark.parametrize("config", CASES.values(), ids=CASES)
def test_it_is_autograd_to_a_millionth_however_steps_are_cut_into_calls(config: Config) -> None:
    compiled, autograd = state_of("compiled", config), state_of("autograd", config)
    assert isinstance(compiled.kernel, CompiledKernel)
    start = compiled.capture(Progress())
    whole = [t.clone() for t in train(compiled, [STEPS])]
    for ours, theirs in zip(whole, train(autograd, [STEPS]), strict=True):
        assert ours.shape == theirs.shape
        assert float((ours - theirs).abs().max()) <= TOLERANCE * max(1.0, float(theirs.abs().max()))
    compiled.restore(start)
    for ours, again in zip(whole, train(compiled, [1, 7, STEPS - 9, 1]), strict=True):
        assert torch.equal(ours, again)


@pytest.mark.parametrize(
    ("config", "device", "reason"),
    [
        (small_config("lstm"), "cpu", 'model.kind = "lstm" is a fused operation already'),
        (small_config("mlp", model={"dropout": 0.1}), "cpu", "it has no dropout"),
        (small_config("gpt"), "mps", "it trains on the CPU and on CUDA devices, not on mps"),
        (small_config("gpt"), "cuda", ""),
    ],
)
def test_why_there_is_none(config: Config, device: str, reason: str) -> None:
    assert why_not_compiled(config, device) == reason


def test_without_a_compiler_it_is_refused_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lrtui.engine.kernels.choose.compiler", lambda: "")
    with pytest.raises(ConfigError, match=r'"compiled": there is no C\+\+ compiler that PyTorch can use'):
        small_workplace(small_config("mlp", train={"kernel": "compiled"}))


@pytest.mark.usefixtures("has_compiler")
def test_a_step_that_does_not_compile_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("no space left\nand a page of it")

    state = state_of("compiled", small_config("bigram"))
    monkeypatch.setattr(torch, "compile", fail)
    with pytest.raises(DeviceError, match=r"could not be compiled: no space left\nUse"):
        state.kernel.train(0, [0.1], [None])


@pytest.mark.usefixtures("has_compiler")
def test_the_compiler_is_in_the_fingerprint() -> None:
    place = small_workplace(small_config("bigram", train={"kernel": "compiled"}))
    assert fingerprint(place.config, place.device)["kernel"] == f"compiled {compiler()} flat-adam"
    assert any("compiled before the first" in note for note in place.notes)
