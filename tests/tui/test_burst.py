"""Keys typed faster than a screen can follow, as a slow link or a script delivers them, mean what they mean slowly."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lrtui.bench.terminal import Terminal
from lrtui.messages import SetRate
from lrtui.runs.directory import RunDirectory, create_run
from lrtui.runs.events import EventLog
from lrtui.runs.metrics import MetricsWriter
from tests.fake_worker import FakeWorker
from tests.runs.story import block, scaled, started
from tests.tui.terminal import lrtui_on_terminal

BACKSPACE, CTRL_U, DEAF = "\x7f", "\x15", "import lrtui.tui.watch, threading\n"


@pytest.fixture
def run(tmp_path: Path) -> Iterator[RunDirectory]:
    made = create_run(tmp_path, "otter")
    made.config_toml.write_text("")
    with EventLog(made) as log, MetricsWriter(made, 0) as metrics:
        log.append(started())
        metrics.write(block(0))
        yield made


@pytest.fixture
def terminal(worker: FakeWorker, tmp_path: Path) -> Iterator[Terminal]:
    with lrtui_on_terminal(tmp_path, "attach", "otter") as screen:
        screen.wait_for("● training")
        yield screen


@pytest.mark.parametrize(
    ("burst", "rate"),
    [
        (f"l4e-3{BACKSPACE}4\r", 4e-4),
        ("l7e-4\r", 7e-4),
        (f"l9{CTRL_U}5e-5\r", 5e-5),
    ],
)
def test_a_burst_is_typed_in_its_order(terminal: Terminal, worker: FakeWorker, burst: str, rate: float) -> None:
    terminal.press(burst)
    assert worker.carry_out(1) == [SetRate(rate)]


def test_a_burst_into_an_open_prompt_is_typed_in_its_order(terminal: Terminal, worker: FakeWorker) -> None:
    terminal.press("l")
    terminal.wait_for("Set the rate")
    terminal.press(f"4e-3{BACKSPACE}4\r")
    assert worker.carry_out(1) == [SetRate(4e-4)]


def test_under_a_prompt_the_screen_goes_on_and_then_rests(terminal: Terminal, run: RunDirectory) -> None:
    terminal.press("l")
    terminal.wait_for("Set the rate (now 1e-1)")
    changed = time.monotonic()
    with EventLog(run) as log:
        log.append(scaled(100))
    terminal.wait_for("now 1e-2)", since=changed)
    terminal.wait_for("×0.1: lr 1e-1", since=changed)  # in the log, or as a toast, beside the prompt
    time.sleep(1.0)
    rest = time.monotonic()
    time.sleep(2.0)
    assert len(terminal.output(since=rest)) < 4096, "nothing changes: next to nothing is written"
    used = Path(f"/proc/{terminal.process.pid}/stat").read_text().rpartition(")")[2].split()
    time.sleep(2.0)
    later = Path(f"/proc/{terminal.process.pid}/stat").read_text().rpartition(")")[2].split()
    assert int(later[11]) + int(later[12]) - int(used[11]) - int(used[12]) < 60, "clock ticks, of which there were 200"


def test_leaving_does_not_wait_for_a_look_that_hangs(worker: FakeWorker, tmp_path: Path) -> None:
    hangs = "import lrtui.tui.watch, threading; lrtui.tui.watch.Watch.look = lambda self: threading.Event().wait()"
    with lrtui_on_terminal(tmp_path, "attach", "otter", first=hangs) as screen:
        screen.wait_for(" Quit")
        screen.press("q")
        left = time.monotonic()
        screen.press("q")
        assert screen.wait(10) == 0
        assert time.monotonic() - left < 5
        assert screen.output().rfind(b"\x1b[?1049l") > screen.output().rfind(b"\x1b[?1049h")
