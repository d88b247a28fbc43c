"""The one thread of the engine: it writes checkpoints while training goes on."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

from lrtui.messages import Event

Job = Callable[[], Event | None]


class CheckpointWriter:
    """Does jobs one after another. Their outcomes (an event, or the error) wait in `outcomes` for the host."""

    def __init__(self) -> None:
        self._jobs: queue.Queue[Job | None] = queue.Queue()
        self._outcomes: queue.Queue[Event | Exception] = queue.Queue()
        self._thread = threading.Thread(target=self._work, name="checkpoint-writer", daemon=True)
        self._thread.start()

    def submit(self, job: Job) -> None:
        self._jobs.put(job)

    @property
    def backlog(self) -> int:
        """Jobs that are not done."""
        return self._jobs.unfinished_tasks

    def outcomes(self) -> list[Event | Exception]:
        """What has been done since the last call."""
        done = []
        while not self._outcomes.empty():
            done.append(self._outcomes.get())
        return done

    def wait(self) -> None:
        """Return when every job is done."""
        self._jobs.join()

    def close(self) -> None:
        """Finish every job and end the thread."""
        self._jobs.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                event = job()
                if event is not None:
                    self._outcomes.put(event)
            except Exception as error:  # whatever it is, the host must hear of it: this thread must not die
                self._outcomes.put(error)
            finally:
                self._jobs.task_done()
        self._jobs.task_done()
