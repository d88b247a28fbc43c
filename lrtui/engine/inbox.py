"""Where commands wait for a step boundary: a person's as they come, a script's at their steps."""

import re
from collections import deque
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from lrtui.command_words import parse_command
from lrtui.errors import UsageError
from lrtui.messages import Command, Extend, Stop

Asker = tuple[str, int]  # a client's name and its own number for the command


class Received(NamedTuple):
    """A command, who sent it, its line in the `--at` script if it came from there, and who waits for an answer."""

    command: Command
    cause: str = "user"
    script: int | None = None
    asker: Asker | None = None


class Scripted(NamedTuple):
    step: int
    line: int
    command: Command


class Inbox:
    """`put` may be called by any thread or signal handler; the session alone takes, between two steps."""

    def __init__(self, script: Iterable[Scripted] = ()) -> None:
        self._live: deque[Received] = deque()
        self._script = deque(sorted(script, key=lambda line: (line.step, line.line)))
        self.stopping = False  # somebody wants the run to end: what takes long gives way

    def put(self, command: Command, cause: str = "user", asker: Asker | None = None) -> None:
        self._live.append(Received(command, cause, asker=asker))
        self.stopping = self.stopping or isinstance(command, Stop)

    @property
    def live(self) -> bool:
        """Whether a command waits that did not come from the script."""
        return bool(self._live)

    @property
    def stop_is_next(self) -> bool:
        """Whether the next command that did not come from the script is a Stop."""
        return bool(self._live) and isinstance(self._live[0].command, Stop)

    @property
    def next_scripted(self) -> float:
        """The step of the script's next line; infinity when it is done."""
        return self._script[0].step if self._script else float("inf")

    @property
    def unreached(self) -> int:
        """Lines of the script that have not come due."""
        return len(self._script)

    def take(self, step: int) -> Received | None:
        """The next command due at `step`, the script's first; None when there is none."""
        if self._script and self._script[0].step <= step:
            line = self._script.popleft()
            return Received(line.command, "script", line.line)
        return self._live.popleft() if self._live else None

    def take_sent(self) -> Received | None:
        """The next command that did not come from the script; None when there is none."""
        return self._live.popleft() if self._live else None

    def scripted_after(self, step: int) -> float:
        """The step of the script's first line past `step`; infinity where there is none."""
        return next((float(line.step) for line in self._script if line.step > step), float("inf"))

    def wait(self) -> bool:
        """Wait a moment for a command while training is paused; False when none can ever come."""
        return self.live


def parse_script(lines: Iterable[str], done: frozenset[int] = frozenset()) -> list[Scripted]:
    """The `--at STEP:COMMAND` lines, less those already `done`. Raises UsageError for a line that cannot be meant."""
    script = []
    for number, line in enumerate(lines):
        match = re.fullmatch(r"\s*(\d+)\s*:(.+)", line)
        if not match:
            raise UsageError(
                f"--at {line!r} is not STEP:COMMAND", "For example --at 10000:decay or --at 12000:lr=0.002."
            )
        try:
            command = parse_command(match[2])
        except UsageError as error:
            raise UsageError(f"--at {line!r}: {error.message}", error.hint) from None
        if number not in done:
            script.append(Scripted(int(match[1]), number, command))
    return script


def out_of_reach(script: Iterable[Scripted], lines: Sequence[str], steps: int) -> list[str]:
    """A sentence for each of the `lines` of a script that a run of `steps` steps does not come to."""
    script = list(script)
    if any(isinstance(line.command, Extend) for line in script):
        return []
    late = [lines[line.line].strip() for line in script if line.step > steps]
    return [f"--at {line} is never reached unless the run is extended: it ends at step {steps:,}" for line in late]
