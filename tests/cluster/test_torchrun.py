"""One run on two real processes: steered, killed, stopped by a signal, resumed, replayed."""

import signal
import time
from pathlib import Path

import pytest

from lrtui.cluster.torchrun import Seat, seat, torchrun_command
from lrtui.messages import RunResumed
from lrtui.runs.directory import RunDirectory
from lrtui.runs.events import EventReader
from lrtui.runs.history import read_history
from lrtui.runs.metrics import read_metrics
from tests.cluster.torchrun import torchrun
from tests.processes import Zygote, small_flags, trained

FLAGS = small_flags(
    schedule__kind="constant",
    schedule__end="0.0",
    train__steps=100_000,
    train__eval_every=100,
    train__sample_every=150,
    train__checkpoint_every=50,
)


#: the commands of the README: run, resume as Slurm would have it, resume, replay
README = Path(__file__).parent.parent.parent / "README.md"
COMMANDS = [line.split()[2:] for line in README.read_text().splitlines() if line.startswith("$ torchrun ")]


def test_a_run_on_two_ranks_is_steered_killed_stopped_resumed_and_replayed(zygote: Zygote, tmp_path: Path) -> None:
    begin, resume_requeued, resume, replay = COMMANDS
    run = RunDirectory(tmp_path / "checkpoints" / "pair")
    with torchrun(tmp_path, *begin, *FLAGS) as first:
        first.wait_until(lambda: run.checkpoint(50).is_dir())
        steered = zygote.run("ctl", "pair", "decay", home=tmp_path)
        assert "×0.1: lr" in steered.text()
        first.kill_rank(1)
        began = time.monotonic()
        assert first.wait() == 1
        assert time.monotonic() - began < 20
        assert "lrtui: another rank of this run has gone; rank 0 of 2 ends (" in first.text()
    assert read_history(run).stopped is None

    with torchrun(tmp_path, *resume_requeued) as second:
        second.wait_until(lambda: _resumes(run) == ["exact"] and trained(run) > 50)
        second.process.send_signal(signal.SIGUSR1)
        second.wait()
    stopped = read_history(run).stopped
    assert stopped is not None, second.text()
    assert (stopped.cause, stopped.resume) == ("SIGUSR1", "torchrun --nproc-per-node 2 -m lrtui resume pair")
    assert run.checkpoint(stopped.step).is_dir()

    with torchrun(tmp_path, *resume) as third:
        third.wait_until(lambda: trained(run) > stopped.step)
        assert zygote.run("ctl", "pair", "cooldown", "60", home=tmp_path).code == 0
        assert third.wait() == 0, third.text()
    finished = read_history(run).finished
    assert finished is not None
    assert _resumes(run) == ["exact", "exact"]

    with torchrun(tmp_path, *replay) as again:  # a run that never stopped, steered at the same steps
        assert again.wait() == 0, again.text()
    assert f"equal, bit for bit (state {finished.state_sha256[:12]})" in again.text()

    alone = zygote.run("replay", "pair", home=tmp_path)
    assert alone.code == 1
    assert "continued: world size 2 (gloo) → 1" in alone.text()
    zygote.run("run", "--name", "solo", *FLAGS, "--set", "train.steps=50", home=tmp_path)
    solo = read_metrics(RunDirectory(tmp_path / "checkpoints" / "solo"))
    assert list(read_metrics(run).loss[:50]) == pytest.approx(list(solo.loss[:50]), abs=1e-5)


def _resumes(run: RunDirectory) -> list[str]:
    return [event.badge for event in EventReader(run.events).poll() if isinstance(event, RunResumed)]


ENVIRONMENT = {
    "RANK": "3",
    "WORLD_SIZE": "4",
    "LOCAL_RANK": "1",
    "LOCAL_WORLD_SIZE": "2",
    "MASTER_ADDR": "localhost",
    "MASTER_PORT": "1",
}


def test_a_process_knows_its_seat_from_what_torchrun_says() -> None:
    assert seat(ENVIRONMENT) == Seat(rank=3, size=4, local=1, neighbours=2)
    assert seat({}) is None
    assert seat(ENVIRONMENT | {"WORLD_SIZE": "1", "RANK": "0"}) is None
    assert seat(ENVIRONMENT | {"RANK": "of a general"}) is None
    for name in ENVIRONMENT:
        assert seat({key: value for key, value in ENVIRONMENT.items() if key != name}) is None


def test_the_command_that_starts_the_ranks_again() -> None:
    assert torchrun_command(2, 2) == "torchrun --nproc-per-node 2 -m lrtui"
    assert torchrun_command(8, 4) == "torchrun --nnodes 2 … --nproc-per-node 4 -m lrtui"
