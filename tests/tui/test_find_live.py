"""A range test by a key, on a worker that really trains: it waits, and then goes on as if nothing had been."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lrtui.messages import RangeTested, Stop
from lrtui.runs.directory import RunDirectory, open_run
from lrtui.runs.events import EventReader
from lrtui.runs.history import read_history
from tests.processes import Process, Zygote, live_run, small_flags, trained
from tests.tui.driving import Driven, drive
from tests.tui.screen_text import screen_text
from tests.tui.screens.test_steering import type_in

ENDLESS = small_flags(train__steps=10**7, train__eval_every=0, train__sample_every=0, schedule__kind="constant")


@pytest.fixture
def live(zygote: Zygote, tmp_path: Path) -> Iterator[tuple[RunDirectory, Process]]:
    with live_run(zygote, ENDLESS, tmp_path) as live:
        yield live


def state(home: Path, name: str) -> tuple[int, str]:
    """Where a run was stopped, and the hash of its state there."""
    stopped = read_history(open_run(home, name)).stopped
    assert stopped is not None
    return stopped.step, stopped.state_sha256


def test_training_waits_for_a_test_by_a_key_and_goes_on_to_the_same_bits(
    live: tuple[RunDirectory, Process], zygote: Zygote, tmp_path: Path
) -> None:
    run, process = live

    async def scenario(driven: Driven) -> None:
        await driven.press("2", "o")
        await type_in(driven, "1e-6:1e-2 10000 confirm 2 40")  # long enough to be seen, and far from where it blows up
        await driven.press("enter", "f")
        await driven.until(lambda: driven.train.view.findings.running == "find")  # type: ignore[union-attr]
        waiting = trained(run)
        seen = len(driven.train.view.findings.losses)  # type: ignore[union-attr]
        await driven.until(lambda: len(driven.train.view.findings.losses) > seen)  # type: ignore[union-attr]
        found, now = driven.train.view.findings, trained(run)  # type: ignore[union-attr]
        told = list(EventReader(run.events).poll())
        if not any(isinstance(event, RangeTested) for event in told):  # it went on when the steps were read
            assert now == waiting == found.step
        await driven.until(lambda: driven.train.view.findings.tested is not None)  # type: ignore[union-attr]
        await driven.until(lambda: "f Test" in screen_text(driven.app))
        await driven.until(lambda: trained(run) > waiting + 20)
        driven.train.send(Stop())
        await driven.until(lambda: driven.train.view.condition == "stopped")  # type: ignore[union-attr]

    drive(tmp_path, scenario, run="live", hz=20)
    assert process.wait() == 0
    step, sha256 = state(tmp_path, "live")
    zygote.run("run", "--name", "twin", *ENDLESS, "--at", f"{step}:stop", home=tmp_path)
    assert state(tmp_path, "twin") == (step, sha256)
