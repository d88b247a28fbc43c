"""A sweep as people meet it: a process, a directory, commands, kills, and lanes that become runs."""

import random
import signal
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lrtui.cli.commands import app
from lrtui.errors import UsageError
from lrtui.messages import (
    Finished,
    LanePromoted,
    Stepped,
    SweepStarted,
    Swept,
    decode_event,
)
from lrtui.runs.directory import RunDirectory, open_run
from lrtui.runs.history import read_history
from lrtui.runs.metrics import read_metrics
from lrtui.runs.sweeps import is_sweep, read_plan, read_sweep
from tests.processes import Process, Zygote, kill_at_random, log_of, set_flags

SETS = {
    "corpus.name": "sums",
    "corpus.mode": "stream",
    "model.kind": "mlp",
    "model.hidden": 16,
    "model.embed": 4,
    "optim.kind": "sgd",
    "optim.lr": 0.1,
    "schedule.kind": "constant",
    "train.batch": 8,
    "train.threads": 1,
    "train.eval_batches": 2,
    "train.eval_every": 400,
    "train.checkpoint_every": 100,
    "train.steps": 2400,
    "sample.length": 10,
}


def sweep(name: str, *more: str, **keys: object) -> list[str]:
    return ["sweep", "--name", name, "--lr", "1e-4:1e1:8", *set_flags(SETS, **keys), *more]


def end_of(process: Process) -> Swept:
    assert process.code == 0, process.text()[-2000:]
    end = process.events()[-1]
    assert isinstance(end, Swept)
    return end


def test_a_sweep_leaves_a_directory_that_tells_all(zygote: Zygote, tmp_path: Path) -> None:
    process = zygote.run(*sweep("s", "--seeds", "2", "--prune", "2", train__steps=400), "--json", home=tmp_path)
    end = end_of(process)
    started = process.events()[0]
    assert isinstance(started, SweepStarted)
    assert (started.run, len(started.rates), len(started.seeds), started.rungs) == ("s", 8, 2, [50, 100, 200])
    run = open_run(tmp_path, "s")
    assert is_sweep(run)
    plan, history = read_plan(run), read_sweep(run)
    assert plan is not None
    assert plan.lanes == 16
    assert history.swept == end
    assert list(history.rows) == end.table
    for row in end.table:
        series = read_metrics(run.lane(row.lane))
        assert len(series.step) == (row.died if row.died is not None else 400)
        assert set(series.lr) == {row.rate}
    assert zygote.run("resume", "s", home=tmp_path).code == 64
    shown = zygote.run("show", "s", home=tmp_path).text()
    assert "the winner" in shown
    listed = zygote.run("runs", home=tmp_path).text()
    assert "finished" in listed
    assert "16× mlp 16" in listed
    assert "Loss by learning rate" in zygote.run("plot", "s", home=tmp_path).text()
    assert zygote.run("sample", "s", home=tmp_path).code == 64
    assert "swept 16 lanes" in zygote.run("attach", "s", "--plain", home=tmp_path).text()


def test_killed_at_ten_random_moments_it_ends_with_the_same_table(zygote: Zygote, tmp_path: Path) -> None:
    # long enough that ten moments of 15 ms are a small part of it, however quick the machine
    more = ("--seeds", "2", "--prune", "2", "--rungs", "500,1000,1500")
    keys = {"train__steps": 6000, "train__checkpoint_every": 200}
    straight = end_of(zygote.run(*sweep("straight", *more, **keys), "--json", home=tmp_path))
    kill_at_random(zygote, sweep("killed", *more, **keys), tmp_path, times=10, most=0.03, chance=random.Random(7))
    run = open_run(tmp_path, "killed")
    swept = read_sweep(run).swept
    assert swept is not None
    assert swept.table == straight.table
    assert swept.rates == straight.rates
    assert swept.winner == straight.winner
    for row in swept.table:
        ours, theirs = (read_metrics(each.lane(row.lane)) for each in (run, open_run(tmp_path, "straight")))
        assert (ours.step, ours.loss, ours.grad_norm) == (theirs.step, theirs.loss, theirs.grad_norm)


def hand(home: Path, *argv: str) -> str:
    """A command from this process, while the session's zygote waits for a sweep: what it says, or its refusal."""
    result = CliRunner().invoke(app, [*argv, "--home", str(home)], standalone_mode=False)
    return f"refused: {result.exception}" if isinstance(result.exception, UsageError) else result.output


