"""Workers of a Ray cluster that train packs; one that is lost is replaced. The one file that knows Ray.

Only `ray_process` loads this, in a process of its own.
"""

from __future__ import annotations

import contextlib
import logging
import math
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import ray
from ray.exceptions import RayError, RayTaskError

from lrtui.cluster.journal import Journal
from lrtui.cluster.wire import Capture, Done, Frame, Hire, Join, Joined, Setup, Train, done_of, encoded, job_of

STORE_BYTES = 100 * 2**20  # of shared memory, for what travels; what is larger goes by way of the disk
SECONDS_UNSAVED = 20.0  # of training that a lost worker may cost
MOST_LOSSES = 5  # one after another, with nothing done in between
SECONDS_TO_KNOCK, SECONDS_TO_TELL = 10.0, 5.0
SECONDS_TO_NOTICE = 0.5  # that the sweep has ended
SAVING_SHARE = 20  # a state is known anew no more often than this many times as long as it takes
MOST_TOLD = 200  # characters of what Ray says
SECONDS_TO_REPLACE = 10.0  # a worker: then it is told that the sweep waits for one
LOST = "a Ray worker was lost; another has gone on from the last state of its lanes"
WAITS = "a Ray worker was lost, and the cluster has had no room for another yet: the sweep waits for some"


#: hears a sentence about a worker while its answer is waited for
Tell = Callable[[str], None]


class NobodyAsksError(Exception):
    """The sweep has ended."""


def join(wanted: Join) -> Joined:
    """Join the cluster at the address, or start one of our own; what it has to spare."""
    options: dict[str, Any] = {"namespace": "lrtui", "log_to_driver": False, "logging_level": logging.CRITICAL}
    try:
        if wanted.address:
            _knock(wanted.address)
            ray.init(wanted.address, **options)
        else:
            _start(wanted, options)
        return _spare()
    except Exception as error:  # whatever Ray raises: a cluster of another version, a port of something else, …
        where = f"at {wanted.address}" if wanted.address else "on this machine"
        return Joined(error=f"there is no Ray cluster {where}: {_sentence(error)}")


def _knock(address: str) -> None:
    """Raises OSError where nobody listens at HOST:PORT: Ray itself would try for minutes."""
    host, _, port = address.rpartition(":")
    if host and port.isdecimal() and "/" not in host:
        socket.create_connection((host.strip("[]"), int(port)), SECONDS_TO_KNOCK).close()


def _start(wanted: Join, options: dict[str, Any]) -> None:
    ray.init(
        "local",
        num_cpus=wanted.cpus,
        num_gpus=wanted.gpus,
        include_dashboard=False,
        object_store_memory=STORE_BYTES,
        _node_ip_address="127.0.0.1",
        _temp_dir=wanted.folder,
        **options,
    )
    at = ray.util.get_node_ip_address()
    if at not in ("127.0.0.1", "::1"):
        raise RuntimeError(f"it would listen on {at}, where others can reach it")


def _spare() -> Joined:
    """What is free: a cluster tells it a moment after it was joined."""
    end = time.monotonic() + SECONDS_TO_TELL
    while not (there := ray.available_resources()) and time.monotonic() < end:
        time.sleep(0.1)
    return Joined(there.get("CPU", 0.0), there.get("GPU", 0.0))


def leave() -> None:
    """Leave the cluster; one of our own ends."""
    ray.shutdown()


class RayPackServer:
    """The actor: a PackServer. This process, which only hands on, loads no torch for it."""

    def __init__(self) -> None:
        self._server: Any = None

    def begun(self) -> bytes:
        """Answered as soon as the cluster has made room: a Done, as it travels."""
        return encoded(Done())

    def answer(self, job: bytes) -> bytes:
        """What became of a job, as both travel."""
        if self._server is None:
            from lrtui.cluster.pack_server import PackServer

            self._server = PackServer()
        return encoded(self._server.answer(job_of(job)))


class Crew:
    """The workers of one sweep. Jobs are assigned by one thread, and waited for by another until `gone` is set."""

    def __init__(self, hire: Hire, gone: threading.Event) -> None:
        setup = ray.put(encoded(hire.setup))  # with the text in it: it travels once to each machine
        self._workers = [Worker(hire, setup, gone) for _ in range(hire.workers)]
        for worker in self._workers:
            worker.assign(hire.setup)

    def ready(self) -> Done:
        """How setting up went."""
        return next((done for worker in self._workers if (done := worker.done(_nobody)).error), Done())

    def assign(self, worker: int, job: Frame) -> None:
        """Have a worker do `job`, after what it was assigned before."""
        self._workers[worker].assign(job)

    def done(self, worker: int, tell: Tell) -> Done:
        """The answer to a worker's oldest job without one; losses are told meanwhile. Raises NobodyAsksError."""
        return self._workers[worker].done(tell)


