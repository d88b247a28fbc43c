"""Which kernel trains a run: the same one for the same config, said in the config and in the fingerprint."""

import pytest
import torch

from lrtui.config.load import override
from lrtui.engine.device import fingerprint
from lrtui.engine.kernels.choose import choose_kernel, why_not_by_hand
from lrtui.errors import ConfigError
from tests.small import FAMILIES, small_config, small_workplace


@pytest.mark.parametrize("kind", FAMILIES)
def test_tiny_models_that_have_one_train_by_hand(kind: str) -> None:
    wanted = "hand" if kind in ("bigram", "mlp") else "autograd"
    place = small_workplace(small_config(kind))
    assert place.config.train.kernel == wanted
    assert fingerprint(place.config, place.device)["kernel"].split()[0] == wanted


def test_what_it_rounds_with_is_in_the_fingerprint() -> None:
    place = small_workplace(small_config("mlp", "adamw"))
    first, *rest = fingerprint(place.config, place.device)["kernel"].split()
    assert first == "hand"
    assert rest[0].startswith("numpy-")
    assert rest[-1] == "flat-adamw"


def test_large_models_train_with_autograd_unless_they_are_told() -> None:
    config = small_config("mlp")
    assert choose_kernel(config, 10_000, "cpu") == "hand"
    assert choose_kernel(config, 100_000_000, "cpu") == "autograd"
    assert choose_kernel(override(config, {"train": {"kernel": "hand"}}), 100_000_000, "cpu") == "hand"
    assert choose_kernel(override(config, {"train": {"kernel": "autograd"}}), 10_000, "cpu") == "autograd"


@pytest.mark.parametrize(
    ("sections", "device", "reason"),
    [
        ({"model": {"kind": "lstm"}}, "cpu", 'model.kind = "lstm" has none'),
        ({}, "cuda", "it trains on the CPU, not on cuda"),
        ({"train": {"precision": "bf16"}}, "cpu", 'it trains in fp32, not in "bf16"'),
    ],
)
def test_why_there_is_none(sections: dict[str, dict[str, object]], device: str, reason: str) -> None:
    config = override(small_config("mlp"), sections)
    assert why_not_by_hand(config, device) == reason
    assert choose_kernel(config, 10_000, device) == "autograd"


def test_one_that_is_asked_for_and_missing_is_refused_in_a_sentence() -> None:
    with pytest.raises(ConfigError, match=r'train.kernel = "hand": model.kind = "gru" has none') as caught:
        small_workplace(small_config("gru", train={"kernel": "hand"}))
    assert "auto" in str(caught.value.hint)


def test_the_same_config_ends_in_the_same_bits() -> None:
    ends = []
    for _ in range(2):
        train = small_workplace(small_config("mlp")).train
        train.kernel.train(0, [0.01] * 30, [None] * 30)
        ends.append(train.flat.values)
    assert torch.equal(*ends)


def test_numpys_blas_keeps_to_the_threads_of_the_run() -> None:
    import ctypes

    import numpy

    from lrtui.engine.device import limit_blas

    core = numpy._core if hasattr(numpy, "_core") else numpy.core
    asked = getattr(ctypes.CDLL(core._multiarray_umath.__file__), "scipy_openblas_get_num_threads64_", None)
    if asked is None:
        pytest.skip("another BLAS")
    limit_blas(1)
    assert asked() == 1
