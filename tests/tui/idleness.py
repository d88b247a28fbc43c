"""When an application under test has nothing more to do: its event loop knows, and need not be watched for a while.

Textual's pilot calls an application idle once the process has computed next to nothing for 20 ms, and asks that three
times a key. The loop says it at once: nothing is ready to run, no timer is due soon and none of its threads is at work.
Where threads or timers never end, as those of an application that has been left, a rule like Textual's decides.
"""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import textual.app
import textual.pilot
import textual.screen

#: a screen ticks once more after it has painted, which is waited for: 4 ms instead of 17 between two
_SECONDS_BETWEEN_TICKS = 1 / 250
#: a screen that takes another's place is painted 50 ms later
_SOON_SECONDS = 0.06
_NEXT_TO_NOTHING = _SOON_SECONDS / 20
#: a thread that computes nothing may wait for the disk, or on a busy machine for a processor
_SECONDS_FOR_THREADS = 0.25
_at_work: set[asyncio.Future[Any]] = set()
_to_a_thread = asyncio.BaseEventLoop.run_in_executor


def _noted(loop: asyncio.BaseEventLoop, *job: Any) -> asyncio.Future[Any]:
    """Give the job to a thread, and remember it until the loop knows that it is done."""
    future = _to_a_thread(loop, *job)
    _at_work.add(future)
    future.add_done_callback(_at_work.discard)
    return future


async def until_idle(min_sleep: float = 0.0, max_sleep: float = 1.0) -> None:
    """Until the running loop has nothing to do for the next 60 ms, or for `max_sleep` seconds."""
    loop: Any = asyncio.get_running_loop()
    begun = since = loop.time()
    computed = time.process_time()
    while loop.time() < begun + max_sleep:
        await asyncio.sleep(0)
        if loop._ready:
            continue
        due = min((timer.when() for timer in loop._scheduled if not timer.cancelled()), default=float("inf"))
        threads = [future for future in _at_work if future.get_loop() is loop]
        if not threads and due > loop.time() + _SOON_SECONDS:
            return
        if loop.time() >= since + _SOON_SECONDS:
            is_patient = threads and loop.time() < begun + _SECONDS_FOR_THREADS
            if time.process_time() < computed + _NEXT_TO_NOTHING and due > loop.time() and not is_patient:
                return
            since, computed = loop.time(), time.process_time()
        wait = max(0.0, min(due, since + _SOON_SECONDS) - loop.time())
        if threads:
            await asyncio.wait(threads, timeout=wait, return_when=asyncio.FIRST_COMPLETED)
        else:
            await asyncio.sleep(wait)


@contextmanager
def asked_of_the_loop() -> Iterator[None]:
    """Let pilots wait by `until_idle`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncio.BaseEventLoop, "run_in_executor", _noted)
        patch.setattr(textual.app, "wait_for_idle", until_idle)
        patch.setattr(textual.pilot, "wait_for_idle", until_idle)
        patch.setattr(textual.screen, "UPDATE_PERIOD", _SECONDS_BETWEEN_TICKS)
        yield
