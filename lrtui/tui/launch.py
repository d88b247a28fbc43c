"""Runs the screens on a real terminal, and leaves that terminal as it was: whatever ends them.

A hung-up terminal must not be written to, and Textual would read its end of file for ever; a terminated one must be
taken out of the alternate screen.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
import threading
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from lrtui.errors import LrtuiError, UsageError
from lrtui.printable import printable

if TYPE_CHECKING:
    from lrtui.tui.app import LrtuiApp
    from lrtui.tui.settings import Settings

DEBUG_VARIABLE = "LRTUI_DEBUG"
CRASH_LOG = "lrtui-crash.log"
HUNG_UP, TERMINATED = 128 + signal.SIGHUP, 128 + signal.SIGTERM
_SECONDS_TO_PAINT, _SECONDS_TO_LEAVE = 1.0, 5.0


def launch(home: Path, settings: Settings, run: str | None = None, read_only: bool = False) -> NoReturn:
    """Show the screens until they are left, and end the process. Without a run: the newest live one, or a new run.

    Raises UsageError where there is no terminal for it, or no such run.
    """
    check_terminal()
    if run is None:
        from lrtui.runs.live import newest_live_run

        run = newest_live_run(home)
    else:
        from lrtui.runs.directory import open_run

        run = open_run(home, run).name
    _leave_when_hung_up()
    for exported in ("COLUMNS", "LINES"):
        os.environ.pop(exported, None)  # or Rich and Textual take them for the size, whatever the terminal says
    gc.disable()  # until it is painted: collecting while modules load takes a sixth of the time until then
    from lrtui.tui.app import LrtuiApp

    app = LrtuiApp(home, settings, run=run, read_only=read_only)
    _run(app, mouse=settings.mouse)
    if app.failure is not None:
        _tell_crash(app.failure, home)
    _end(app.return_code or 0)


def check_terminal() -> None:
    """Raises UsageError where the screens cannot be shown."""
    for stream, name in ((sys.__stdin__, "stdin"), (sys.__stdout__, "stdout"), (sys.__stderr__, "stderr")):
        try:
            fits = stream is not None and stream.isatty()
        except ValueError:  # closed
            fits = False
        if not fits:
            raise UsageError(
                f"the screens need a terminal, and {name} is none",
                "`lrtui run`, `lrtui attach RUN --plain` and `lrtui ctl RUN COMMAND` need none.",
            )
    if os.environ.get("TERM", "") in ("", "dumb", "unknown"):
        raise UsageError(
            f"the screens need a terminal that can move its cursor; TERM is {os.environ.get('TERM', '')!r}",
            "`lrtui run`, `lrtui attach RUN --plain` and `lrtui ctl RUN COMMAND` do not.",
        )


def _run(app: LrtuiApp, *, mouse: bool) -> None:
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

    from lrtui.tui import terminal_input

    terminal_input.install()

    async def until_left() -> None:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, _terminate, app)
        loop.call_later(_SECONDS_TO_PAINT, _collect_garbage)
        await app.run_async(mouse=mouse)
        # Who leaves does not wait for a look at a directory that does not answer: a fresh executor has no threads.
        loop.set_default_executor(ThreadPoolExecutor(1))

    asyncio.run(until_left())


def _end(code: int) -> NoReturn:
    """End the process now: Python would join every thread first, and one may hang in a file system for ever."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def _collect_garbage() -> None:
    gc.freeze()  # classes and modules stay: collections need not look at them again
    gc.enable()


def _terminate(app: LrtuiApp) -> None:
    # A terminal that does not read would hold the way out for ever.
    timer = threading.Timer(_SECONDS_TO_LEAVE, os._exit, (TERMINATED,))
    timer.daemon = True
    timer.start()
    app.exit(return_code=TERMINATED)


def _leave_when_hung_up() -> None:
    """End at once, without a byte to a terminal that is gone; the training does not depend on us."""
    # nohup leaves the signal ignored
    signal.signal(signal.SIGHUP, lambda *_: os._exit(HUNG_UP))
    threading.Thread(target=_wait_for_hangup, name="lrtui-hangup", daemon=True).start()


def _wait_for_hangup() -> None:
    """Blocks until the terminal is gone: a signal need not have come, and the main thread may be stuck in a write."""
    import select

    gone = select.poll()
    gone.register(0, 0)  # a hang-up is reported without being asked for
    while True:
        for _, state in gone.poll():
            if state & (select.POLLHUP | select.POLLERR):
                os._exit(HUNG_UP)
            return  # not a file this system can watch


def _tell_crash(error: Exception, home: Path) -> None:
    report = "".join(traceback.format_exception(error))
    where = ""
    try:
        log = home / CRASH_LOG
        with log.open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(report + "\n")
        where = f"; the traceback is in {printable(str(log))}"
    except OSError:
        pass
    if os.environ.get(DEBUG_VARIABLE):
        print(report, file=sys.__stderr__)
    said = error.sentence if isinstance(error, LrtuiError) else f"{type(error).__name__}: {error}"
    print(
        f"lrtui: the screens ended by a bug of lrtui, trainings go on{where} ({printable(said)[:300]})",
        file=sys.__stderr__,
    )
