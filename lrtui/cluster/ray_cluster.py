"""Members of a pool that are workers of a Ray cluster, as the sweep sees them.

Ray lives in a process of its own (`ray_process`): it takes over signals, prints, starts threads and other processes;
and when the sweep is gone, however it went, that process hears it, and ends what was started. Nothing here loads Ray.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import tempfile
from collections import deque
from collections.abc import Callable
from typing import Any

from lrtui.cluster.frame_process import FrameProcess
from lrtui.cluster.wire import Assign, Done, Frame, Hire, Join, Joined, Reply, Setup
from lrtui.errors import LrtuiError, UsageError

SECONDS_TO_END = 20.0
LONGEST = 24  # characters of a folder that holds ours: a socket path ends at 107 bytes, and Ray takes most of them
TOKEN = "Where the cluster wants a token: RAY_AUTH_MODE=token lrtui …"
MOST_TOLD = 300  # characters of what Ray said at its end


def ray_address(engine: str) -> str | None:
    """The address of `ray:ADDRESS`, empty for a cluster of our own; None for the engine `local`.

    Raises UsageError for any other engine, and where Ray is not installed.
    """
    name, _, address = engine.partition(":")
    if engine == "local":
        return None
    if name != "ray" or (":" in engine and not address):
        raise UsageError(
            f"there is no engine {engine!r}", "There are local, ray (a cluster on this machine) and ray:HOST:PORT."
        )
    if importlib.util.find_spec("ray") is None:
        raise UsageError("--engine ray needs Ray, which is not installed here", "pip install 'lrtui[ray]'")
    return address


class RayCluster:
    """A cluster we joined, or one of our own on this machine, with so many processors and GPUs."""

    def __init__(self, address: str, cpus: int, gpus: int) -> None:
        self.folder = _private_folder()
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 (open as long as the process)
        self.process = FrameProcess("lrtui.cluster.ray_process", SECONDS_TO_END, self._said)
        self._replies: list[deque[Done]] = []
        self._news: list[str] = []
        try:
            self._send(Join(address, self.folder, cpus, gpus))
            self.spare = self._receive(Joined)
            if self.spare.error:
                raise UsageError(self.spare.error, TOKEN if address else "")
        except BaseException:
            self.close()
            raise

    def most_workers(self, cpus: int, gpus: int) -> int:
        """How many workers of so many processors and GPUs it can spare. Raises UsageError for none."""
        count = int(self.spare.gpus // gpus) if gpus else int(self.spare.cpus // cpus)
        if not count:
            wanted = "a GPU" if gpus else f"{cpus} processor{'s' * (cpus != 1)}"
            raise UsageError(f"the Ray cluster has not {wanted} to spare", "Try again when others have ended.")
        return count

    def hire(self, setup: Setup, workers: int, cpus: int, gpus: int) -> list[RayMember]:
        """Workers that are ready to train. Raises LrtuiError."""
        self._send(Hire(setup, workers, cpus, gpus))
        done = self._receive(Done)
        if done.error:
            raise LrtuiError(done.error)
        self._replies = [deque() for _ in range(workers)]
        return [RayMember(self, number) for number in range(workers)]

    def post(self, worker: int, job: Frame) -> None:
        """Ask a worker for `job`. Raises LrtuiError where Ray has ended."""
        self._send(Assign(worker, job))

    def take(self, worker: int) -> Done:
        """The worker's answer to its oldest job without one. Raises LrtuiError where Ray has ended."""
        while not self.ready(worker):
            pass
        return self._replies[worker].popleft()

    def ready(self, worker: int) -> bool:
        """Whether there is an answer to take; otherwise something was told meanwhile. Raises as `take` does."""
        if not self._replies[worker]:
            reply = self._receive(Reply)
            if reply.news:
                self._news.append(reply.news)
            if reply.done is not None:
                self._replies[reply.worker].append(reply.done)
        return bool(self._replies[worker])

    def news(self) -> list[str]:
        """What was told of workers, and by nobody yet."""
        told, self._news = self._news, []
        return told

    def close(self) -> None:
        """Leave the cluster, or end one of our own. Can be done again."""
        if not self._said.closed:
            self.process.close()
            self._said.close()
            shutil.rmtree(self.folder, ignore_errors=True)  # where that process was killed

    def _send(self, message: Any) -> None:
        try:
            self.process.send(message)
        except OSError:
            raise self._ended() from None

    def _receive(self, kind: Callable[..., Any]) -> Any:
        message = self.process.receive(kind)  # type: ignore[arg-type]
        if message is None:
            raise self._ended()
        return message

    def _ended(self) -> LrtuiError:
        self._said.seek(0, os.SEEK_END)
        self._said.seek(max(0, self._said.tell() - MOST_TOLD))
        lines = self._said.read().decode(errors="replace").strip().splitlines()
        why = f": {lines[-1]}" if lines else ""
        return LrtuiError(f"Ray has ended{why}", "Resume the sweep: it goes on from its newest state.")


def _private_folder() -> str:
    there = tempfile.gettempdir()
    return tempfile.mkdtemp(prefix="lrtui-ray-", dir=there if len(there) <= LONGEST else "/tmp")


class RayMember:
    """One worker of the cluster."""

    def __init__(self, cluster: RayCluster, number: int) -> None:
        self.cluster, self.number = cluster, number

    def post(self, job: Frame) -> None:
        self.cluster.post(self.number, job)

    def ready(self) -> bool:
        return self.cluster.ready(self.number)

    def take(self) -> Done:
        return self.cluster.take(self.number)

    def news(self) -> list[str]:
        return self.cluster.news()

    def close(self) -> None:
        self.cluster.close()  # its workers go with it
