"""Which layer wins, what a preset brings, and how a configuration is changed."""

from pathlib import Path

import pytest

from lrtui.config.load import load_config, load_run_config, override, update
from lrtui.config.presets import preset_names, read_preset
from lrtui.config.schema import Config
from lrtui.config.toml import dump_toml
from lrtui.errors import ConfigError


@pytest.fixture
def write(tmp_path):
    def write(text):
        path = tmp_path / "run.toml"
        path.write_text(text)
        return path

    return write


def test_nothing_gives_the_defaults():
    assert load_config() == Config()


def test_defaults_then_preset_then_file_then_set(write):
    path = write("[optim]\nlr = 0.5\n[train]\nbatch = 7\n")
    config = load_config(path, "names-mlp", ["train.batch=9", "train.batch=11"])
    assert config.preset == "names-mlp"
    assert config.optim.eps == Config().optim.eps
    assert config.model.hidden == 100
    assert config.optim.lr == 0.5
    assert config.train.batch == 11


def test_the_file_names_its_preset_and_the_flag_and_set_may_name_another(write):
    path = write('preset = "names-gpt"\n')
    assert load_config(path).model.kind == "gpt"
    assert load_config(path, "names-bigram").model.kind == "bigram"
    assert load_config(path, "names-bigram", ["preset=count-rnn"]).model.kind == "rnn"
    assert load_config(path, "names-bigram").preset == "names-bigram"


def test_a_corpus_path_replaces_the_name_of_a_weaker_layer_and_the_other_way_round(write):
    config = load_config(preset="names-mlp", sets=["corpus.path=../data/names.txt"])
    assert (config.corpus.name, config.corpus.path, config.corpus.mode) == (None, "../data/names.txt", "lines")
    path = write('[corpus]\npath = "a.txt"\n')
    assert load_config(path, sets=["corpus.name=count"]).corpus == load_config(sets=["corpus.name=count"]).corpus
    config = load_config(sets=["corpus.name=count", "corpus.path=b.txt"])
    assert (config.corpus.name, config.corpus.path) == (None, "b.txt")


def test_without_any_configuration_a_run_trains_the_quick_start(write):
    assert load_run_config().preset == "quickstart"
    assert load_run_config(sets=["train.steps=3"]).preset == "quickstart"
    assert load_run_config(write("[train]\nsteps = 3\n")).preset is None
    assert load_run_config(sets=["preset=names-gpt"]).preset == "names-gpt"


def test_a_preset_given_as_a_file_is_pointed_out(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError) as caught:
        load_config(Path("names-mlp"))
    assert caught.value.hint == "The preset of that name is `--preset names-mlp`."


@pytest.mark.parametrize("steps", ["train.steps=1", "optim.lr=1e-9"])
def test_the_quick_start_bears_any_length_and_rate(steps):
    load_run_config(sets=[steps])


def test_a_complete_file_does_not_depend_on_its_preset(write):
    config = update(load_config(preset="names-gpt"), "preset", "a-preset-of-the-past")
    assert load_config(write(dump_toml(config))) == config


def test_a_complete_file_keeps_what_it_leaves_unset(write, monkeypatch):
    """A key that is unset in the file must not come back from the preset."""
    text = read_preset("names-gpt").text.replace('kind = "cosine"', 'kind = "step"\nevery = 10')
    preset = type(read_preset("names-gpt"))("names-gpt", "", text)
    monkeypatch.setattr("lrtui.config.load.read_preset", lambda name: preset)
    config = update(load_config(preset="names-gpt"), "schedule.every", None)
    loaded = load_config(write(dump_toml(config)))
    assert loaded.schedule.every is None
    assert loaded == config


def test_update_validates_again():
    config = update(Config(), "optim.lr", 0.5)
    assert config.optim.lr == 0.5
    assert config.train == Config().train
    with pytest.raises(ConfigError, match=r"^optim\.lr: must be > 0, got 0\n"):
        update(Config(), "optim.lr", 0)
    with pytest.raises(ConfigError, match=r"^schedule\.warmup: must be < train\.steps \(5000\), got 5000\n"):
        update(Config(), "schedule.warmup", 5000)
    with pytest.raises(ConfigError, match=r"^optim\.rate: unknown key"):
        update(Config(), "optim.rate", 0.1)


def test_update_of_the_corpus_keeps_one_of_name_and_path():
    config = update(Config(), "corpus.path", "a.txt")
    assert (config.corpus.name, config.corpus.path) == (None, "a.txt")
    assert update(config, "corpus.name", "count").corpus.path is None


def test_override_takes_json_as_commands_carry_it():
    changed = override(Config(), {"schedule": {"kind": "multistep", "milestones": [10, 20]}, "optim": {"lr": 1}})
    assert changed.lr_schedule()(15) == pytest.approx(0.1)


@pytest.mark.parametrize("name", preset_names())
def test_presets_load_without_a_problem_and_say_what_they_are(name):
    preset = read_preset(name)
    assert preset.text.startswith("# ")
    assert preset.description.endswith(".")
    assert "preset" not in preset.text.split()
    assert load_config(preset=name).preset == name


def test_the_presets_are_those_of_the_design():
    assert set(preset_names()) == {
        "quickstart", "count-rnn", "shakespeare-rnn", "shakespeare-lstm",
        "names-bigram", "names-mlp", "names-gpt", "shakespeare-gpt",
    }  # fmt: skip
    assert preset_names()[0] == "quickstart"


def test_names_mlp_has_the_shape_of_3481_parameters():
    model = load_config(preset="names-mlp").model
    v = 27  # 26 letters and the boundary
    embed, context, hidden = model.embed, model.context, model.hidden
    assert v * embed + (context * embed + 1) * hidden + (hidden + 1) * v == 3481


def test_nothing_on_the_right_of_a_set_unsets_what_can_be_unset(tmp_path):
    path = tmp_path / "run.toml"
    path.write_text('[schedule]\nkind = "step"\ngamma = 0.5\n')
    assert load_config(path, sets=["schedule.gamma="]).schedule.gamma is None
    assert load_run_config(sets=["preset="]) == Config()
    assert load_config(sets=["sample.prompt="]).sample.prompt == ""
    with pytest.raises(ConfigError, match=r"^--set optim\.lr=: must be a number, got ''"):
        load_config(sets=["optim.lr="])
