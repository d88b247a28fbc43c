"""The form means what the command line means, never crashes, and loses nothing that was typed."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrtui.config.docs import field_docs
from lrtui.config.load import load_config, load_run_config, override
from lrtui.config.presets import preset_names
from lrtui.config.problems import value_at
from lrtui.config.schema import Config
from lrtui.config.toml import template_toml
from lrtui.errors import ConfigError, DiskError, UsageError
from lrtui.tui.form import Form

KEYS = tuple(doc.key for doc in field_docs())
keys = st.sampled_from(KEYS)
HINTS = (
    *("", " ", "0", "1", "-1", "3", "0.5", "1e-3", "nan", "inf", "true", "[1, 2]", "[]", '"x"', "'", "1" * 400),
    *("lstm", "gpt", "sgd", "cosine", "multistep", "plateau", "names", "a\nb = 2", "\x00", "\ud800", "[b]x[/b]"),
    "[{ match = 'a' }]",
)
likely = st.sampled_from(HINTS)
typed = st.one_of(likely, st.text(max_size=20), st.text(st.characters(), max_size=20))


def refusal(form: Form) -> str:
    with pytest.raises(ConfigError) as caught:
        form.checked()
    return caught.value.message


@given(keys, typed)
def test_whatever_is_typed_is_a_configuration_or_a_problem_of_that_key(key: str, text: str) -> None:
    form = Form()
    form.set(key, text)
    if form.config is None:
        assert form.problems[key]
        assert form.text(key) == text or form.doc(key).type == "whole number"
        assert key in refusal(form)
    else:
        assert form.problems == {}
        assert load_config_of(form.arguments()) == form.config


@given(st.lists(st.tuples(keys, typed), max_size=6))
def test_several_edits_are_a_configuration_or_problems_of_edited_keys(edits: list[tuple[str, str]]) -> None:
    form = Form()
    for key, text in edits:
        form.set(key, text)
    assert (form.config is None) == bool(form.problems)
    if form.config is None:
        assert form.problems.keys() & form.edits.keys()
        assert form.bad <= form.problems.keys()
    else:
        assert load_config_of(form.arguments()) == form.config
    for key in list(form.edits):
        form.reset(key)
    assert form.config == form.base


@given(keys, typed)
def test_a_trial_leaves_the_form_as_it_is(key: str, text: str) -> None:
    form = Form()
    form.set("optim.lr", "0.25")
    config = form.config
    trial = form.trial(key, text)
    assert form.edits == {"optim.lr": "0.25"}
    assert form.config is config
    assert trial.config is not form.config or trial.config == config


def load_config_of(arguments: list[str]) -> Config:
    """What `lrtui run` makes of these arguments."""
    assert arguments[0] == "run"
    flags = list(zip(arguments[1::2], arguments[2::2], strict=True))
    preset = next((value for flag, value in flags if flag == "--preset"), None)
    assert {flag for flag, _ in flags} <= {"--preset", "--set"}
    return load_run_config(None, preset, [value for flag, value in flags if flag == "--set"])


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_is_its_configuration_and_one_argument(name: str) -> None:
    form = Form()
    form.choose_preset(name)
    assert form.config == load_config(preset=name)
    assert form.arguments() == ["run", "--preset", name]
    assert form.edits == {}
    for key in KEYS:
        form.set(key, form.text(key))
    assert form.config == load_config(preset=name)


@pytest.mark.parametrize("preset", [None, "names-gpt", "a-preset-of-the-past"])
def test_the_arguments_of_any_configuration_make_exactly_that_one(preset: str | None) -> None:
    config = override(
        load_config(preset="names-gpt"),
        {
            "preset": preset,
            "corpus": {"path": "-a b=c.txt"},
            "schedule": {"kind": "step", "gamma": 0.5, "every": 7},
            "optim": {"groups": [{"match": "embed.*", "lr_scale": 0.1}]},
            "sample": {"prompt": ' "KING:\n\ttrue'},
        },
    )
    made = load_config_of(Form(config).arguments())
    known = preset if preset in preset_names() else None
    assert made == override(config, {"preset": known})


def test_a_key_that_the_preset_sets_can_be_unset(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_text('[corpus]\npath = "a.txt"\n[schedule]\nkind = "step"\ngamma = 0.5\n')
    form = Form()
    form.open(path)
    form.set("schedule.gamma", "")
    assert form.config is not None
    assert form.config.schedule.gamma is None
    assert load_config_of(form.arguments()) == form.config


def test_a_value_too_long_for_an_argument_is_refused() -> None:
    form = Form(override(Config(), {"sample": {"prompt": "x" * 200_000}}))
    with pytest.raises(UsageError, match=r"sample\.prompt is too long"):
        form.arguments()


def test_problems_are_told_in_the_words_of_the_command_line() -> None:
    form = Form()
    form.set("model.kind", "lst")
    assert form.problems["model.kind"].endswith("got 'lst', did you mean 'lstm'?")
    assert form.kinds["model"] == "lstm"
    form.set("preset", "quikstart")
    assert form.problems["preset"] == "there is no preset 'quikstart', did you mean quickstart?"
    form.reset("preset")
    form.reset("model.kind")
    assert form.config == form.base


def test_a_rule_between_keys_is_told_beside_both_and_refuses_neither() -> None:
    form = Form()
    form.set("schedule.warmup", "100")
    form.set("train.steps", "50")
    assert form.problems == {
        "schedule.warmup": "must be < train.steps (50), got 100",
        "train.steps": "schedule.warmup must be < train.steps (50), got 100",
    }
    assert form.bad == frozenset()
    form.set("schedule.warmup", "10")
    assert form.config is not None


def test_whole_numbers_are_typed_as_they_are_shown() -> None:
    form = Form()
    for text in ("5,000", "5k", "5_000", "5e3", " 5000 ", "5000.0"):
        form.set("train.steps", text)
        assert form.checked().train.steps == 5000, text
        assert form.text("train.steps") == "5000"
    form.set("train.steps", "4,000")
    assert form.edits == {}, "the preset has as many"
    for text in ("5,00", "1.5", "5 k", "5kk"):
        form.set("train.steps", text)
        assert form.text("train.steps") == text
        assert "must be a whole number" in form.problems["train.steps"]


def test_the_value_of_the_base_is_no_edit() -> None:
    form = Form()
    form.set("optim.lr", "0.5")
    form.set("optim.lr", " 0.004 ")
    assert form.edits == {}


def test_a_path_takes_the_place_of_the_name_and_back() -> None:
    form = Form()
    form.set("corpus.path", "a.txt")
    assert form.text("corpus.name") == ""
    assert form.checked().corpus.name is None
    form.set("corpus.name", "names")
    assert form.text("corpus.path") == ""
    assert form.checked().corpus.name == "names"
    form.reset("corpus.path")
    assert form.text("corpus.name") == "python"


def test_another_preset_under_the_edits() -> None:
    form = Form()
    form.set("optim.lr", "0.25")
    form.set("preset", "names-mlp")
    assert form.checked() == override(load_config(preset="names-mlp"), {"optim": {"lr": 0.25}})
    form.choose_preset("names-mlp")
    assert form.checked() == load_config(preset="names-mlp")
    form.set("preset", "")
    assert form.checked() == Config()


def test_saved_and_opened_it_is_the_same_but_for_the_preset(tmp_path: Path) -> None:
    form = Form()
    form.set("sample.prompt", '"a\\nb"')
    form.set("optim.lr", "0.25")
    path = tmp_path / "run.toml"
    form.save(path)
    assert path.read_text() == template_toml(form.checked())
    other = Form()
    other.open(path)
    assert other.config == override(form.checked(), {"preset": None})
    assert other.text("sample.prompt") == '"a\\nb"'
    with pytest.raises(UsageError, match="exists already"):
        form.save(path)
    form.save(path, replace=True)


def test_what_cannot_be_saved_or_opened_leaves_the_form(tmp_path: Path) -> None:
    form = Form()
    form.set("optim.lr", "abc")
    with pytest.raises(ConfigError, match=r"optim\.lr: must be a number"):
        form.save(tmp_path / "run.toml")
    assert list(tmp_path.iterdir()) == []
    bad = tmp_path / "bad.toml"
    bad.write_text("[optim]\nlrr = 1\n")
    with pytest.raises(ConfigError, match=r"bad\.toml:2: optim\.lrr: unknown key, did you mean optim\.lr"):
        form.open(bad)
    assert form.edits == {"optim.lr": "abc"}
    with pytest.raises(DiskError, match="cannot be written"):
        Form().save(tmp_path / "no-such-folder" / "run.toml")


@pytest.mark.parametrize("key", KEYS)
def test_a_base_text_typed_is_the_base_value(key: str) -> None:
    form = Form(
        override(Config(), {"schedule": {"gamma": 0.5}, "sample": {"prompt": "1"}, "corpus": {"name": "count"}})
    )
    trial = form.trial(key, form.base_text(key))
    if key != "preset":
        assert value_at(trial.checked(), key) == value_at(form.base, key)
