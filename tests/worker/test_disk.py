"""A full disk and a read-only one: said once, nothing lost that stood before, training goes on."""

import contextlib
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lrtui.messages import CheckpointSaved, Finished, Warned
from lrtui.runs.directory import open_run
from lrtui.runs.history import read_history
from lrtui.runs.metrics import read_metrics
from tests.processes import Zygote, small_flags

Mount = Callable[[str], Path]
FLAGS = small_flags(train__steps=3000, train__eval_every=200, train__checkpoint_every=50, train__sample_every=0)


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Mount]:
    """Mounts a small tmpfs with the given options."""
    mounted: list[Path] = []

    def make(options: str) -> Path:
        path = tmp_path / f"disk-{len(mounted)}"
        path.mkdir()
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(path)], capture_output=True, text=True
        )
        if done.returncode:
            pytest.skip(f"SKIPPED LOUDLY: this machine forbids mounting a small disk: {done.stderr.strip()}")
        mounted.append(path)
        return path

    yield make
    for path in mounted:
        subprocess.run(["umount", "-l", str(path)], check=True)


def fill(disk: Path) -> Path:
    """A file that takes all the space there is."""
    path = disk / "ballast"
    handle = os.open(path, os.O_WRONLY | os.O_CREAT)
    with contextlib.suppress(OSError):
        while os.write(handle, b"x" * 4096):
            pass
    os.close(handle)
    return path


def test_a_full_disk_is_said_once_and_training_goes_on(zygote: Zygote, mount: Mount) -> None:
    disk = mount("size=700k")
    process = zygote.start("run", "--name", "full", *FLAGS, "--json", home=disk)
    process.wait_until(lambda: b"checkpoint_saved" in process.out.read_bytes())
    ballast = fill(disk)
    process.wait_until(lambda: b'"warned"' in process.out.read_bytes())
    time.sleep(0.5)
    ballast.unlink()
    process.wait()
    events = process.events()
    warnings = [e for e in events if isinstance(e, Warned)]
    assert process.code == 0, process.text()
    assert isinstance(events[-1], Finished)
    assert 1 <= len(warnings) <= 4, [w.message for w in warnings]
    assert "disk is full" in warnings[0].message or "no space" in warnings[0].message.lower()
    saved = [e.step for e in events if isinstance(e, CheckpointSaved)]
    assert saved[-1] == 3000, "checkpoints go on when space is back"
    run = open_run(disk, "full")
    series = read_metrics(run)
    assert list(series.step) == list(range(3000)), "what the disk refused is written when space is back"
    assert read_history(run).finished == events[-1]
    straight = zygote.run("run", "--name", "unhindered", *FLAGS, "--json")
    assert straight.events()[-1].state_sha256 == events[-1].state_sha256  # type: ignore[attr-defined]


def test_a_disk_that_stays_full_leaves_the_checkpoint_before(zygote: Zygote, mount: Mount) -> None:
    disk = mount("size=300k")
    process = zygote.start("run", "--name", "stays", *FLAGS, "--json", home=disk)
    process.wait_until(lambda: b"checkpoint_saved" in process.out.read_bytes())
    ballast = fill(disk)
    process.wait_until(lambda: b'"warned"' in process.out.read_bytes())
    process.kill()
    process.wait()
    last = [e.step for e in process.events() if isinstance(e, CheckpointSaved)][-1]
    ballast.unlink()
    resumed = zygote.run("resume", "stays", "--json", home=disk)
    assert resumed.code == 0, resumed.text()
    assert resumed.events()[0].step >= last
    assert resumed.events()[0].skipped == []  # type: ignore[attr-defined]


def test_a_read_only_home_is_a_sentence(zygote: Zygote, mount: Mount) -> None:
    disk = mount("ro")
    process = zygote.run("run", "--name", "ro", *FLAGS, home=disk)
    assert process.code == 74
    assert "read-only" in process.text()
    assert "Traceback" not in process.text()


def test_a_run_on_a_disk_that_became_read_only_is_a_sentence(zygote: Zygote, mount: Mount) -> None:
    disk = mount("size=4m")
    flags = [*FLAGS, "--set", "train.steps=100"]
    assert zygote.run("run", "--name", "old", *flags, home=disk).code == 0
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    process = zygote.run("resume", "old", "--steps", "200", "--schedule", "keep", home=disk)
    assert process.code == 74
    assert "read-only" in process.text()
    assert zygote.run("replay", "old", home=disk).code == 0, "reading needs no writing"
    assert zygote.run("sample", "old", home=disk).code == 0
