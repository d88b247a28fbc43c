"""A shell in tmux, on a server of its own: what a person would see, row by row, while typing."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

#: of the shell
PROMPT = "ready>"


class Tmux:
    """Starts a shell on `columns` × `lines` cells; use as a context manager, the server ends with it."""

    def __init__(self, home: Path, columns: int = 120, lines: int = 40) -> None:
        self._socket = home / "tmux"
        env = {"LRTUI_HOME": str(home), "XDG_CONFIG_HOME": str(home), "LC_ALL": "C.UTF-8"}
        self._begin = ["-f", os.devnull, "-u", "new-session", "-d", "-x", str(columns), "-y", str(lines)]
        self._begin += [f for name, value in env.items() for f in ("-e", f"{name}={value}")] + ["/bin/sh"]

    def __enter__(self) -> Self:
        self._run(*self._begin)
        try:
            self.wait_for(str.strip)
            self.type(f"PS1={PROMPT[:-1]}'{PROMPT[-1]}'\n")  # some shells take none from the environment
            self.wait_for_prompt()
        except BaseException:
            self._run("kill-server")
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._run("kill-server")

    def _run(self, *arguments: str) -> str:
        # a size in the environment would be taken for that of the new terminal
        foreign = ("TMUX", "ENV", "COLUMNS", "LINES")
        environment = {name: value for name, value in os.environ.items() if name not in foreign}
        command = ["tmux", "-S", str(self._socket), *arguments]
        return subprocess.run(command, check=True, env=environment, capture_output=True, text=True).stdout

    def type(self, text: str) -> None:
        """Type `text` as it is; a newline is enter."""
        self._run("send-keys", "-l", text)

    def shown(self) -> str:
        """The rows of the terminal as they are now, without trailing blanks."""
        return self._run("capture-pane", "-p")

    def wait_for(self, true: Callable[[str], object], seconds: float = 20.0) -> str:
        """The first rows for which `true` holds."""
        deadline = time.monotonic() + seconds
        while not true(shown := self.shown()):
            assert time.monotonic() < deadline, f"waited {seconds:g} s in vain; the terminal shows\n{shown}"
            time.sleep(0.05)
        return shown

    def wait_for_text(self, pattern: str, seconds: float = 20.0) -> str:
        """The first rows in which the regular expression `pattern` is found."""
        return self.wait_for(lambda shown: re.search(pattern, shown), seconds)

    def wait_for_prompt(self) -> None:
        """Until the shell waits for a command."""
        self.wait_for(lambda shown: shown.rstrip().endswith(PROMPT))

    def settled(self, part: Callable[[str], object]) -> str:
        """The rows as soon as `part` of them has stayed the same for longer than a screen takes to paint."""
        shown = self.shown()
        while True:
            time.sleep(0.3)
            before, shown = shown, self.shown()
            if part(before) == part(shown):
                return shown
