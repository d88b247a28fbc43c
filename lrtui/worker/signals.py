"""Signals, as a wish to stop at the next step boundary; and the exit codes that say what ended a process."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from lrtui.engine.inbox import Inbox
from lrtui.messages import Event, Stop, Stopped, Swept

SECOND_SIGNAL_SECONDS = 10.0

#: what ended a run → the exit code of its process; a stop that was asked for is a success
EXIT_CODES = {"SIGHUP": 129, "SIGINT": 130, "SIGPIPE": 141, "SIGTERM": 143, "SIGUSR1": 75, "output": 74, "diverged": 1}


@contextmanager
def stop_on_signals(inbox: Inbox) -> Iterator[None]:
    """The first signal asks for a stop at the next step boundary; a second one within 10 s leaves at once."""
    last = -SECOND_SIGNAL_SECONDS

    def on_signal(number: int, frame: FrameType | None) -> None:
        nonlocal last
        name, now = signal.Signals(number).name, time.monotonic()
        # a hangup comes twice, from the kernel and from the shell: nobody is impatient
        if now - last < SECOND_SIGNAL_SECONDS and name != "SIGHUP":
            raise SystemExit(EXIT_CODES[name])
        last = now
        inbox.put(Stop(), name)

    numbers = [signal.SIGINT, signal.SIGTERM, signal.SIGUSR1]
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # nohup and detached workers stay
        numbers.append(signal.SIGHUP)
    before = {number: signal.signal(number, on_signal) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def exit_code(event: Event | None) -> int:
    """The exit code of a process whose run or sweep ended with `event`; 1 where a sweep has lost every lane."""
    if isinstance(event, Swept):
        return 0 if event.winner is not None else 1
    return EXIT_CODES.get(event.cause, 0) if isinstance(event, Stopped) else 0
