"""The process that talks to Ray for a sweep: `python -m lrtui.cluster.ray_process`.

It joins a cluster or starts one, hires workers, hands on jobs and answers them in the order they came. When nobody asks
any more, however the sweep ended, it ends what it started.
"""

from __future__ import annotations

import os
import queue
import secrets
import select
import shutil
import threading
import time
from functools import partial
from typing import IO, TYPE_CHECKING

from lrtui.cluster.wire import Assign, Hire, Join, Joined, Reply, read_frame, write_frame

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
SECONDS_TO_LEAVE = 10.0
SECONDS_TO_JOIN = 60.0  # starting a cluster takes five on an idle machine


def main() -> None:
    """Serve one sweep until it hangs up."""
    jobs, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # Ray's own processes get neither end
    os.dup2(2, 1)
    join = read_frame(jobs, Join)
    if join is None:
        return
    gone = threading.Event()
    threading.Thread(target=_watch, args=(jobs.fileno(), join.folder, gone), daemon=True).start()
    os.environ.update(QUIET)
    if not join.address:
        os.environ.update(ALONE, RAY_AUTH_TOKEN=secrets.token_hex(32))
        os.environ.pop("RAY_AUTH_TOKEN_PATH", None)
    from lrtui.cluster import ray_crew

    try:
        late = threading.Timer(SECONDS_TO_JOIN, _give_up, args=(answers, join))
        late.start()
        joined = ray_crew.join(join)
        late.cancel()
        write_frame(answers, joined)
        if not joined.error and (hire := read_frame(jobs, Hire)) is not None:
            _serve(jobs, answers, hire, gone)
    except OSError:
        pass  # nobody reads any more
    finally:
        ray_crew.leave()
        shutil.rmtree(join.folder, ignore_errors=True)


def _watch(jobs: int, folder: str, gone: threading.Event) -> None:
    """Notice at once that the sweep has gone, and leave even where Ray waits for something and hears nobody."""
    poll = select.poll()
    poll.register(jobs, 0)  # a hang-up is always told
    poll.poll()
    gone.set()
    time.sleep(SECONDS_TO_LEAVE)
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)


def _give_up(answers: IO[bytes], join: Join) -> None:
    """Say that nothing came of joining, which Ray itself would go on trying."""
    write_frame(answers, Joined(error=f"{join.address or 'Ray'} did not answer for {SECONDS_TO_JOIN:.0f} s"))
    os._exit(1)


def _serve(jobs: IO[bytes], answers: IO[bytes], hire: Hire, gone: threading.Event) -> None:
    from lrtui.cluster.ray_crew import Crew, NobodyAsksError

    turns = queue.SimpleQueue[int | None]()
    crew = Crew(hire, gone)
    # a thread hands jobs on at once, while this one waits for what was asked before them
    threading.Thread(target=_hand_on, args=(jobs, crew, turns), daemon=True).start()
    try:
        write_frame(answers, crew.ready())
        while (worker := turns.get()) is not None:
            worker_tells = partial(_tell, answers, worker)
            write_frame(answers, Reply(worker, crew.done(worker, worker_tells)))
    except NobodyAsksError:
        pass


def _tell(answers: IO[bytes], worker: int, sentence: str) -> None:
    write_frame(answers, Reply(worker, news=sentence))


def _hand_on(jobs: IO[bytes], crew: Crew, turns: queue.SimpleQueue[int | None]) -> None:
    try:
        while (assign := read_frame(jobs, Assign)) is not None:
            crew.assign(assign.worker, assign.job)
            turns.put(assign.worker)
    finally:
        turns.put(None)


if __name__ == "__main__":
    main()
