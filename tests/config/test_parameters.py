"""The count told by a form is the count of the real model."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrtui.config.load import load_config, override
from lrtui.config.parameters import parameter_count
from lrtui.config.presets import preset_names
from lrtui.config.schema import Config
from lrtui.models.language_model import build_model
from tests.small import FAMILIES

shapes = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(FAMILIES),
        "embed": st.integers(1, 9),
        "hidden": st.integers(1, 5).map(lambda n: 4 * n),
        "layers": st.integers(1, 4),
        "context": st.integers(1, 5),
        "heads": st.sampled_from((1, 2, 4)),
        "bias": st.booleans(),
        "dropout": st.sampled_from((0.0, 0.5)),
    }
)


def real_count(config: Config, vocabulary: int) -> int:
    return build_model(config.model, vocabulary, config.train.block, seed=1).parameter_count()


@given(shapes, st.integers(1, 40), st.integers(1, 20))
def test_it_is_that_of_the_real_model(model: dict[str, object], vocabulary: int, block: int) -> None:
    config = override(Config(), {"model": model, "train": {"block": block}})
    assert parameter_count(config, vocabulary) == real_count(config, vocabulary)


@pytest.mark.parametrize("name", preset_names())
def test_so_it_is_for_every_preset(name: str) -> None:
    config = load_config(preset=name)
    assert parameter_count(config, 65) == real_count(config, 65)


def test_the_names_mlp_has_3481() -> None:
    assert parameter_count(load_config(preset="names-mlp"), 27) == 3481
