"""Screens on real terminals: several share a run in training, and none of them can hurt it."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from lrtui.bench.terminal import Terminal
from lrtui.runs.directory import RunDirectory, open_run
from lrtui.runs.lock import holder, is_live
from tests.processes import Zygote, kill_workers, small_flags, trained
from tests.tui.terminal import PAINTED, lrtui_on_terminal

Attach = Callable[..., Terminal]

ENDLESS = small_flags(train__steps=10**7, train__eval_every=0, train__sample_every=0, schedule__kind="constant")
TRAINING = "● training"


@pytest.fixture(scope="module")
def run(zygote: Zygote, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunDirectory]:
    """A run that trains for as long as the tests of this module do."""
    home = tmp_path_factory.mktemp("attached")
    process = zygote.start("run", "--name", "live", *ENDLESS, "--json", home=home)
    process.wait_until(lambda: b'"stepped"' in process.out.read_bytes())
    yield open_run(home, "live")
    kill_workers(home)
    process.wait()


@pytest.fixture
def attach(run: RunDirectory) -> Iterator[Attach]:
    """Attaches a screen, and waits until it shows the training."""

    def attached(*flags: str, columns: int = 120, lines: int = 40) -> Terminal:
        home = run.path.parent.parent
        terminal = lrtui_on_terminal(home, "attach", run.name, *flags, columns=columns, lines=lines)
        screens.enter_context(terminal).wait_for(TRAINING)
        return terminal

    with ExitStack() as screens:
        yield attached


def wait_until(true: Callable[[], object], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"waited {seconds:g} s in vain"
        time.sleep(0.01)


def steps_in(run: RunDirectory, seconds: float) -> int:
    before = trained(run)
    time.sleep(seconds)
    return trained(run) - before


def test_what_one_does_all_are_told(run: RunDirectory, attach: Attach, zygote: Zygote) -> None:
    screens = attach(), attach()
    for screen, key, told in ((screens[0], "d", "×0.1: lr"), (screens[1], "]", "×2: lr")):
        pressed = time.monotonic()
        screen.press(key)
        for each in screens:
            each.wait_for(told, since=pressed, seconds=4)
    sent = time.monotonic()
    assert zygote.run("ctl", "live", "scale", "5", home=run.path.parent.parent, beside=True).code == 0
    answered = time.monotonic()
    for each in screens:
        assert each.wait_for("×5: lr", since=sent, seconds=4) - answered < 2.0


def test_training_does_not_notice_that_a_screen_is_killed(run: RunDirectory, attach: Attach) -> None:
    screen = attach()
    screen.process.kill()
    screen.wait()
    before = trained(run)
    wait_until(lambda: trained(run) > before + 100)
    attach()


def test_a_terminal_that_is_not_read_holds_up_nobody_but_its_screen(run: RunDirectory, attach: Attach) -> None:
    screen = attach("--hz", "10")
    read = steps_in(run, 2.0)
    screen.stalled.set()
    for _ in range(14):
        screen.press("z")  # much to write
    unread = steps_in(run, 2.0)
    assert screen.is_full(), "nothing had to wait"
    assert unread > 0.4 * read
    screen.stalled.clear()
    asked = time.monotonic()
    screen.press("d")
    screen.wait_for("×0.1: lr", since=asked)


def test_a_killed_worker_is_told_of_and_resumed_by_a_key(run: RunDirectory, attach: Attach) -> None:
    screen = attach()
    owner = holder(run)
    assert owner is not None
    killed = time.monotonic()
    os.kill(owner.pid, 9)
    told = screen.wait_for("The worker died", since=killed, seconds=4)
    before = trained(run)
    screen.press("R")
    screen.wait_for("resumed at", since=told)
    screen.wait_for(TRAINING, since=told)
    wait_until(lambda: trained(run) > before)
    assert is_live(run)


def test_a_run_is_started_and_steered_on_a_small_terminal_that_becomes_a_large_one(tmp_path: Path) -> None:
    with ExitStack() as ends:
        ends.callback(kill_workers, tmp_path)
        screen = ends.enter_context(lrtui_on_terminal(tmp_path, columns=80, lines=24))
        screen.wait_for("val_fraction")
        screen.press("s")
        screen.wait_for(TRAINING)
        time.sleep(0.6)  # a key that comes sooner was meant for the form
        pressed = time.monotonic()
        screen.press("d")
        screen.wait_for("×0.1: lr", since=pressed)
        resized = time.monotonic()
        screen.resize(200, 50)
        screen.wait_for(PAINTED, since=resized)
        pressed = time.monotonic()
        screen.press("]")
        screen.wait_for("×2: lr", since=pressed)
        screen.press("Q")
        screen.wait_for("stay here")
        screen.press("s")
        assert screen.wait() == 0
