"""What the screens cost: first paint, processor, memory, bytes, what training loses, and how soon a key takes effect.

Everything is measured from outside, on a real terminal, against a real worker at full speed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median, quantiles

from lrtui.bench.long_run import measure_long_run
from lrtui.bench.measure import Measure, cpu_seconds, resident_bytes, screen
from lrtui.bench.rows import BARE, NAMES
from lrtui.errors import LrtuiError
from lrtui.messages import RateChanged, Stop, decode_event
from lrtui.runs.directory import RunDirectory, open_run
from lrtui.runs.metrics import last_block
from lrtui.words import rate_text
from lrtui.worker.client import ControlClient
from lrtui.worker.detach import spawn

#: the first text of the form: its table of keys stands, and takes keys
TABLE = "corpus"
#: the last: what they make of the model is counted
FORM = "parameters"
#: the headline of a training that steps
TRAINS = "it/s"
_HALVE, _DOUBLE = "[", "]"


def measure_screen(home: Path, rounds: int, seconds: float, presses: int) -> Iterator[Measure]:
    """Every figure, one after another, in the empty folder `home`."""
    yield from first_paint(home, rounds)
    with _training(home, "fast", "names-mlp", NAMES) as run:
        yield from cost(run, home, rounds, seconds)
    with _training(home, "slow", "quickstart", ("train.batch=50", "train.block=50")) as run:
        yield from keys(run, home, presses)
    yield from measure_long_run(home, rounds, seconds)


def first_paint(home: Path, rounds: int) -> Iterator[Measure]:
    """From the start of the process in an empty home until the form of a new run stands, and until it is whole."""
    stands, whole = [], []
    for _ in range(rounds):
        with screen(home / "empty") as terminal:
            stands.append((terminal.wait_for(TABLE) - terminal.began) * 1000)
            whole.append((terminal.wait_for(FORM) - terminal.began) * 1000)
    yield Measure("first paint", median(stands), "ms", 500, True, tuple(stands))
    yield Measure("the whole form", median(whole), "ms", 600, True, tuple(whole))


def cost(run: RunDirectory, home: Path, rounds: int, seconds: float) -> Iterator[Measure]:
    """What a screen at 2 Hz takes from the machine and from a training at full speed, in turns with and without it."""
    shares, sizes, rates, alone, watched = [], [], [], [], []
    for _ in range(rounds):
        alone.append(_speed(run, seconds))
        with screen(home, "attach", run.name, "--hz", "2") as terminal:
            terminal.wait_for(TRAINS)
            time.sleep(min(3.0, seconds))  # what is done once, at the start, is no running cost
            pid, began, used = terminal.process.pid, time.monotonic(), cpu_seconds(terminal.process.pid)
            watched.append(_speed(run, seconds))
            took = time.monotonic() - began
            shares.append(100 * (cpu_seconds(pid) - used) / took)
            sizes.append(resident_bytes(pid) / 1e6)
            rates.append(len(terminal.output(began)) / took / 1024)
    ratios = [b / a for a, b in zip(alone, watched, strict=True)]
    yield Measure("processor of the screen", median(shares), "% of a core", 10, True, tuple(shares))
    yield Measure("memory of the screen", median(sizes), "MB", 120, True, tuple(sizes))
    yield Measure("written to the terminal", median(rates), "KiB/s", 16, True, tuple(rates))
    yield Measure("training, watched ÷ alone", median(ratios), "×", 0.97, False, tuple(ratios))


def keys(run: RunDirectory, home: Path, presses: int) -> Iterator[Measure]:
    """From a key to the ledger entry it makes, and to the line on the screen that tells of it."""
    to_ledger, to_screen = [], []
    with screen(home, "attach", run.name, "--hz", "2") as terminal:
        terminal.wait_for(TRAINS)
        time.sleep(3.0)
        for number in range(presses):
            size = run.events.stat().st_size
            pressed = time.monotonic()
            terminal.press((_HALVE, _DOUBLE)[number % 2])
            _wait(partial(_is_longer, run.events, size), 0.001)
            to_ledger.append((time.monotonic() - pressed) * 1000)
            to_screen.append((terminal.wait_for(_told(run, size), since=pressed) - pressed) * 1000)
            time.sleep(0.05 + 0.007 * (number % 13))  # at no fixed phase of the screen's own beat
    worst = quantiles(to_ledger, n=100, method="inclusive")[98] if len(to_ledger) > 1 else to_ledger[0]
    yield Measure("key to ledger, p99", worst, "ms", 60, True, tuple(to_ledger))
    yield Measure("key to its line on the screen", median(to_screen), "ms", 150, True, tuple(to_screen))


@contextmanager
def _training(home: Path, name: str, preset: str, sets: Sequence[str]) -> Iterator[RunDirectory]:
    """A detached worker that does nothing but train, on one thread, for as long as the context lasts."""
    flags = [f for key in (*sets, *BARE, "train.threads=1") for f in ("--set", key)]
    worker = spawn(["run", "--preset", preset, "--name", name, "--home", str(home), *flags])
    run = open_run(home, name)
    try:
        yield run
    finally:
        with ControlClient(run) as client:
            client.send(Stop())
        worker.process.wait()


def _speed(run: RunDirectory, seconds: float) -> float:
    """Steps a second of a live run over the next `seconds`, from block to block of its metrics."""
    first, began = _next_block(run)
    time.sleep(seconds)
    last, ended = _next_block(run)
    return (last - first) / (ended - began)


def _next_block(run: RunDirectory) -> tuple[int, float]:
    """The step at which the block now in the making ends, and when it was written."""
    before = _trained(run)
    _wait(lambda: _trained(run) > before, 0.002)
    return _trained(run), time.monotonic()


def _is_longer(path: Path, size: int) -> bool:
    return path.stat().st_size > size


def _trained(run: RunDirectory) -> int:
    block = last_block(run)
    return block.step + len(block.loss) if block else 0


def _wait(true: Callable[[], bool], pause: float, seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise LrtuiError("the run that the bench trains does not answer")
        time.sleep(pause)


def _told(run: RunDirectory, offset: int) -> str:
    """What the screen says of the change that begins at `offset` of the log."""
    with run.events.open("rb") as file:
        file.seek(offset)
        line = b""
        while not line.endswith(b"\n"):  # its length may be there before its bytes
            line += file.readline()
        event = decode_event(line)
    assert isinstance(event, RateChanged)
    return f"lr {rate_text(event.old)} → {rate_text(event.new)}"
