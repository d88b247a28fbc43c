"""A run keeps the kernel it began with, and says so where it cannot."""

from pathlib import Path

import pytest

from lrtui.config.schema import Config
from lrtui.engine.kernels import choose
from lrtui.messages import CheckpointSaved, Finished, RunResumed, SweepResumed, SweepStarted, Swept
from lrtui.worker.begin import begin
from lrtui.worker.replay import replay
from lrtui.worker.resume import resume
from lrtui.worker.resume_plan import ResumeOptions
from lrtui.worker.sweep_begin import SweepOptions, begin_sweep, promote_lane, resume_sweep
from tests.small import small_config


def config_of(kernel: str) -> Config:
    return small_config("mlp", train={"steps": 60, "checkpoint_every": 20, "kernel": kernel})


def begun(home: Path, kernel: str = "auto") -> str:
    """A run to its end; what its config.toml says of the kernel."""
    assert isinstance(list(begin(config_of(kernel), home, "base").events())[-1], Finished)
    toml = (home / "checkpoints" / "base" / "config.toml").read_text()
    return next(line for line in toml.splitlines() if line.startswith("kernel"))


def resumed(home: Path) -> RunResumed:
    events = list(resume(home, "base", ResumeOptions(steps=80)).events())
    assert isinstance(events[-1], Finished)
    return next(event for event in events if isinstance(event, RunResumed))


def test_the_choice_is_written_down_and_a_resume_and_a_replay_are_exact(tmp_path: Path) -> None:
    assert begun(tmp_path) == 'kernel = "hand"'
    assert resumed(tmp_path).badge == "exact"
    again = replay(tmp_path, "base")
    list(again.events())
    assert again.badge == "exact"
    assert again.equal


def test_where_it_is_missing_the_run_says_so_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun(tmp_path)
    monkeypatch.setattr(choose, "KINDS", ())
    badge = resumed(tmp_path).badge
    assert badge.startswith("continued: kernel hand numpy-")
    assert badge.endswith("→ autograd flat-adam")


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
