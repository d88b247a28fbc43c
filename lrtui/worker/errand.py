"""An `lrtui` process that only has something to tell: its events as they come, for as long as whoever asked wants them.

It is no worker: it trains nothing that stays, and where nobody listens any more it ends at its next word.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence

from lrtui.messages import Event, decode_event
from lrtui.runs.events import UNREADABLE
from lrtui.worker.detach import WorkerFailedError

#: a verdict, of whatever kind: `lrtui find` ends with 1 where it refuses to suggest a rate
_SAID = (0, 1)


class Errand:
    """Runs `lrtui ARGUMENTS`, which prints one JSON event a line.

    `told` and `ended` are called from another thread: the first with each event, the second once, with a sentence why
    it failed; empty where it did not. After `stop` neither is.
    """

    def __init__(
        self, arguments: Sequence[str], *, told: Callable[[Event], None], ended: Callable[[str], None]
    ) -> None:
        self._told, self._ended = told, ended
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False
        self._lock = threading.Lock()
        # A thread that nobody waits for: leaving while PyTorch loads must not take until it has loaded.
        threading.Thread(target=self._run, args=(list(arguments),), name="lrtui-errand", daemon=True).start()

    def stop(self) -> None:
        """Have it end; nothing is called from now on. Never waits."""
        with self._lock:
            self._stopped = True
            if self._process is not None:
                with contextlib.suppress(OSError):
                    self._process.kill()

    def _run(self, arguments: list[str]) -> None:
        # A file, not a pipe: nobody reads what it says besides its events while it runs.
        with tempfile.TemporaryFile() as stderr:
            try:
                code, spoke = self._listen(arguments, stderr)
            except OSError as error:
                self._end(f"it cannot be started: {error.strerror}")
                return
            stderr.seek(0)
            said = stderr.read().decode("utf-8", "replace")
        self._end("" if spoke and code in _SAID else WorkerFailedError(said, code).sentence)

    def _listen(self, arguments: list[str], stderr: object) -> tuple[int, bool]:
        """Its exit code, and whether it told anything."""
        spoke = False
        with self._lock:
            if self._stopped:
                return 0, False
            self._process = process = subprocess.Popen(
                [sys.executable, "-m", "lrtui", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stderr,  # type: ignore[call-overload]
                start_new_session=True,  # ctrl+c and ctrl+z of the terminal are the screen's
            )
        with process:
            for line in process.stdout or ():
                try:
                    event = decode_event(line)
                except UNREADABLE:
                    continue
                spoke = True
                if not self._stopped:
                    self._told(event)
        return process.returncode, spoke

    def _end(self, problem: str) -> None:
        if not self._stopped:
            self._ended(problem)
