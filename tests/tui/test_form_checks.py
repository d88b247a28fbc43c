"""What accepting a line would do is said before it is done, and a line that cannot be is refused with a sentence."""

import os
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrtui.config.load import load_config
from lrtui.config.toml import dump_toml
from lrtui.errors import ConfigError, LrtuiError, UsageError
from lrtui.runs.directory import create_run
from lrtui.tui.form import Form
from lrtui.tui.form_checks import (
    as_path,
    check_field,
    check_file_to_open,
    check_file_to_save,
    check_run_name,
    check_weights,
)


def preset(name: str) -> Form:
    return Form(load_config(preset=name), f"preset {name}")


def test_a_field_says_old_and_new_and_refuses_what_cannot_be() -> None:
    form = preset("quickstart")
    assert check_field(form, "optim.lr", "0.5") == "0.004 → 0.5"
    assert check_field(form, "optim.lr", "0.004") == "0.004"
    assert check_field(form, "schedule.gamma", "0.5") == "unset → 0.5"
    with pytest.raises(ConfigError, match=r"^must be > 0, got 0"):
        check_field(form, "optim.lr", "0")


def test_a_field_that_another_one_forbids_may_be_typed() -> None:
    assert check_field(preset("quickstart"), "schedule.warmup", "4000").startswith("must be < train.steps (4000)")


def test_a_name_that_is_taken_or_none_is_refused(tmp_path: Path) -> None:
    create_run(tmp_path, "quiet-otter")
    assert check_run_name(tmp_path, "") == "the name will be made up"
    assert check_run_name(tmp_path, " second ") == "the run will be called second"
    for name in ("quiet-otter", "../x", "-x"):
        with pytest.raises(UsageError):
            check_run_name(tmp_path, name)


def test_a_file_to_open_is_looked_into(tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_text(dump_toml(load_config(preset="shakespeare-lstm")))
    assert check_file_to_open(str(path)) == "lstm 2×256, shakespeare"
    path.write_text("[optim]\nlrr = 1\n")
    with pytest.raises(ConfigError, match=r"run\.toml:2: optim\.lrr: unknown key"):
        check_file_to_open(str(path))
    path.write_text("[optim]\nlrr = 1\nlr = -1\n")
    with pytest.raises(ConfigError, match=r":3: optim\.lr: must be > 0") as caught:
        check_file_to_open(str(path))
    assert "\n" not in caught.value.sentence
    os.mkfifo(tmp_path / "pipe")  # reading it would wait for ever
    for other in (tmp_path, tmp_path / "none.toml", tmp_path / "pipe"):
        with pytest.raises(LrtuiError):
            check_file_to_open(str(other))


def test_a_file_to_save_says_whether_it_replaces_one(tmp_path: Path) -> None:
    form = preset("quickstart")
    assert check_file_to_save(form, str(tmp_path / "new.toml")) == "writes a new file"
    (tmp_path / "old.toml").write_text("")
    assert check_file_to_save(form, str(tmp_path / "old.toml")) == "replaces the file that is there"
    for other in (tmp_path, tmp_path / "none" / "x.toml"):
        with pytest.raises(UsageError):
            check_file_to_save(form, str(other))
    form.set("optim.lr", "x")
    with pytest.raises(ConfigError, match=r"optim\.lr: must be a number"):
        check_file_to_save(form, str(tmp_path / "new.toml"))


def test_weights_are_those_of_a_run_and_what_keeps_them_from_fitting_is_told(tmp_path: Path) -> None:
    run = create_run(tmp_path, "quiet-otter")
    run.config_toml.write_text(dump_toml(load_config(preset="shakespeare-lstm")))
    form = preset("shakespeare-lstm")
    assert check_weights(tmp_path, form, "") == "begins with fresh weights"
    assert check_weights(tmp_path, form, "quiet-otter@40") == "begins with the weights of quiet-otter at step 40"
    form.set("model.layers", "3")
    form.set("model.heads", "7")
    assert check_weights(tmp_path, form, "quiet-otter") == (
        "the weights of quiet-otter, its newest checkpoint do not fit, nothing would start: model.layers is 2 there"
    )
    with pytest.raises(UsageError, match="'x' is no step"):
        check_weights(tmp_path, form, "quiet-otter@x")
    with pytest.raises(UsageError, match="there is no run"):
        check_weights(tmp_path, form, "quiet-oter")


@given(st.text(max_size=30))
def test_no_line_crashes_a_check(text: str) -> None:
    form = preset("count-rnn")
    home = Path("/nonexistent")
    for check in (
        lambda: check_run_name(home, text),
        lambda: check_weights(home, form, text),
        lambda: check_file_to_open(f"/nonexistent/{text}"),
        lambda: check_file_to_save(form, f"/nonexistent/{text}"),
        lambda: check_field(form, "corpus.path", text),
        lambda: as_path(text),
    ):
        with suppress(LrtuiError):
            check()
