"""The worst texts on a real terminal: corpus, sample, names, values and errors. It gets the sequences that any run
makes, and text; no other byte.
"""

import shutil
import time
from pathlib import Path

import pytest

from lrtui.bench.terminal import Terminal
from tests.processes import Zygote, small_flags
from tests.tui.terminal import lrtui_on_terminal
from tests.tui.worst import ESCAPES, WORST, between_sequences, obeyed, sequences

FLAGS = small_flags(model__kind="bigram", model__dropout=0.0, train__steps=60, train__sample_every=20)
CORPUS = "".join(WORST) + ESCAPES
FILE = f"{ESCAPES}{WORST[0].replace('/', '|')}\u202e.txt"


def walk_through(terminal: Terminal, toml: Path, resume: bool) -> None:
    """A run that was stopped, its log and sample at full size, the list of runs, and a form with something wrong."""

    def press(keys: str, shows: str) -> None:
        pressed = time.monotonic()
        terminal.press(keys)
        terminal.wait_for(shows, since=pressed)

    terminal.wait_for("● stopped")
    press("\t\t\t\tz", "Log")
    press("z\tz", "Sample")
    press("z4", "Story")
    press("5", "val_fraction")
    press("o", "Open a TOML file")
    press(f"{toml}\r", "there is no file")
    press("1", "● stopped")
    if resume:
        press("R", "there is no file")
    terminal.press("q")
    assert terminal.wait() == 0


@pytest.fixture(scope="module")
def usual(zygote: Zygote, tmp_path_factory: pytest.TempPathFactory) -> set[bytes]:
    """The sequences of a run that is as good as they come, and of an error."""
    home = tmp_path_factory.mktemp("usual")
    (home / "good.txt").write_text("a good text, which nobody need fear\n" * 50)
    return trained_and_shown(zygote, home, home / "good.txt", "char", "a good")


def trained_and_shown(
    zygote: Zygote, home: Path, corpus: Path, vocab: str, prompt: str, *, resume: bool = False
) -> set[bytes]:
    """The sequences that a terminal gets of a run on this text, which then goes away."""
    flags = [*FLAGS, "--set", f"corpus.path={corpus}", "--set", f"corpus.vocab={vocab}"]
    run = zygote.run("run", "--name", "run", *flags, "--set", f"sample.prompt={prompt}", "--at", "45:stop", home=home)
    assert run.code == 0, run.text()
    corpus.unlink()
    shutil.copy(home / "checkpoints/run/config.toml", home / "again.toml")
    with lrtui_on_terminal(home, "attach", "run") as terminal:
        walk_through(terminal, home / "again.toml", resume)
    assert obeyed(between_sequences(terminal.output())) == []
    return sequences(terminal.output())


@pytest.mark.parametrize("vocab", ["char", "byte"])
def test_a_run_on_the_worst_text(vocab: str, usual: set[bytes], zygote: Zygote, tmp_path: Path) -> None:
    raw = CORPUS.encode("utf-8", "surrogatepass") + bytes(range(256))
    if vocab == "char":  # which refuses these
        raw = raw.replace(b"\0", b"").decode("utf-8", "ignore").encode()
    (tmp_path / FILE).write_bytes(raw * 3)
    made = trained_and_shown(zygote, tmp_path, tmp_path / FILE, vocab, ESCAPES, resume=vocab == "char")
    assert made <= usual


@pytest.mark.parametrize(
    "argv",
    [
        ("attach", ESCAPES),
        ("run", "--set", f"model.kind={ESCAPES}"),
    ],
    ids=["name", "value"],
)
def test_a_refusal_of_the_worst_words(argv: tuple[str, ...], tmp_path: Path) -> None:
    with lrtui_on_terminal(tmp_path, *argv) as terminal:
        assert terminal.wait() in (64, 65)
    output = terminal.output()
    assert b"owned" in output
    assert obeyed(between_sequences(output)) == []
    assert sequences(output) == set()
