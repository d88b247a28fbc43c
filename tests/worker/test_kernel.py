"""A run keeps the kernel it began with, and says so where it cannot."""

from pathlib import Path

import numpy
import pytest

from lrtui.config.load import load_config
from lrtui.config.schema import Config
from lrtui.engine.device import difference
from lrtui.engine.kernels import choose
from lrtui.messages import CheckpointSaved, CommandRejected, Finished, RunResumed, SweepResumed, SweepStarted, Swept
from lrtui.worker.begin import begin
from lrtui.worker.replay import replay
from lrtui.worker.resume import resume
from lrtui.worker.resume_plan import ResumeOptions
from lrtui.worker.sweep_begin import SweepOptions, begin_sweep, promote_lane, resume_sweep
from tests.small import script, small_config, small_session, trained


def config_of(kernel: str) -> Config:
    return small_config("mlp", train={"steps": 60, "checkpoint_every": 20, "kernel": kernel})


@pytest.fixture(params=["hand", "compiled"])
def kernel(request: pytest.FixtureRequest) -> str:
    """One that not every machine has."""
    if request.param == "compiled" and not choose.compiler():
        pytest.skip("there is no C++ compiler on this machine")
    return str(request.param)


def begun(home: Path, kernel: str = "auto") -> str:
    """A run to its end; what its config.toml says of the kernel."""
    assert isinstance(list(begin(config_of(kernel), home, "base").events())[-1], Finished)
    toml = (home / "checkpoints" / "base" / "config.toml").read_text()
    return next(line for line in toml.splitlines() if line.startswith("kernel"))


def resumed(home: Path) -> RunResumed:
    events = list(resume(home, "base", ResumeOptions(steps=80)).events())
    assert isinstance(events[-1], Finished)
    return next(event for event in events if isinstance(event, RunResumed))


def test_the_choice_is_written_down_and_a_resume_and_a_replay_are_exact(tmp_path: Path, kernel: str) -> None:
    assert begun(tmp_path, "auto" if kernel == "hand" else kernel) == f'kernel = "{kernel}"'
    assert resumed(tmp_path).badge == "exact"
    again = replay(tmp_path, "base")
    list(again.events())
    assert again.badge == "exact"
    assert again.equal


def test_where_it_is_missing_the_run_says_so_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kernel: str
) -> None:
    begun(tmp_path, kernel)
    known = f"hand numpy-{numpy.__version__}" if kernel == "hand" else f"compiled {choose.compiler()}"
    monkeypatch.setattr(choose, "KINDS", ())
    monkeypatch.setattr(choose, "compiler", lambda: "")
    assert resumed(tmp_path).badge == f"continued: kernel {known} flat-adam → autograd flat-adam"


def test_a_live_compiled_run_is_undone_and_searched_without_a_trace() -> None:
    """Undo, a range test, lanes that are confirmed: all of them on the state of a program."""
    if not choose.compiler():
        pytest.skip("there is no C++ compiler on this machine")
    hashes = []
    for lines in (("10:lr 0.3", "12:undo", "20:find", "30:confirm 2 20"), ()):
        events = trained(small_session(config_of("compiled")), script(*lines))
        assert not [event for event in events if isinstance(event, CommandRejected)]
        assert isinstance(events[-1], Finished)
        hashes.append(events[-1].state_sha256)
    assert hashes[0] == hashes[1]


@pytest.mark.parametrize(("kind", "now"), [("mlp", "compiled"), ("lstm", "autograd")])
def test_a_run_from_when_the_compiler_was_a_switch_goes_on_and_says_so(tmp_path: Path, kind: str, now: str) -> None:
    if not choose.compiler():
        pytest.skip("there is no C++ compiler on this machine")
    config = small_config(kind, train={"steps": 20, "checkpoint_every": 20, "kernel": "autograd"})
    list(begin(config, tmp_path, "base").events())
    run = tmp_path / "checkpoints" / "base"
    toml = (run / "config.toml").read_text()
    (run / "config.toml").write_text(toml.replace('kernel = "autograd"\n', 'compile = "on"\nkernel = "autograd"\n'))
    then = {"compile": "on", "kernel": "autograd flat-adam", "threads": "1"}
    badge = difference(then, {"kernel": f"{now} flat-adam", "threads": "1"})
    assert badge == f"continued: kernel autograd flat-adam compiled forward → {now} flat-adam"
    assert load_config(run / "config.toml").train.kernel == "compiled"
    assert resumed(tmp_path).badge.startswith("continued: kernel" if now == "compiled" else "exact")


def test_a_run_from_before_there_was_a_choice_keeps_autograd(tmp_path: Path) -> None:
    assert begun(tmp_path, "autograd") == 'kernel = "autograd"'
    config = tmp_path / "checkpoints" / "base" / "config.toml"
    config.write_text(config.read_text().replace('kernel = "autograd"\n', ""))
    assert resumed(tmp_path).badge == "exact"


@pytest.mark.parametrize("kernel", ["hand", "autograd"])
def test_a_sweep_and_every_lane_of_it_keep_their_kernel(tmp_path: Path, kernel: str) -> None:
    asked = "auto" if kernel == "hand" else kernel
    started, *_, end = begin_sweep(config_of(asked), tmp_path, SweepOptions(rates=[1e-3, 5e-3]), "swept").events()
    assert isinstance(started, SweepStarted)
    assert isinstance(end, Swept)
    assert started.fingerprint["kernel"].startswith(kernel)
    promote_lane(tmp_path, "swept", 0, "base")
    for name in ("swept", "base"):
        assert f'kernel = "{kernel}"' in (tmp_path / "checkpoints" / name / "config.toml").read_text()
    assert resumed(tmp_path).badge == "exact"
    again = replay(tmp_path, "base")
    list(again.events())
    assert again.equal


def test_a_sweep_whose_kernel_is_missing_says_so_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events = begin_sweep(config_of("auto"), tmp_path, SweepOptions(rates=[1e-3, 5e-3]), "swept").events()
    while not isinstance(next(events), CheckpointSaved):
        pass
    events.close()  # as a crash would
    monkeypatch.setattr(choose, "KINDS", ())
    first, *_, end = resume_sweep(tmp_path, "swept").events()
    assert isinstance(first, SweepResumed)
    assert first.badge.startswith("continued: kernel hand numpy-")
    assert isinstance(end, Swept)
