"""A real torchrun with two gloo processes, of one thread each."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

#: --standalone: a free port, also where an older torchrun would take always the same
TORCHRUN = (sys.executable, "-m", "torch.distributed.run", "--standalone")
WAIT_SECONDS = 120.0


@dataclass
class Torchrun:
    """The agent; the ranks are its children. `out` is what all of them printed."""

    process: subprocess.Popen[bytes]
    out: Path

    def text(self) -> str:
        return self.out.read_text()

    def wait(self) -> int:
        return self.process.wait(WAIT_SECONDS)

    def kill_rank(self, rank: int) -> None:
        """SIGKILL."""
        (pid,) = (pid for pid in self.ranks() if f"RANK={rank}".encode() in _environment(pid))
        os.kill(pid, signal.SIGKILL)

    def ranks(self) -> list[int]:
        """The processes of the ranks that live."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in children.split()]

    def wait_until(self, true: Callable[[], bool]) -> None:
        deadline = time.monotonic() + WAIT_SECONDS
        while not true():
            assert time.monotonic() < deadline, self.text()[-3000:]
            assert self.process.poll() is None, self.text()[-3000:]
            time.sleep(0.01)


def _environment(pid: int) -> list[bytes]:
    return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")


@contextmanager
def torchrun(home: Path, *arguments: str) -> Iterator[Torchrun]:
    """`torchrun ARGUMENTS`; whatever lives when the block ends is killed."""
    out = home / f"torchrun-{len(list(home.glob('torchrun-*')))}"
    environment = {**os.environ, "LRTUI_HOME": str(home), "OMP_NUM_THREADS": "1"}
    with out.open("wb") as file:
        process = subprocess.Popen(
            [*TORCHRUN, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=Path(__file__).parent.parent.parent,
        )
    started = Torchrun(process, out)
    try:
        yield started
    finally:
        if process.poll() is None:
            for pid in started.ranks():
                os.kill(pid, signal.SIGKILL)
            process.kill()
            process.wait()
