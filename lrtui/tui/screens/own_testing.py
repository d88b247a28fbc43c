"""A range test in a process of our own, for what no worker trains: it tells its points as they come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual import on
from textual.message import Message

from lrtui.messages import Event
from lrtui.tui.findings import NAMES
from lrtui.tui.keys import key_of
from lrtui.tui.own_test import OwnTest
from lrtui.tui.screens.find_place import FindPlace

if TYPE_CHECKING:
    from lrtui.worker.errand import Errand


class OwnTestingPlace(FindPlace):
    """Keeps the newest of our own tests; one at a time, the one before is dropped."""

    @dataclass
    class Told(Message):
        """Our process has told something."""

        number: int
        line: Event

    @dataclass
    class Ended(Message):
        """Our process has ended: why it failed, or nothing."""

        number: int
        problem: str

    def __init__(self) -> None:
        super().__init__()
        self._own: OwnTest | None = None
        self._errand: Errand | None = None
        self._number = 0  # of the newest process: what an earlier one told is left out

    def on_unmount(self) -> None:
        self.drop()

    def known(self, whose: OwnTest) -> OwnTest | None:
        """Our newest test, where it is of the same model."""
        own = self._own
        return own if own is not None and (own.subject, own.arguments) == (whose.subject, whose.arguments) else None

    def carry_out(self, own: OwnTest, words: Sequence[str]) -> None:
        """Run `lrtui WORDS`; what it finds is `own`'s."""
        from lrtui.worker.errand import Errand

        self.drop()
        self._number, self._own = self._number + 1, own
        number = self._number
        self._errand = Errand(
            [*words, "--home", str(self.app.home)],
            told=lambda event: self._post(self.Told(number, event)),
            ended=lambda problem: self._post(self.Ended(number, problem)),
        )
        self.follow()

    def drop(self) -> None:
        """Nobody waits any more for what our process would find."""
        if self._errand is not None:
            self._errand.stop()
            self._errand = None
        if self._own is not None:
            self._own = self._own.ended(self._own.problem)

    def _post(self, message: Message) -> None:
        if self.is_running:
            self.post_message(message)

    @on(Told)
    def _our_process_told(self, message: Told) -> None:
        if self._own is not None and self._errand is not None and message.number == self._number:
            self._own = self._own.told(message.line)
            self.follow()

    @on(Ended)
    def _our_process_ended(self, message: Ended) -> None:
        if self._own is None or self._errand is None or message.number != self._number:
            return
        self._errand, asked = None, self._own.asked
        self._own = self._own.ended(message.problem)
        if not self.is_in_sight and asked:
            told = (
                message.problem
                or f"the {NAMES[asked]} is over: {key_of('find_screen', self.app.settings.keys)} shows it"
            )
            self.app.tell(told, "error" if message.problem else "info")
        self.follow()
