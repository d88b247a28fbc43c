"""The writer's thread does what it is given, in order, and never slows training down."""

import subprocess
import sys
from pathlib import Path

from lrtui.engine.writer import CheckpointWriter
from lrtui.errors import DiskError
from lrtui.messages import Warned

PROBE = """
import os, sys, threading, torch
from pathlib import Path
from lrtui.engine.checkpoint import Origin, write_checkpoint
from lrtui.runs.directory import RunDirectory
from tests.small import small_config, small_session

session = small_session(small_config("mlp", "adam", model={"hidden": 60000}, train={"threads": 2, "steps": 3}))
for _ in session.run():
    pass
due, flat, origin = session.live.capture(), session.live.train.flat, Origin(session.config.lr_schedule(), {}, "", {})
assert flat.values.numel() > 1_000_000
before = len(os.listdir("/proc/self/task"))
during = []
def write():
    write_checkpoint(RunDirectory(Path(sys.argv[1])), due, flat, origin)
    during.append(len(os.listdir("/proc/self/task")))
thread = threading.Thread(target=write)
thread.start()
thread.join()
print(during[0] - before)
"""


def test_writing_brings_no_second_pool_of_openmp_threads(tmp_path: Path) -> None:
    """With more OpenMP threads than cores every parallel region of training would cost up to three times as much."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE, str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parent.parent.parent,
        check=True,
    )
    assert done.stdout.strip() == "1", done.stderr


def test_jobs_are_done_in_order_and_their_outcomes_wait() -> None:
    writer = CheckpointWriter()
    done: list[int] = []

    def job(number: int) -> Warned | None:
        done.append(number)
        if number == 2:
            raise DiskError("full")
        if number == 4:
            raise ValueError("a bug")
        return Warned(number, message="x") if number % 2 else None

    for number in range(5):
        writer.submit(lambda number=number: job(number))  # type: ignore[misc]
    writer.wait()
    assert writer.backlog == 0
    assert done == [0, 1, 2, 3, 4]
    outcomes = writer.outcomes()
    assert [getattr(o, "step", type(o)) for o in outcomes] == [1, DiskError, 3, ValueError]
    assert writer.outcomes() == []
    writer.submit(lambda: job(9))
    writer.close()
    assert done[-1] == 9
