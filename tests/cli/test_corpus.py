"""`lrtui corpus list` and `add` as a person types them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lrtui.cli.corpus import app
from lrtui.errors import CorpusError, UsageError

TEXT = "to be or not to be, that is the question\n" * 3


def call(*words: str) -> str:
    result = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_list_shows_what_there_is(tmp_path: Path) -> None:
    (tmp_path / "corpora").mkdir()
    (tmp_path / "corpora" / "mine.txt").write_text(TEXT)
    lines = call("list", "--home", str(tmp_path)).splitlines()
    assert [line.split()[0] for line in lines] == [
        "count", "sums", "python", "unicode", "names", "shakespeare", "mine",
    ]  # fmt: skip
    assert "built in" in lines[0]
    assert "to download" in lines[4]
    assert "228 kB" in lines[4]
    assert "added" in lines[6]
    assert "123 B" in lines[6]


def test_list_as_json_is_one_object_a_line(tmp_path: Path) -> None:
    entries = [json.loads(line) for line in call("list", "--json", "--home", str(tmp_path)).splitlines()]
    assert {e["name"]: e["ready"] for e in entries} == {
        "count": True, "sums": True, "python": True, "unicode": True, "names": False, "shakespeare": False,
    }  # fmt: skip


def test_the_home_comes_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LRTUI_HOME", str(tmp_path / "home"))
    (tmp_path / "hamlet.txt").write_text(TEXT)
    output = call("add", str(tmp_path / "hamlet.txt"))
    assert "hamlet is ready: 123 B" in output
    assert "lrtui run --set corpus.name=hamlet" in output
    assert (tmp_path / "home" / "corpora" / "hamlet.txt").read_text() == TEXT


def test_what_is_no_text_can_be_learned_by_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "picture.bin").write_bytes(TEXT.encode() + b"\x00\xff")
    output = call("add", str(tmp_path / "picture.bin"), "--home", str(tmp_path))
    assert "corpus picture looks binary: byte 123 is NUL. Train on its bytes: lrtui run --set" in output
    assert output.endswith("corpus.name=picture --set corpus.vocab=byte\n")


@pytest.mark.parametrize(("source", "error"), [("count", UsageError), ("gone.txt", CorpusError)])
def test_problems_are_sentences_for_the_caller(source: str, error: type[Exception], tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["add", source, "--home", str(tmp_path)])
    assert isinstance(result.exception, error)


def test_help_loads_nothing_heavy() -> None:
    heavy = ("torch", "pooch", "requests", "numpy", "textual", "lrtui.text.corpus")
    code = f"import sys, lrtui.cli.corpus; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr
