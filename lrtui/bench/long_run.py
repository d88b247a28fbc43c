"""A run of a million steps against one of a thousand: how long attaching takes, and what each redraw costs.

Nobody trains them: this process writes their directories as a worker does, at full speed, while a screen looks on.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from lrtui.bench.measure import TICK_SECONDS, Measure, cpu_seconds, screen
from lrtui.config.load import load_config
from lrtui.config.toml import dump_toml
from lrtui.lr.schedule import Schedule
from lrtui.messages import RunStarted, Stepped
from lrtui.runs.directory import RunDirectory, create_run
from lrtui.runs.events import EventLog
from lrtui.runs.lock import RunLock
from lrtui.runs.metrics import MetricsWriter

SHORT, LONG = 1_000, 1_000_000
_BLOCK, _BLOCKS_A_SECOND = 500, 10
_WHOLE = 2_000_000


def measure_long_run(home: Path, rounds: int, seconds: float) -> Iterator[Measure]:
    """Attach to both in turns, each for `seconds`, while they grow."""
    with _growing(home, "short", SHORT) as short, _growing(home, "long", LONG) as long:
        attached: list[float] = []
        shares: dict[str, list[float]] = {run.name: [] for run in (short, long)}
        for _ in range(rounds):
            for run in (short, long):
                with screen(home, "attach", run.name, "--hz", "2") as terminal:
                    # the first look done, the headline tells how much of the run is trained
                    painted = terminal.wait_for("it/s") if run is short else terminal.wait_for("/2,000,000")
                    if run is long:
                        attached.append((painted - terminal.began) * 1000)
                    time.sleep(2.0)  # what is done once, at the start, is no running cost
                    used, began = cpu_seconds(terminal.process.pid), time.monotonic()
                    time.sleep(seconds)
                    used = cpu_seconds(terminal.process.pid) - used + TICK_SECONDS / 2  # never nothing at all
                    shares[run.name].append(used / (time.monotonic() - began))
    ratio = median(shares["long"]) / median(shares["short"])
    ratios = [a / b for a, b in zip(shares["long"], shares["short"], strict=True)]
    yield Measure("attach to 10^6 steps", median(attached), "ms", 1500, True, tuple(attached))
    yield Measure("redraw, 10^6 ÷ 10^3 steps", ratio, "×", 1.25, True, tuple(ratios))


@contextmanager
def _growing(home: Path, name: str, steps: int) -> Iterator[RunDirectory]:
    """A live run of so many steps that goes on at 5,000 steps a second."""
    run = create_run(home, name)
    config = load_config(preset="names-mlp", sets=[f"train.steps={_WHOLE}", "corpus.name=unicode"])
    run.config_toml.write_text(dump_toml(config), encoding="utf-8")
    ended = threading.Event()
    with RunLock(run), EventLog(run) as log, MetricsWriter(run, 0) as metrics:
        log.append(_started(run))
        firsts = itertools.count(0, _BLOCK)
        while (first := next(firsts)) < steps:
            metrics.write(_block(first))

        def write() -> None:
            for first in itertools.count(first_of_thread, _BLOCK):
                if ended.wait(1 / _BLOCKS_A_SECOND):
                    return
                metrics.write(_block(first))

        first_of_thread = first
        writer = threading.Thread(target=write, name="writer")
        writer.start()
        try:
            yield run
        finally:
            ended.set()
            writer.join()


def _started(run: RunDirectory) -> RunStarted:
    return RunStarted(
        0,
        run=run.name,
        parameters=3481,
        steps=_WHOLE,
        vocabulary=27,
        corpus="unicode",
        corpus_sha256="",
        baselines={"uniform": 3.3, "bigram": 2.45},
        fingerprint={"device": "cpu", "threads": "1"},
        schedule=Schedule(base=0.1, steps=_WHOLE),
    )


def _block(first: int) -> Stepped:
    """Losses that fall and scatter as those of a small model do, without a random generator to seed."""
    loss: list[float | None] = [
        2.2 + 100 / (100 + step) + 0.3 * (step * 2654435761 % 1000) / 1000 for step in range(first, first + _BLOCK)
    ]
    return Stepped(first, n=_BLOCK, loss=loss, lr=[0.1] * _BLOCK, grad_norm=[0.5] * _BLOCK)
