"""Real `lrtui` processes to start, watch, signal and kill."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random

from lrtui.messages import Event, decode_event
from lrtui.runs.directory import RunDirectory, open_run, run_names
from lrtui.runs.lock import holder, is_live
from lrtui.runs.metrics import last_block


@dataclass
class Process:
    """One `lrtui` process; `out` is what it printed, stdout and stderr together."""

    pid: int
    out: Path
    zygote: "Zygote"
    code: int | None = None

    def wait(self) -> int:
        """Its exit code; minus the signal's number if one ended it."""
        if self.code is None:
            self.code = self.zygote.code_of(self.pid)
        return self.code

    def kill(self, number: int = signal.SIGKILL) -> None:
        os.kill(self.pid, number)

    def events(self) -> list[Event]:
        """The events of a `--json` process; lines that are none are left out."""
        return [decode_event(line) for line in self.out.read_bytes().splitlines() if line.startswith(b'{"event"')]

    def text(self) -> str:
        return self.out.read_text()

    def wait_until(self, true: Callable[[], bool], seconds: float = 60.0) -> None:
        deadline = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < deadline, f"waited {seconds} s in vain: {self.text()[-2000:]}"
            time.sleep(0.005)


class Zygote:
    def __init__(self, home: Path) -> None:
        self.home = home
        here = Path(__file__).parent
        self.process = subprocess.Popen(
            [sys.executable, str(here / "zygote.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=here.parent,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"
        self.count = 0
        self.newest: Process | None = None
        self._codes: dict[int, int] = {}

    def _next(self) -> tuple[str, int]:
        """What it says next, and of which process; exit codes are kept."""
        assert self.process.stdout is not None
        said, *numbers = self.process.stdout.readline().split()
        if said == "code":
            self._codes[int(numbers[0])] = int(numbers[1])
        return said, int(numbers[0])

    def code_of(self, pid: int) -> int:
        """The exit code of one of its processes, once that has ended."""
        while pid not in self._codes:
            self._next()
        return self._codes.pop(pid)

    def start(self, *argv: str, home: Path | None = None, cwd: Path | None = None, beside: bool = False) -> Process:
        """Starts `lrtui ARGV…`; unless `beside` another one, what a failed test has left running is killed."""
        if not beside and self.newest is not None and self.newest.code is None:
            with suppress(ProcessLookupError):
                self.newest.kill()
            self.newest.wait()
        self.count += 1
        out = self.home / f"out-{self.count}"
        out.touch()
        job = {"argv": argv, "out": str(out), "cwd": str(cwd or home or self.home), "home": str(home or self.home)}
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        said, pid = self._next()
        while said != "process":
            said, pid = self._next()
        process = Process(pid, out, self)
        self.newest = self.newest if beside else process
        return process

    def run(self, *argv: str, home: Path | None = None, cwd: Path | None = None, beside: bool = False) -> Process:
        """Starts `lrtui ARGV…` and waits for its end."""
        process = self.start(*argv, home=home, cwd=cwd, beside=beside)
        process.wait()
        return process


SMALL = {
    "corpus.name": "sums",
    "model.embed": 8,
    "model.hidden": 16,
    "model.dropout": 0.1,
    "train.batch": 4,
    "train.block": 8,
    "train.threads": 1,
    "train.eval_batches": 2,
    "sample.length": 20,
}


def small_flags(**keys: object) -> list[str]:
    """`--set` flags of a small LSTM on the built-in sums; `train__steps=100` sets train.steps."""
    return ["--preset", "quickstart", *set_flags(SMALL, **keys)]


def set_flags(settings: Mapping[str, object], **keys: object) -> list[str]:
    """`--set` flags of `settings`, but for `keys`; `train__steps=100` sets train.steps."""
    merged = {**settings, **{key.replace("__", "."): value for key, value in keys.items()}}
    return [flag for key, value in merged.items() for flag in ("--set", f"{key}={value}")]


#: a cosine run of 120 steps with checkpoints at 40, 80 and 120
COSINE = small_flags(
    schedule__kind="cosine",
    schedule__end="0.0",
    schedule__warmup=0,
    train__steps=120,
    train__eval_every=50,
    train__sample_every=0,
    train__checkpoint_every=40,
)


def log_of(home: Path, name: str) -> bytes:
    """What a run or a sweep has logged; nothing as long as it is not there."""
    path = home / "checkpoints" / name / "events.jsonl"
    return path.read_bytes() if path.exists() else b""


@contextmanager
def live_run(zygote: Zygote, flags: Sequence[str], home: Path) -> Iterator[tuple[RunDirectory, Process]]:
    """The run `live`, which has begun to train."""
    process = zygote.start("run", "--name", "live", *flags, "--json", home=home)
    process.wait_until(lambda: b'"stepped"' in process.out.read_bytes())
    try:
        yield open_run(home, "live"), process
    finally:
        if process.code is None:
            process.kill()
            process.wait()


def kill_at_random(
    zygote: Zygote, begin: Sequence[str], home: Path, *, times: int, most: float, chance: Random
) -> None:
    """Begin the run or sweep `killed` by the command `begin`, kill it so many `times`, and resume it to its end.

    Each time it is killed at most `most` seconds after it was seen to train.
    """
    kind = begin[0]
    process = zygote.start(*begin, home=home)
    process.wait_until(lambda: f"{kind}_started".encode() in log_of(home, "killed"))

    def has_resumed(kills: int) -> bool:
        return log_of(home, "killed").count(f"{kind}_resumed".encode()) >= kills

    for kills in range(1, times + 1):
        time.sleep(chance.uniform(0.0, most))
        process.kill()
        assert process.wait() == -signal.SIGKILL, f"it ended before it was killed {kills} times: {process.text()}"
        process = zygote.start("resume", "killed", home=home)
        process.wait_until(partial(has_resumed, kills))
    assert process.wait() == 0, process.text()


def trained(run: RunDirectory) -> int:
    """The steps that a run has written down."""
    block = last_block(run) if run.path.exists() else None
    return block.step + len(block.loss) if block else 0


def kill_workers(home: Path) -> None:
    """Ends whoever trains in `home`, as tests leave nobody behind."""
    for name in run_names(home):
        run = open_run(home, name)
        if is_live(run) and (owner := holder(run)):
            os.kill(owner.pid, signal.SIGKILL)
