"""`lrtui bench` from the outside."""

import json

import pytest
import torch
from typer.testing import CliRunner

from lrtui.bench.rows import ROWS, choose
from lrtui.bench.table import HEADING
from lrtui.cli.commands import app
from lrtui.errors import UsageError

runner = CliRunner()
QUICK = ["--seconds", "0.01", "--rounds", "1"]


def test_the_table(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = runner.invoke(app, ["bench", "names-bigram-sgd", *QUICK], catch_exceptions=False)
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert f"torch {torch.__version__}, CPU, 1 thread" in result.output
    assert lines[-2] == HEADING
    assert lines[-1].startswith("names-bigram-sgd")
    assert list(tmp_path.iterdir()) == []  # the run it trained is gone


def test_json_is_one_object_a_row_and_nothing_else():
    result = runner.invoke(app, ["bench", "lstm-layers", "names-bigram-sgd", *QUICK, "--json"], catch_exceptions=False)
    told = [json.loads(line) for line in result.output.splitlines()]
    assert [row["row"] for row in told] == ["names-bigram-sgd", "lstm-layers"]  # in the bench's order
    assert all(row["ratio"] > 0 and len(row["ours"]) == 1 for row in told)


def test_an_unknown_row_is_a_sentence():
    with pytest.raises(UsageError, match="no row 'names-mpl'") as caught:
        runner.invoke(app, ["bench", "names-mpl"], catch_exceptions=False, standalone_mode=False)
    assert "Did you mean names-mlp" in caught.value.hint
    assert choose([]) == list(ROWS)


def test_the_beginning_of_a_name_is_the_name_of_several_rows():
    assert [row.name for row in choose(["sweep"])] == ["sweep-16", "sweep-64-halving", "sweep-16-runs"]
    assert [row.name for row in choose(["lstm"])] == ["lstm"]
