"""`lrtui` as a person meets it, typed into a shell: a run is started by keys, steered, left and found again."""

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lrtui.runs.directory import open_run
from lrtui.runs.history import read_history
from lrtui.runs.lock import is_live
from tests.processes import Zygote, kill_workers
from tests.tui.tmux import Tmux

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="TMUX IS MISSING: nothing is tested end to end")

LRTUI = f"{sys.executable} -m lrtui"
STEPS = 6000
MARK = "╎"


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Tmux]:
    with Tmux(tmp_path) as shell:
        yield shell
    kill_workers(tmp_path)


def panes(shown: str) -> tuple[str, str, str]:
    """What stands in the frames of the loss, of the rate and of the log."""
    rows = shown.splitlines()
    loss, rate, log, sample = (
        next(y for y, row in enumerate(rows) if title in row)
        for title in ("┌ Loss", "┌ Learning rate", "┌─ Log", "┌─ Sample")
    )
    right = rows[log].index("┌─ Log")
    charts = [row[:right] for row in rows[loss:sample]]
    return (
        "\n".join(charts[: rate - loss]),
        "\n".join(charts[rate - loss :]),
        "\n".join(row[right:] for row in rows[log:sample]),
    )


def is_told(shown: str, told: str) -> bool:
    """Whether the regular expression `told` stands in a toast and in the log, and a mark on both charts."""
    loss, rate, log = panes(shown)
    in_words = re.search(f"▌ {told}", shown) and re.search(rf"│ *[\d,]+ {told}", log)
    return bool(in_words) and MARK in loss and MARK in rate


def fill_in(shell: Tmux) -> None:
    """Choose the preset count-rnn, give it STEPS steps and the name `first`."""
    shell.wait_for_text(r"python, (reading|\d)")
    shell.type("p")
    preset = re.search(r"(\d)  count-rnn", shell.wait_for_text("count-rnn"))
    assert preset is not None
    shell.type(preset[1])
    shell.wait_for_text("preset count-rnn\n")
    while (field := _field(shell.shown())) != "train.steps":
        shell.type("\x1b[B")
        shell.wait_for(lambda shown, before=field: _field(shown) != before)
    for key, typed in (("\r", f"\x7f{STEPS}"), ("n", "first")):
        shell.type(key)
        shell.wait_for_text("enter accepts")
        shell.type(f"{typed}\r")
        shell.wait_for(lambda shown: "enter accepts" not in shown)
    shell.wait_for_text(rf"• steps +{STEPS} ")


def _field(shown: str) -> str:
    """The key under the form's cursor."""
    found = re.search(r"┌─ (\w+\.\w+) ─", shown)
    return found[1] if found else ""


def test_a_run_is_started_steered_left_and_found_again(shell: Tmux, zygote: Zygote, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shell.type(f"{LRTUI}\n")
    fill_in(shell)
    shell.type("s")
    assert MARK not in shell.wait_for(lambda shown: "it/s" in shown and "Sample · step" in shown, 30)
    run = open_run(tmp_path, "first")
    twin = zygote.start("run", str(run.config_toml), "--name", "first", home=elsewhere)

    shell.type("d")
    shell.wait_for(lambda shown: is_told(shown, r"×0\.1: lr \S+ → \S+"))
    shell.type("u ")  # and pause
    shown = shell.wait_for(lambda shown: is_told(shown, r"undo: back to step [\d,]+"))
    assert "── left behind" in panes(shown)[0]

    shell.wait_for(lambda shown: "● paused" in shown and "▌" not in shown)
    left = panes(shell.settled(panes))
    shell.type("q")
    shell.wait_for_text("leave, and let it train on")
    shell.type("q")
    shell.wait_for_prompt()
    assert is_live(run)
    shell.type(f"{LRTUI} attach\n")
    shell.wait_for_text("● paused")
    assert panes(shell.settled(panes)) == left

    shell.type(" ")
    assert panes(shell.wait_for_text(f"finished {STEPS:,} steps", 60))[0] != left[0]
    shell.type("q")
    shell.wait_for_prompt()
    assert twin.wait() == 0
    steered, untouched = (read_history(open_run(home, "first")).finished for home in (tmp_path, elsewhere))
    assert steered is not None
    assert untouched is not None
    assert steered.state_sha256 == untouched.state_sha256
    assert zygote.run("replay", "first", home=tmp_path).code == 0
