"""What is written down reads back as the same configuration, and shows nothing a terminal would obey."""

from pathlib import Path

import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st

from lrtui.config.docs import field_docs
from lrtui.config.load import load_config, override
from lrtui.config.presets import preset_names
from lrtui.config.schema import Config
from lrtui.config.toml import dump_toml, template_toml


def read_back(text: str, tmp_path: Path) -> Config:
    path = tmp_path / "run.toml"
    path.write_text(text, encoding="utf-8", newline="")
    return load_config(path)


@pytest.mark.parametrize("name", preset_names())
def test_dump_and_template_of_every_preset_read_back_equal(name, tmp_path):
    config = load_config(preset=name)
    assert read_back(dump_toml(config), tmp_path) == config
    assert read_back(template_toml(config), tmp_path) == override(config, {"preset": None})


texts = st.text(st.characters(codec="utf-8"), max_size=20)
configs = st.builds(
    lambda prompt, match, lr, eps, milestones, seed: override(
        Config(),
        {
            "sample": {"prompt": prompt},
            "optim": {"lr": lr, "eps": eps, "groups": [{"match": match, "lr_scale": 0.5}]},
            "schedule": {"milestones": milestones, "every": 3},
            "train": {"seed": seed},
        },
    ),
    texts,
    texts.filter(bool),
    st.floats(1e-300, 1e9),
    st.floats(min_value=0, exclude_min=True, allow_infinity=False),
    st.lists(st.integers(0, 10**12), max_size=3),
    st.integers(0, 2**63 - 1),
)


@given(configs)
def test_every_value_reads_back_exactly(config):
    data = tomli.loads(dump_toml(config))
    assert Config.model_validate(data) == config


@given(texts)
def test_nothing_written_reaches_the_terminal_as_a_command(prompt):
    text = dump_toml(
        override(Config(), {"sample": {"prompt": prompt}, "corpus": {"path": f"x{prompt.replace(chr(0), '')}"}})
    )
    assert all(c.isprintable() or c == "\n" for c in text)


def test_a_path_is_written_in_place_of_the_name(tmp_path):
    config = load_config(preset="names-mlp", sets=["corpus.path=a.txt"])
    assert tomli.loads(dump_toml(config))["corpus"].keys() == {"path", "mode", "vocab", "val_fraction"}
    assert read_back(dump_toml(config), tmp_path) == config


def test_the_template_explains_every_key():
    text = template_toml(Config())
    for doc in field_docs():
        assert doc.key == "preset" or f"# {doc.description}\n" in text
    assert '\n# path = "my-text.txt"\n' in text
    assert '# allowed: sgd | adam | adamw\nkind = "adam"\n' in text
