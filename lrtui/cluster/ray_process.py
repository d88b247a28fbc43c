"""The process that talks to Ray for a sweep: `python -m lrtui.cluster.ray_process`.

It joins a cluster or starts one, hires workers, hands on jobs and answers them in the order they came. When nobody asks
any more, however the sweep ended, it ends what it started.
"""

from __future__ import annotations

import os
import queue
import secrets
import shutil
import tempfile
import threading
from pathlib import Path
from typing import IO, TYPE_CHECKING

from lrtui.cluster.wire import Assign, Hire, Join, Reply, read_frame, write_frame

if TYPE_CHECKING:
    from lrtui.cluster.ray_crew import Crew

#: Ray and its processes read these as they start. Nothing is reported to anyone
QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
}
#: the same for a cluster of our own: the first is Ray's only way to listen on the loopback alone, the token keeps
#: other users of this machine out
ALONE = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_AUTH_MODE": "token"}
LONGEST = 24  # characters of a folder that holds ours: a socket path ends at 107 bytes, and Ray takes most of them


def main() -> None:
    """Serve one sweep until it hangs up."""
    jobs, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # Ray's own processes get neither end
    os.dup2(2, 1)
    join = read_frame(jobs, Join)
    if join is None:
        return
    os.environ.update(QUIET)
    folder = _folder()
    if not join.address:
        os.environ.update(ALONE, RAY_AUTH_TOKEN=secrets.token_hex(32))
        os.environ.pop("RAY_AUTH_TOKEN_PATH", None)
    from lrtui.cluster import ray_crew

    try:
        joined = ray_crew.join(join, folder)
        write_frame(answers, joined)
        if not joined.error and (hire := read_frame(jobs, Hire)) is not None:
            _serve(jobs, answers, hire)
    except OSError:
        pass  # nobody reads any more
    finally:
        ray_crew.leave()
        shutil.rmtree(folder, ignore_errors=True)


def _folder() -> Path:
    """A private folder for the logs and sockets of a cluster of our own."""
    there = tempfile.gettempdir()
    return Path(tempfile.mkdtemp(prefix="lrtui-ray-", dir=there if len(there) <= LONGEST else "/tmp"))


def _serve(jobs: IO[bytes], answers: IO[bytes], hire: Hire) -> None:
    from lrtui.cluster.ray_crew import Crew, NobodyAsksError

    gone, turns = threading.Event(), queue.SimpleQueue[int | None]()
    crew = Crew(hire, gone)
    # a thread hands jobs on at once, while this one waits for what was asked before them
    threading.Thread(target=_hand_on, args=(jobs, crew, turns, gone), daemon=True).start()
    try:
        write_frame(answers, crew.ready())
        while (worker := turns.get()) is not None:
            write_frame(answers, Reply(worker, crew.done(worker)))
    except NobodyAsksError:
        pass


def _hand_on(jobs: IO[bytes], crew: Crew, turns: queue.SimpleQueue[int | None], gone: threading.Event) -> None:
    try:
        while (assign := read_frame(jobs, Assign)) is not None:
            crew.assign(assign.worker, assign.job)
            turns.put(assign.worker)
    finally:
        gone.set()
        turns.put(None)


if __name__ == "__main__":
    main()
