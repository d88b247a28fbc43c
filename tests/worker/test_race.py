"""A race of a live run: over the socket and by `lrtui ctl`, replayed bit for bit, and gone after a kill."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lrtui.messages import (
    Decay,
    DropRace,
    Finished,
    KeepLane,
    Race,
    Raced,
    RaceDropped,
    RaceKept,
    RaceStarted,
    RateChanged,
    Rewound,
    Stop,
    Undo,
)
from lrtui.runs.directory import RunDirectory, open_run
from lrtui.runs.events import EventReader
from lrtui.runs.history import read_history
from lrtui.worker.client import ControlClient
from tests.processes import Process, Zygote, small_flags

Start = Callable[..., tuple[RunDirectory, Process]]


def flags(kind: str, **keys: object) -> list[str]:
    settings: dict[str, object] = {
        "model__kind": kind,
        "train__steps": 10**7,
        "train__eval_every": 100,
        "train__checkpoint_every": 300,
        "schedule__kind": "constant",
    }
    return small_flags(**(settings | keys))


@pytest.fixture
def start(zygote: Zygote, tmp_path: Path) -> Iterator[Start]:
    """Starts a run, `live`, and waits until it has trained a little."""
    processes: list[Process] = []

    def started(kind: str = "mlp", *more: str, **keys: object) -> tuple[RunDirectory, Process]:
        process = zygote.start("run", "--name", "live", *flags(kind, **keys), *more, "--json", home=tmp_path)
        processes.append(process)
        process.wait_until(lambda: b'"stepped"' in process.out.read_bytes())
        return open_run(tmp_path, "live"), process

    yield started
    for process in processes:
        if process.code is None:
            process.kill()
            process.wait()


@pytest.mark.parametrize("kind", ["mlp", "lstm"])
def test_a_kept_race_a_dropped_one_and_an_undone_one_are_replayed_bit_for_bit(
    zygote: Zygote, tmp_path: Path, start: Start, kind: str
) -> None:
    run, process = start(kind)
    with ControlClient(run) as client:
        fork, (began, raced) = client.send(Race([1.0, 0.3, 3.0], 60))
        assert isinstance(began, RaceStarted)
        assert isinstance(raced, Raced)
        assert (began.step, raced.step, raced.done) == (fork, fork, 60)
        step, (change, kept) = client.send(KeepLane(2))
        assert isinstance(change, RateChanged)
        assert isinstance(kept, RaceKept)
        assert (change.step, kept.at, step) == (fork, fork + 60, fork + 60)
        client.send(Race([1.0, 0.5], 40))
        _, (dropped,) = client.send(DropRace())
        assert isinstance(dropped, RaceDropped)
        client.send(Race([1.0, 2.0], 40))
        _, (undone_change, _) = client.send(KeepLane())
        client.send(Decay())
        client.send(Undo())
        _, (rewound,) = client.send(Undo())
        assert isinstance(rewound, Rewound)
        assert rewound.to == undone_change.step
        client.send(Stop())
    assert process.wait() == 0
    assert [(e.kind, e.value, e.cause) for e in read_history(run).entries] == [("scale", 0.3, "race")]
    replayed = zygote.run("replay", "live", home=tmp_path)
    assert "equal, bit for bit" in replayed.text()


def test_a_kept_race_is_undone_after_a_resume_and_anybody_may_decide(
    zygote: Zygote, tmp_path: Path, start: Start
) -> None:
    run, process = start()
    with ControlClient(run) as racing, ControlClient(run) as other:
        seq = racing.post(Race([1.0, 0.3], 20_000))
        process.wait_until(lambda: b'"race_stepped"' in run.events.read_bytes())
        other.send(DropRace())
        answer = racing.receive(30.0)
        assert answer is not None
        assert answer.seq == seq
        assert [type(event) for event in answer.events] == [RaceStarted, RaceDropped]
        fork, _ = racing.send(Race([1.0, 0.3], 40))
        other.send(KeepLane(1))
        racing.send(Stop())
    assert process.wait() == 0
    resumed = zygote.start("resume", "live", "--json", home=tmp_path)
    try:
        resumed.wait_until(lambda: b'"stepped"' in resumed.out.read_bytes())
        with ControlClient(run) as client:
            _, (rewound,) = client.send(Undo())
            assert isinstance(rewound, Rewound)
            assert rewound.to == fork
            client.send(Stop())
        assert resumed.wait() == 0
    finally:
        if resumed.code is None:
            resumed.kill()
            resumed.wait()
    assert "equal, bit for bit" in zygote.run("replay", "live", home=tmp_path).text()


def test_ctl_races_and_decides(zygote: Zygote, tmp_path: Path, start: Start) -> None:
    start()

    def ctl(*words: str, code: int = 0) -> str:
        result = zygote.run("ctl", "live", *words, home=tmp_path, beside=True)
        assert result.code == code, result.text()
        return result.text()

    told = ctl("race", "1,0.3,0.1", "--steps", "40")
    assert "race of ×1, ×0.3, ×0.1 for 40 steps; training waits" in told
    assert "leads after 40 steps" in told
    assert "── lane 3, ×0.1" in told
    assert "a race is on" in ctl("decay", code=64)
    assert "lane 2, ×0.3, is kept" in ctl("race", "keep", "2")
    assert "no race to decide" in ctl("race", "drop", code=64)
    assert '"event":"race_kept"' in ctl("race", "1,2", "30", "best", "--json")
    assert "--steps is for a race" in ctl("decay", "--steps", "3", code=64)


def test_a_kill_in_the_middle_of_a_race_leaves_the_run_as_before_it(
    zygote: Zygote, tmp_path: Path, start: Start
) -> None:
    straight = zygote.run("run", "--name", "straight", *flags("lstm", train__steps=900), "--json", home=tmp_path)
    expected = straight.events()[-1]
    assert isinstance(expected, Finished)
    run, process = start("lstm", train__steps=900)
    with ControlClient(run) as client:
        client.post(Race([1.0, 0.3], 800))
        process.wait_until(lambda: b'"race_stepped"' in run.events.read_bytes())
        process.kill()
    process.wait()
    resumed = zygote.run("resume", "live", "--json", home=tmp_path)
    finished = resumed.events()[-1]
    assert isinstance(finished, Finished)
    assert (finished.step, finished.state_sha256) == (expected.step, expected.state_sha256)
    assert not [event for event in EventReader(run.events).poll() if isinstance(event, RaceKept)]


@pytest.mark.parametrize("kind", ["mlp", "lstm"])
def test_a_scripted_race_that_was_killed_is_raced_again(zygote: Zygote, tmp_path: Path, kind: str) -> None:
    script = ("--at", "350:race 1,0.2 250", "--at", "620:decay")
    begun = [*flags(kind, train__steps=700), *script]
    straight = zygote.run("run", "--name", "straight", *begun, "--json", home=tmp_path)
    expected = straight.events()[-1]
    assert isinstance(expected, Finished)
    process = zygote.start("run", "--name", "live", *begun, home=tmp_path)
    log = tmp_path / "checkpoints" / "live" / "events.jsonl"
    process.wait_until(lambda: log.exists() and b'"race_stepped"' in log.read_bytes())
    process.kill()
    process.wait()
    resumed = zygote.run("resume", "live", "--json", home=tmp_path)
    finished = resumed.events()[-1]
    assert isinstance(finished, Finished)
    assert finished.state_sha256 == expected.state_sha256
    assert [e.kind for e in read_history(open_run(tmp_path, "live")).entries] == ["scale", "scale"]
    assert "equal, bit for bit" in zygote.run("replay", "live", home=tmp_path).text()
