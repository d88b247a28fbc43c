"""`lrtui bench` from the outside."""

import json

import pytest
import torch
from typer.testing import CliRunner

from lrtui.bench.loop_process import LoopError
from lrtui.bench.peers import PEERS
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


def bench(*arguments):
    return runner.invoke(app, ["bench", *arguments], catch_exceptions=False, standalone_mode=False)


def test_a_missing_library_is_told_in_its_row_and_the_bench_goes_on(monkeypatch):
    monkeypatch.setattr("lrtui.bench.peers.find_spec", lambda module: None)
    monkeypatch.setattr("lrtui.bench.sides.measure", lambda *arguments: pytest.fail("there is nothing to measure"))
    told = bench("peers").output
    assert told.count("not installed (pip install fastai)") == 3
    assert "not installed: lightning, fastai, transformers, torch-lr-finder.\n" in told
    rows = [json.loads(line) for line in bench("peers", "--json").output.splitlines()]
    assert len(rows) == len(choose(["peers"]))
    assert {row["missing"] for row in rows} == {f"not installed (pip install {peer})" for peer in PEERS}


def test_a_broken_library_is_told_in_its_row_and_spoils_no_other(monkeypatch):
    def broken(row, *arguments):
        raise LoopError(f"the loop of {row.peer or 'ours'} has ended (exit 1): ImportError: no")

    monkeypatch.setattr("lrtui.bench.peers.find_spec", lambda module: module)
    monkeypatch.setattr("lrtui.bench.sides.measure", broken)
    assert bench("peers").output.count("has ended (exit 1): ImportError: no") == len(choose(["peers"]))
    with pytest.raises(LoopError):
        bench("lstm")