def test_hands_reach_a_live_sweep_and_a_resume_does_again_what_they_did(zygote: Zygote, tmp_path: Path) -> None:
    process = zygote.start(*sweep("live", train__steps=10**6, train__checkpoint_every=10**5), home=tmp_path)
    run = RunDirectory(tmp_path / "checkpoints" / "live")
    try:
        process.wait_until(lambda: b"lanes_cut" in log_of(tmp_path, "live"))
        assert "lane 2 stays" in hand(tmp_path, "ctl", "live", "keep", "2")
        assert "lane 3 cut by hand" in hand(tmp_path, "ctl", "live", "kill", "3")
        promoted = decode_event(hand(tmp_path, "promote", "live", "4", "--name", "child", "--json").encode())
        assert isinstance(promoted, LanePromoted)
        assert "lane 3 is the run live-" in hand(tmp_path, "promote", "live", "3")
        assert "lane 7 cannot be promoted: it was lost" in hand(tmp_path, "promote", "live", "7")
        assert "is no command of a sweep" in hand(tmp_path, "ctl", "live", "decay")
        assert "the best 1/2 of the rates go on" in hand(tmp_path, "ctl", "live", "prune", "2", "900000")
    finally:
        process.kill()
        process.wait()
    before = read_sweep(run)
    again = zygote.start("resume", "live", home=tmp_path)
    try:
        again.wait_until(lambda: log_of(tmp_path, "live").count(b'"replayed":true') == 3)
    finally:
        again.kill(signal.SIGTERM)
        again.wait()
    assert again.code == 143, again.text()
    after = read_sweep(run)
    assert after.stopped is not None
    assert after.stopped.resume == "lrtui resume live"
    assert after.by_hand == before.by_hand
    assert after.rows[2].kept
    assert after.rows[3].state == "killed"
    assert (after.eta, after.rungs) == (2, (900000,))
    assert read_history(open_run(tmp_path, "child")).stopped is not None


def test_a_promoted_lane_goes_on_as_that_lane_and_replays_to_the_bit(zygote: Zygote, tmp_path: Path) -> None:
    straight = zygote.run(*sweep("s", train__steps=600, train__checkpoint_every=150), "--json", home=tmp_path)
    lane = end_of(straight).winner
    assert lane is not None
    cut = zygote.start(*sweep("cut", train__steps=600, train__checkpoint_every=150), home=tmp_path)
    cut.wait_until(lambda: b"checkpoint_saved" in log_of(tmp_path, "cut"))
    cut.kill()
    cut.wait()
    promoted = zygote.run("promote", "cut", str(lane), "--name", "child", "--json", home=tmp_path)
    (event,) = promoted.events()
    assert isinstance(event, LanePromoted)
    resumed = zygote.run("resume", "child", "--json", home=tmp_path)
    assert resumed.code == 0, resumed.text()
    first, *_, end = resumed.events()
    assert isinstance(end, Finished)
    assert (first.step, first.badge) == (event.at, "exact")  # type: ignore[attr-defined]
    losses = [loss for e in resumed.events() if isinstance(e, Stepped) for loss in e.loss]
    wanted = list(read_metrics(open_run(tmp_path, "s").lane(lane)).loss)
    assert losses == pytest.approx(wanted[event.at :], abs=1e-4)
    assert len(read_metrics(open_run(tmp_path, "child")).loss) == 600
    replayed = zygote.run("replay", "child", home=tmp_path)
    assert replayed.code == 0, replayed.text()
    assert "equal, bit for bit" in replayed.text()


def test_it_ends_with_1_where_every_lane_is_lost(zygote: Zygote, tmp_path: Path) -> None:
    process = zygote.run("sweep", "--name", "hot", "--lr", "1e7,1e8", *set_flags(SETS), home=tmp_path)
    assert process.code == 1, process.text()
    assert "none lasted" in process.text()


@pytest.mark.parametrize(
    ("argv", "code", "sentence"),
    [
        (["sweep"], 64, "a sweep needs rates"),
        (["sweep", "--lr", "1:2"], 64, "LOW:HIGH:N"),
        (["sweep", "--lr", "1e-3:1:8", "--prune", "1"], 64, "eta is 2 to 64"),
        (["sweep", "--lr", "1e-3:1:8", "--rungs", "5"], 64, "--prune how much"),
        (["sweep", "--lr", "1e-3:1:8", "--mode", "fast"], 64, "not 'fast'"),
        (["sweep", "--lr", "1e-3:1:300", "--seeds", "3"], 64, "at most 512"),
        (["sweep", "--lr", "1e-3:1:4", "--set", "schedule.kind=cosine", "--set", "schedule.end=0.1"], 65, "schedule"),
        (["sweep", "--lr", "1e-3:1:4", "--engine", "raj"], 64, "no engine 'raj'"),
        (["sweep", "--lr", "1e-3:1:4", "--engine", "ray:"], 64, "ray:HOST:PORT"),
        (["promote", "nobody"], 64, "there is no run"),
    ],
)
def test_what_cannot_be_meant_leaves_nothing_behind(
    zygote: Zygote, tmp_path: Path, argv: list[str], code: int, sentence: str
) -> None:
    process = zygote.run(*argv, home=tmp_path)
    assert process.code == code, process.text()
    assert sentence in process.text()
    assert "Traceback" not in process.text()
    assert not (tmp_path / "checkpoints").exists() or not list((tmp_path / "checkpoints").iterdir())
