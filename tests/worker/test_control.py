"""A hand on a live run: every command takes effect once, is answered, lands in the ledger, and replays."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lrtui.errors import UsageError
from lrtui.messages import (
    CommandRejected,
    Continue,
    Decay,
    Extend,
    Finished,
    Pause,
    RateChanged,
    ResetOptimizer,
    Rewound,
    Sample,
    Sampled,
    Save,
    SetRate,
    Step,
    Stop,
    Undo,
)
from lrtui.runs.control import read_address
from lrtui.runs.directory import RunDirectory, open_run
from lrtui.runs.follow import follow
from lrtui.runs.history import read_history
from lrtui.runs.lock import is_live
from lrtui.worker.client import ControlClient
from tests.processes import Process, Zygote, small_flags, trained

ENDLESS = small_flags(train__steps=10**7, train__eval_every=0, train__sample_every=0, train__checkpoint_every=2000)


@pytest.fixture
def live(zygote: Zygote, tmp_path: Path) -> Iterator[tuple[RunDirectory, Process]]:
    """A run that trains until it is stopped."""
    process = zygote.start(
        "run", "--name", "live", *ENDLESS, "--set", "schedule.kind=constant", "--json", home=tmp_path
    )
    process.wait_until(lambda: b'"stepped"' in process.out.read_bytes())
    yield open_run(tmp_path, "live"), process
    if process.code is None:
        process.kill()
        process.wait()


def test_commands_are_answered_with_step_and_rates(
    zygote: Zygote, live: tuple[RunDirectory, Process], tmp_path: Path
) -> None:
    run, process = live
    with ControlClient(run) as client:
        step, (changed,) = client.send(Decay())
        assert isinstance(changed, RateChanged)
        assert changed.step == step
        assert changed.new == pytest.approx(changed.old / 10)
        _, (changed,) = client.send(SetRate(0.003))
        assert isinstance(changed, RateChanged)
        assert changed.new == 0.003
        _, (rewound,) = client.send(Undo())
        assert isinstance(rewound, Rewound)
        assert (rewound.to, rewound.entries) == (changed.step, 1)
        _, events = client.send(Extend(100, "bend"))
        assert isinstance(events[0], CommandRejected)
        _, (sampled,) = client.send(Sample(prompt="1+"))
        assert isinstance(sampled, Sampled)
        assert sampled.text.startswith("1+")
        client.send(Save())
        client.send(Stop())
    assert process.wait() == 0
    assert [e.value for e in read_history(run).entries] == [0.1]
    assert zygote.run("replay", "live", home=tmp_path).code == 0


def test_a_fresh_optimizer_is_undone_to_the_bit(zygote: Zygote, tmp_path: Path) -> None:
    assert zygote.run("run", "--name", "plain", *ENDLESS, "--at", "40:stop", home=tmp_path).code == 0
    process = zygote.start("run", "--name", "live", *ENDLESS, "--at", "40:pause", "--json", home=tmp_path)
    process.wait_until(lambda: b'"paused"' in process.out.read_bytes())
    run = open_run(tmp_path, "live")
    with ControlClient(run) as client:
        step, (changed,) = client.send(ResetOptimizer())
        assert isinstance(changed, RateChanged)
        assert (step, changed.entry.kind, changed.old) == (40, "reset", changed.new)
        client.send(Step(30))
        process.wait_until(lambda: trained(run) == 70)
        _, (rewound,) = client.send(Undo())
        assert isinstance(rewound, Rewound)
        assert (rewound.step, rewound.to, rewound.entries) == (70, 40, 0)
        client.send(Stop())
    assert process.wait() == 0
    ends = [read_history(open_run(tmp_path, name)).stopped for name in ("plain", "live")]
    assert ends[0] is not None
    assert ends[1] is not None
    assert ends[0].state_sha256 == ends[1].state_sha256


def test_pause_step_and_continue(live: tuple[RunDirectory, Process]) -> None:
    run, _ = live
    with ControlClient(run) as client:
        paused, _ = client.send(Pause())
        time.sleep(0.2)
        step, _ = client.send(Step(3))
        assert step == paused
        time.sleep(0.3)
        step, _ = client.send(Continue())
        assert step == paused + 3
        time.sleep(0.2)
        step, _ = client.send(Pause())
        assert step > paused + 3


def test_undo_while_paused_stays_paused_at_the_earlier_step(live: tuple[RunDirectory, Process]) -> None:
    run, _ = live
    with ControlClient(run) as client:
        changed, _ = client.send(Decay())
        client.send(Pause())
        _, (rewound,) = client.send(Undo())
        assert isinstance(rewound, Rewound)
        assert rewound.to == changed
        time.sleep(0.3)
        step, _ = client.send(Save())
        assert step == changed


def test_a_signal_ends_a_paused_run(live: tuple[RunDirectory, Process]) -> None:
    run, process = live
    with ControlClient(run) as client:
        client.send(Pause())
    process.kill(signal.SIGTERM)
    assert process.wait() == 143


def test_the_same_request_twice_is_carried_out_once(live: tuple[RunDirectory, Process]) -> None:
    run, process = live
    address = read_address(run)
    assert address is not None
    line = b'{"client":"me","seq":7,"command":{"command":"decay"}}\n'
    answers = []
    for _ in range(3):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(address.path)
            connection.sendall(line + line)
            answers += connection.makefile("rb").readlines(1)
    assert len(set(answers)) == 1
    process.kill(signal.SIGTERM)
    process.wait()
    assert len(read_history(run).entries) == 1


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"decay\n",
        b"[]\n",
        b"\xff\xfe\n",
        b"[" * 60000 + b"\n",
        b'{"client":"x","seq":1}\n',
        b'{"client":"x","seq":1,"command":{"command":"fly"}}\n',
        b'{"client":"x","seq":1,"command":{"command":"scale","factor":"much"}}\n',
        b'{"client":"x","seq":1,"command":{"command":"scale","factor":1,"more":2}}\n',
    ],
    ids=lambda line: line[:20].decode("latin-1"),
)
def test_what_is_no_request_gets_an_error_and_changes_nothing(live: tuple[RunDirectory, Process], line: bytes) -> None:
    run, _ = live
    address = read_address(run)
    assert address is not None
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(address.path)
        connection.settimeout(10)
        connection.sendall(line)
        reply = json.loads(connection.makefile("rb").readline())
        assert reply["error"]
    with ControlClient(run) as client:
        client.send(Save())
    assert read_history(run).entries == ()


def test_an_endless_line_and_a_deaf_client_are_dropped(live: tuple[RunDirectory, Process]) -> None:
    run, _ = live
    address = read_address(run)
    assert address is not None
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(address.path)
        connection.settimeout(10)
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            connection.sendall(b"x" * 40_000_000)
    with ControlClient(run) as client:
        assert client.send(Decay())[1]


@pytest.mark.parametrize("command", ["nan", "inf", "-1", "0"])
def test_a_rate_that_is_none_is_refused(live: tuple[RunDirectory, Process], command: str) -> None:
    run, _ = live
    with ControlClient(run) as client:
        for message in (SetRate(float(command)),):
            try:
                _, events = client.send(message)
            except UsageError:
                continue  # NaN does not even travel as JSON
            assert isinstance(events[0], CommandRejected)
    assert read_history(run).entries == ()


def test_the_socket_is_private_and_goes_with_the_run(live: tuple[RunDirectory, Process]) -> None:
    run, process = live
    address = read_address(run)
    assert address is not None
    path = Path(address.path)
    assert len(os.fsencode(path)) < 100
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    process.kill(signal.SIGTERM)
    process.wait()
    assert not path.parent.exists()
    with pytest.raises(UsageError, match="is not training"):
        ControlClient(run)


def test_a_killed_worker_leaves_a_socket_that_nobody_trusts_and_the_next_one_sweeps(
    zygote: Zygote, live: tuple[RunDirectory, Process], tmp_path: Path
) -> None:
    run, process = live
    address = read_address(run)
    assert address is not None
    process.kill()
    process.wait()
    assert Path(address.path).exists()
    with pytest.raises(UsageError, match="lrtui resume live"):
        ControlClient(run)
    resumed = zygote.start("resume", "live", "--json", home=tmp_path)
    resumed.wait_until(lambda: b'"stepped"' in resumed.out.read_bytes())
    with ControlClient(run) as client:
        client.send(Stop())
    assert resumed.wait() == 0
    assert not Path(address.path).parent.exists()


def lrtui(*arguments: str, home: Path, code: int = 0) -> str:
    """Runs a real, separate `lrtui`; what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "lrtui", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "LRTUI_HOME": str(home)},
        timeout=120,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_a_detached_worker_outlives_its_parent_and_obeys_ctl(zygote: Zygote, tmp_path: Path) -> None:
    flags = [*ENDLESS, "--set", "schedule.kind=constant"]
    assert "far trains" in lrtui("run", "--name", "far", *flags, "--detach", home=tmp_path)
    run = open_run(tmp_path, "far")

    def ctl(*words: str, code: int = 0) -> str:
        done = zygote.run("ctl", "far", *words, home=tmp_path)
        assert done.code == code, done.text()
        return done.text()

    try:
        assert is_live(run)
        assert "refused" in ctl("undo", code=64)
        assert "×0.1: lr 4e-3 → 4e-4" in ctl("decay")
        assert "no command 'fly'" in ctl("fly", code=64)
        assert "none of keep, rescale, restart" in ctl("extend", "5", "bend", code=64)
    finally:
        assert "stop" in ctl("stop")
    deadline = time.monotonic() + 20
    while is_live(run):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    followed = list(follow(run))
    assert followed[0].step == 0
    assert sum(isinstance(e, RateChanged) for e in followed) == 1
    assert "Traceback" not in run.worker_log.read_text()


