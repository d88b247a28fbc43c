"""Nothing is lost: not by SIGKILL at any moment, not by a signal, not by a second one."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lrtui.messages import Finished, Stopped
from lrtui.runs.directory import open_run
from lrtui.runs.history import read_history
from tests.processes import Zygote, kill_at_random, log_of, set_flags, small_flags

SCRIPT = (
    "200:decay",
    "330:lr=0.01",
    "700:undo",
    "900:hold",
    "1000:reset-optimizer",
    "1111:release",
    "1400:extend=100",
    "1550:cooldown=300",
)
LONG = small_flags(
    schedule__kind="constant",
    schedule__end="0.0",
    train__steps=2000,
    train__eval_every=150,
    train__sample_every=400,
    train__checkpoint_every=40,
)


def steered(name: str, kind: str, optim: str) -> list[str]:
    """A run of `kind` with all of SCRIPT, long enough to be killed twenty times."""
    scale = {"bigram": 16, "mlp": 16, "rnn": 3}.get(kind, 1)
    settings = {
        "model.kind": kind,
        "model.dropout": 0.0 if kind == "bigram" else 0.1,
        "optim.kind": optim,
        "train.steps": 2000 * scale,
        "train.eval_every": 150 * scale,
        "train.sample_every": 400 * scale,
        "train.checkpoint_every": 40 * scale,
    }
    flags = set_flags(settings)
    for line in SCRIPT:
        step, _, command = line.partition(":")
        flags += ["--at", f"{int(step) * scale}:{command}"]
    return ["run", "--name", name, *LONG, *flags]


@pytest.mark.parametrize(("kind", "optim"), [("lstm", "adam"), ("gpt", "adamw"), ("mlp", "sgd")])
def test_sigkill_at_twenty_random_moments_changes_no_bit(zygote: Zygote, tmp_path: Path, kind: str, optim: str) -> None:
    straight = zygote.run(*steered("straight", kind, optim), "--json", home=tmp_path)
    assert straight.code == 0, straight.text()
    expected = straight.events()[-1]
    assert isinstance(expected, Finished)
    command = steered("killed", kind, optim)
    kill_at_random(zygote, command, tmp_path, times=20, most=0.12, chance=random.Random(20))
    finished = read_history(open_run(tmp_path, "killed")).finished
    assert finished is not None
    assert finished.state_sha256 == expected.state_sha256
    assert finished.step == expected.step
    replayed = zygote.run("replay", "killed", home=tmp_path)
    assert replayed.code == 0, replayed.text()
    assert "equal, bit for bit" in replayed.text()


@pytest.fixture(scope="module")
def straight(zygote: Zygote) -> Finished:
    """The end of LONG where nobody signals anything."""
    finished = zygote.run("run", "--name", "straight", *LONG, "--json").events()[-1]
    assert isinstance(finished, Finished)
    return finished


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGUSR1, 75)], ids=lambda v: str(v)
)
def test_a_signal_saves_and_says_how_to_go_on(zygote: Zygote, straight: Finished, number: int, code: int) -> None:
    name = f"stopped-{code}"
    process = zygote.start("run", "--name", name, *LONG, "--json")
    process.wait_until(lambda: b"checkpoint_saved" in process.out.read_bytes())
    process.kill(number)
    assert process.wait() == code, process.text()
    last = process.events()[-1]
    assert isinstance(last, Stopped)
    assert last.cause == signal.Signals(number).name
    assert last.resume == f"lrtui resume {name}"
    resumed = zygote.run("resume", name, "--json")
    assert resumed.code == 0, resumed.text()
    first, end = resumed.events()[0], resumed.events()[-1]
    assert (first.step, first.badge) == (last.step, "exact")  # type: ignore[attr-defined]
    assert isinstance(end, Finished)
    assert end.state_sha256 == straight.state_sha256


def test_a_second_signal_leaves_at_once(zygote: Zygote) -> None:
    process = zygote.start(
        "run", "--name", "twice", *small_flags(train__steps=10**6, model__hidden=512, train__batch=512)
    )
    process.wait_until(lambda: b"run_started" in log_of(zygote.home, "twice"))
    process.kill(signal.SIGINT)
    process.kill(signal.SIGTERM)
    began = time.monotonic()
    assert process.wait() in (130, 143)
    assert time.monotonic() - began < 10


def test_when_its_reader_goes_away_a_run_saves_and_ends(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "lrtui", "run", "--name", "pipe", *LONG, "--set", "train.steps=1000000", "--json"]
    environment = {**os.environ, "LRTUI_HOME": str(tmp_path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert b"run_started" in process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read()
        assert process.wait(timeout=60) == 141
    assert said == b""
    stopped = read_history(open_run(tmp_path, "pipe")).stopped
    assert stopped is not None
    assert (tmp_path / "checkpoints" / "pipe" / "steps" / f"{stopped.step:09d}").is_dir()


def test_killed_before_its_first_checkpoint_a_run_begins_again(zygote: Zygote) -> None:
    flags = [*LONG, "--set", "train.steps=600", "--set", "train.checkpoint_every=0", "--set", "train.eval_every=0"]
    process = zygote.start("run", "--name", "early", *flags, "--at", "10:decay", "--at", "300:decay")
    process.wait_until(lambda: b"rate_changed" in log_of(zygote.home, "early"))
    process.kill()
    process.wait()
    for folder in (zygote.home / "checkpoints" / "early" / "steps").glob("*"):
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()
    resumed = zygote.run("resume", "early", "--json")
    straight = zygote.run("run", "--name", "early-straight", *flags, "--at", "10:decay", "--at", "300:decay", "--json")
    assert resumed.code == straight.code == 0, resumed.text()
    assert resumed.events()[-1].state_sha256 == straight.events()[-1].state_sha256  # type: ignore[attr-defined]