class Worker:
    """One actor, and when it is lost the next one, which does again what its journal tells."""

    def __init__(self, hire: Hire, setup: Any, gone: threading.Event) -> None:
        # an actor that Ray itself restarts would have lost its packs without a word
        self._kind = ray.remote(RayPackServer).options(
            num_cpus=hire.cpus, num_gpus=hire.gpus, max_restarts=0, scheduling_strategy="SPREAD"
        )
        self._setup, self._gone = setup, gone
        self._journal = Journal()
        self._pending: deque[_Pending] = deque()
        self._again: deque[Any] = deque()  # answers to what was asked once more
        self._begun: Any = None  # the answer to come of one that replaces another
        self._lock = threading.Lock()
        self._unsaved = SECONDS_UNSAVED
        self._actor = self._kind.remote()

    def assign(self, job: Frame) -> None:
        """Ask for `job`."""
        with self._lock:
            self._pending.append(_Pending(job, self._ask(job), time.monotonic()))

    def done(self, tell: Tell) -> Done:
        """The answer to the oldest job without one. Raises NobodyAsksError."""
        losses = 0
        while True:
            pending = self._pending[0]
            try:
                done = self._answer(pending.answer, tell)
                break
            except RayTaskError as error:
                done = Done(error=f"a Ray worker failed: {_sentence(error)}")
                break
            except RayError as error:
                losses += 1
                if losses > MOST_LOSSES:
                    done = Done(error=f"{losses} Ray workers were lost one after another: {_sentence(error)}")
                    break
                self._replace()
        self._pending.popleft()
        if not done.error:
            self._journal.note(pending.job, done, time.monotonic() - pending.asked)
            self._save(pending.job)
        if losses and not done.error:
            tell(LOST)
        return done

    def _ask(self, job: Frame) -> Any:
        return self._actor.answer.remote(self._setup if isinstance(job, Setup) else encoded(job))

    def _answer(self, answer: Any, tell: Tell) -> Done:
        """Wait for it, and for all that was asked once more before it."""
        if self._begun is not None and not self._is_there(self._begun, SECONDS_TO_REPLACE):
            tell(WAITS)
        while self._again:
            done = self._fetched(self._again[0])
            if done.error:
                return done
            self._again.popleft()
        self._begun = None
        return self._fetched(answer)

    def _fetched(self, answer: Any) -> Done:
        self._is_there(answer, math.inf)
        return done_of(ray.get(answer))

    def _is_there(self, answer: Any, seconds: float) -> bool:
        """Whether it came within so many seconds. Raises NobodyAsksError."""
        end = time.monotonic() + seconds
        while not ray.wait([answer], timeout=SECONDS_TO_NOTICE)[0]:
            if self._gone.is_set():
                raise NobodyAsksError
            if time.monotonic() > end:
                return False
        return True

    def _replace(self) -> None:
        """Another actor, with the packs of the one that was lost, and its jobs that have no answer."""
        with self._lock:
            with contextlib.suppress(RayError):
                ray.kill(self._actor)  # it may only be out of reach
            self._actor = self._kind.remote()
            self._begun = self._actor.begun.remote()
            self._again = deque([self._actor.answer.remote(self._setup)])
            self._again.extend(self._ask(job) for job in self._journal.jobs())
            for pending in self._pending:
                pending.answer = self._ask(pending.job)

    def _save(self, job: Frame) -> None:
        """After long training know the state of a pack anew, so that a loss costs no more than that."""
        if not isinstance(job, Train) or self._journal.unsaved(job.pack) < self._unsaved:
            return
        began, capture = time.monotonic(), Capture(job.pack)
        with contextlib.suppress(RayError):  # lost: the next answer tells
            self._journal.note(capture, self._fetched(self._ask(capture)))
        self._unsaved = max(SECONDS_UNSAVED, SAVING_SHARE * (time.monotonic() - began))


def _nobody(sentence: str) -> None:
    """Whom nobody is told."""


@dataclass
class _Pending:
    """A job, its answer to come, and when it was asked for (monotonic seconds)."""

    job: Frame
    answer: Any
    asked: float


def _sentence(error: Exception) -> str:
    """The last line of what Ray says, which is the cause where it shows where that was raised."""
    said = str(error.strerror if isinstance(error, OSError) and error.strerror else error)
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1][:MOST_TOLD] if lines else type(error).__name__
