"""The eye of a screen on a directory, and the way back: it looks in a thread, and commands leave over a link."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from textual.message import Message
from textual.screen import Screen

from lrtui.errors import LrtuiError
from lrtui.messages import Command
from lrtui.runs.directory import RunDirectory
from lrtui.tui.directory_watch import DirectoryWatch
from lrtui.tui.link import Link

_SECONDS_TO_SEND = 0.5
_Watch = TypeVar("_Watch", bound=DirectoryWatch)


class Eye(Generic[_Watch]):
    """What `screen` needs to follow a run or a sweep: looks at it, one at a time, and a link to its worker.

    `look` is the screen's own: it looks once, in a thread, and shows what came, where `watch` is still the same.
    """

    @dataclass
    class Answered(Message):
        """The worker behind `link` has carried a command out."""

        link: Link

    @dataclass
    class Refused(Message):
        """A command could not be carried out, or nobody knows whether it was."""

        link: Link
        command: Command
        error: LrtuiError

    def __init__(self, screen: Screen[Any], look: Callable[[_Watch], Coroutine[Any, Any, None]]) -> None:
        self._screen, self._look = screen, look
        self.watch: _Watch | None = None
        self.link: Link | None = None
        self.is_looking = self._again = False

    def follow(self, run: RunDirectory, watch: _Watch, *, read_only: bool) -> None:
        """Look at `run` from now on, and unless `read_only` have a link to its worker."""
        self.close()
        self.watch = watch
        if not read_only:
            self.link = self._linked(run)

    def _linked(self, run: RunDirectory) -> Link:
        link = Link(
            run,
            failed=lambda command, error: self.tell(self.Refused(link, command, error)),
            answered=lambda command, step: self.tell(self.Answered(link)),
        )
        return link

    def tell(self, message: Message) -> None:
        """Post a message to the screen from any thread; nobody waits for it once the screen is left."""
        if self._screen.is_running:
            self._screen.post_message(message)

    def send(self, command: Command) -> None:
        """Have the worker carry `command` out, where there is a link to one."""
        if self.link is not None:
            self.link.send(command)

    def close(self) -> None:
        """Look no more, and send nothing more."""
        if self.link is not None:
            self.link.close()
        self.link = self.watch = None

    def leave(self) -> None:
        """Close for good: what was asked just before is sent still."""
        link = self.link
        self.close()
        if link is not None:
            link.join(_SECONDS_TO_SEND)

    def look_now(self) -> None:
        """Look at the directory, or once more when the look under way is done."""
        if self.watch is None or not self._screen.is_mounted:
            return
        if self.is_looking:
            self._again = True
            return
        self.is_looking = True
        self._screen.run_worker(self._look_once(self.watch), group="look")

    async def _look_once(self, watch: _Watch) -> None:
        try:
            await self._look(watch)
        finally:
            self.is_looking = False
        if self._again:
            self._again = False
            self.look_now()
