"""What a person can get wrong: each has a sentence that names the place, an exit code, and never a traceback."""

import sys
from pathlib import Path

import pytest

from lrtui.cli.app import main


@pytest.fixture(autouse=True)
def somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LRTUI_HOME", str(tmp_path))
    return tmp_path


def told(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str]:
    """The exit code of `lrtui ARGV…` and what it said on stderr."""
    sys.argv = ["lrtui", *argv]
    with pytest.raises(SystemExit) as end:
        main()
    return int(end.value.code or 0), capsys.readouterr().err


BINARY = bytes(range(256)) * 40
LATIN = ("Äpfel und Übermut, " * 60).encode("latin-1")

#: config.toml (or None), text.txt (or None), arguments, exit code, what the sentence must hold
TABLE: dict[str, tuple[str | None, bytes | None, list[str], int, list[str]]] = {
    "unknown key": ("[optim]\nlrr = 0.1\n", None, ["c.toml"], 65, ["c.toml:2", "optim.lrr", "optim.lr"]),
    "unknown section": ("[optimm]\nlr = 0.1\n", None, ["c.toml"], 65, ["c.toml:1", "optimm", "optim"]),
    "wrong type": ('[optim]\nlr = "fast"\n', None, ["c.toml"], 65, ["c.toml:2", "optim.lr", "number"]),
    "negative rate": ("[optim]\nlr = -1.0\n", None, ["c.toml"], 65, ["c.toml:2", "optim.lr", "> 0", "-1"]),
    "NaN": ("[optim]\nlr = nan\n", None, ["c.toml"], 65, ["c.toml:2", "optim.lr", "finite"]),
    "infinity": ("[optim]\nlr = inf\n", None, ["c.toml"], 65, ["c.toml:2", "optim.lr", "finite"]),
    "out of range": ("[model]\ndropout = 1.5\n", None, ["c.toml"], 65, ["c.toml:2", "model.dropout", "1.5"]),
    "no such choice": ('[model]\nkind = "lsmt"\n', None, ["c.toml"], 65, ["c.toml:2", "model.kind", "lstm", "gpt"]),
    "TOML syntax": ("[optim\nlr = 1\n", None, ["c.toml"], 65, ["c.toml:1"]),
    "two problems at once": (
        "[optim]\nlr = -1.0\n[train]\nbatch = 0\n",
        None,
        ["c.toml"],
        65,
        ["optim.lr", "train.batch"],
    ),
    "no such file": (None, None, ["nowhere.toml"], 65, ["nowhere.toml"]),
    "a folder": (None, None, ["."], 65, ["."]),
    "no such preset": (None, None, ["--preset", "names-mpl"], 65, ["names-mpl", "names-mlp"]),
    "bad --set": (None, None, ["--set", "optim.lr"], 65, ["--set", "optim.lr"]),
    "bad --set value": (None, None, ["--set", "train.steps=1.5"], 65, ["--set train.steps", "1.5"]),
    "unknown --set key": (None, None, ["--set", "train.step=15"], 65, ["train.step", "train.steps"]),
    "heads do not divide": (
        None,
        None,
        ["--set", "model.kind=gpt", "--set", "model.hidden=30", "--set", "model.heads=4"],
        65,
        ["model.hidden", "heads"],
    ),
    "warm-up too long": (
        None,
        None,
        ["--set", "schedule.warmup=99", "--set", "train.steps=10"],
        65,
        ["schedule.warmup", "10"],
    ),
    "no such group": (
        None,
        None,
        ["--set", 'optim.groups=[{match = "embbed.*", lr_scale = 0.1}]'],
        65,
        ["optim.groups[0].match", "embed.weight"],
    ),
    "no such corpus": (None, None, ["--set", "corpus.name=shakespear"], 65, ["shakespear", "shakespeare"]),
    "no such text": (None, None, ["--set", "corpus.path=nowhere.txt"], 65, ["nowhere.txt"]),
    "empty text": (None, b"", ["--set", "corpus.path=text.txt"], 65, ["text.txt", "empty"]),
    "tiny text": (None, b"abc" * 10, ["--set", "corpus.path=text.txt"], 65, ["text.txt"]),
    "text too short for the block": (None, b"abc " * 40, ["--set", "corpus.path=text.txt"], 65, ["train.block"]),
    "binary text": (None, BINARY, ["--set", "corpus.path=text.txt"], 65, ["text.txt", "byte"]),
    "not UTF-8": (None, LATIN, ["--set", "corpus.path=text.txt"], 65, ["text.txt", "byte"]),
    "prompt with strangers": (None, None, ["--set", "sample.prompt=鬱"], 65, ["sample.prompt", "U+9B31"]),
    "prompt that is no text": (None, None, ["--set", "sample.prompt=\udcff"], 65, ["sample.prompt"]),
    "no such device": (None, None, ["--set", "train.device=cuda:7"], 65, ["train.device", "cuda:7"]),
    "bad run name": (None, None, ["--name", "../up", "--set", "corpus.name=count"], 64, ["../up"]),
    "bad script": (None, None, ["--at", "100:fly"], 64, ["--at", "fly", "decay"]),
    "unknown flag": (None, None, ["--presett", "x"], 64, ["--presett"]),
}


@pytest.mark.parametrize("case", TABLE)
def test_a_mistake_gets_a_sentence(case: str, somewhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config, text, arguments, code, parts = TABLE[case]
    if config is not None:
        (somewhere / "c.toml").write_text(config)
    if text is not None:
        (somewhere / "text.txt").write_bytes(text)
    got, said = told(capsys, "run", *arguments)
    assert got == code, said
    for part in parts:
        assert part in said, said
    assert "Traceback" not in said
    assert not (somewhere / "checkpoints").exists(), "a run that cannot start leaves nothing behind"


COMMANDS = {
    "resume": ["resume", "nobody"],
    "replay": ["replay", "nobody"],
    "show": ["show", "nobody"],
    "plot": ["plot", "nobody"],
    "sample": ["sample", "nobody"],
    "export": ["export", "nobody", "--format", "torch"],
    "delete": ["delete", "nobody"],
    "init-from": ["run", "--init-from", "nobody", "--set", "corpus.name=count"],
}


@pytest.mark.parametrize("case", COMMANDS)
def test_a_run_that_is_not_there_is_a_sentence(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = told(capsys, *COMMANDS[case])
    assert code == 64
    assert "nobody" in said
    assert "Traceback" not in said


def test_help_and_version_succeed(capsys: pytest.CaptureFixture[str]) -> None:
    sys.argv = ["lrtui", "--version"]
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 0