def test_ctl_answers_every_command_with_an_object(
    zygote: Zygote, live: tuple[RunDirectory, Process], tmp_path: Path
) -> None:
    def ctl(*words: str) -> dict[str, object]:
        done = zygote.run("ctl", "live", *words, "--json", home=tmp_path, beside=True)
        assert done.code == 0, done.text()
        (line,) = done.text().splitlines()
        answer = json.loads(line)
        assert isinstance(answer, dict)
        return answer

    paused = ctl("pause")
    assert paused == {"command": "pause", "at": paused["at"]}
    assert isinstance(paused["at"], int)
    assert ctl("step", "2") == {"command": "step", "steps": 2, "at": paused["at"]}
    assert ctl("save")["command"] == "save"
    assert ctl("decay")["event"] == "rate_changed"
    assert ctl("continue")["event"] == "continued"
    assert ctl("stop")["command"] == "stop"
    assert live[1].wait() == 0


def test_a_detached_worker_that_cannot_begin_says_why_where_it_was_asked(tmp_path: Path) -> None:
    flags = [*ENDLESS, "--set", "corpus.path=nowhere.txt"]
    assert "nowhere.txt" in lrtui("run", "--name", "far", *flags, "--detach", home=tmp_path, code=65)
    assert not (tmp_path / "checkpoints" / "far").exists()


def test_following_a_live_run_misses_nothing(zygote: Zygote, tmp_path: Path) -> None:
    flags = [*ENDLESS, "--set", "train.steps=1500", "--set", "train.eval_every=300", "--set", "train.sample_every=500"]
    process = zygote.start(
        "run", "--name", "f", *flags, "--at", "700:undo", "--at", "400:decay", "--json", home=tmp_path
    )
    process.wait_until(lambda: (tmp_path / "checkpoints" / "f" / "events.jsonl").exists())
    followed = list(follow(open_run(tmp_path, "f"), sleep=lambda seconds: time.sleep(0.02)))
    process.wait()
    assert isinstance(followed[-1], Finished)
    told = [e for e in process.events() if type(e).__name__ != "Stepped"]
    seen = [e for e in followed if type(e).__name__ != "Stepped"]
    assert sorted(map(repr, told)) == sorted(map(repr, seen))
