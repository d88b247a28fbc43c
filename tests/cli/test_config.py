"""`lrtui config …` and `lrtui presets` from the outside."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import tomli
import typer
from typer.testing import CliRunner

from lrtui.cli.config import app, presets
from lrtui.config.load import load_config, load_run_config
from lrtui.errors import ConfigError, DiskError, UsageError

ROOT = Path(__file__).parents[2]
runner = CliRunner()


def run(*words: str) -> str:
    result = runner.invoke(app, list(words), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_init_writes_what_show_shows(tmp_path):
    assert run("init") == "wrote lrtui.toml, made from the preset quickstart\n"
    shown, made = tomli.loads(run("show", "lrtui.toml")), tomli.loads(run("show"))
    assert made.pop("preset") == "quickstart"
    assert shown == made


def test_init_takes_a_preset_and_sets(tmp_path):
    run("init", "mine.toml", "--preset", "names-mlp", "--set", "optim.lr=0.5", "--set", "corpus.path=a b.txt")
    config = load_config(tmp_path / "mine.toml")
    assert (config.model.hidden, config.optim.lr, config.corpus.path) == (100, 0.5, "a b.txt")


def test_init_does_not_overwrite_unless_told(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("precious")
    with pytest.raises(UsageError, match="exists already"):
        run("init", "mine.toml")
    assert path.read_text() == "precious"
    run("init", "mine.toml", "--force")
    assert load_config(path) == load_config(path, sets=["train.seed=1337"])


def test_init_says_when_it_cannot_write():
    with pytest.raises(DiskError, match="cannot be written: No such file or directory"):
        run("init", "no/such/folder.toml")


def test_show_is_toml_that_loads_back_equal(tmp_path):
    text = run("show", "--preset", "shakespeare-gpt", "--set", "optim.lr=0.002")
    (tmp_path / "shown.toml").write_text(text)
    assert load_config(tmp_path / "shown.toml") == load_config(preset="shakespeare-gpt", sets=["optim.lr=0.002"])


def test_show_as_json():
    assert json.loads(run("show", "--json"))["optim"]["lr"] == load_run_config().optim.lr


def test_show_raises_the_sentences():
    with pytest.raises(ConfigError, match=r"^--set optim\.lr=-1: must be > 0, got -1"):
        run("show", "--set", "optim.lr=-1")


def test_markup_in_values_is_text():
    assert 'prompt = "[/b][red]x"' in run("show", "--set", "sample.prompt=[/b][red]x")


def test_schema_is_json_and_keys_are_for_reading():
    assert json.loads(run("schema"))["title"] == "Config"
    assert "train.batch: whole number" in run("schema", "--keys")


def test_path_is_the_users_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert "lrtui" in run("path")


def test_presets_have_a_line_each():
    listing = typer.Typer()
    listing.command()(presets)
    lines = runner.invoke(listing, []).output.splitlines()
    assert lines[0].startswith("quickstart ")
    assert len(lines) == 8
    first = json.loads(runner.invoke(listing, ["--json"]).output.splitlines()[0])
    assert first["name"] == "quickstart"
    assert first["description"]


def test_the_commands_load_nothing_heavy_until_they_run():
    code = (
        "import sys, lrtui.cli.config; print([m for m in ('pydantic', 'torch', 'numpy', 'tomli') if m in sys.modules])"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert output.strip() == "[]"
