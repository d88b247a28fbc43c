"""The questions before a training is stopped or left: nothing that costs an hour hangs on one key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from lrtui.tui.keys import key_of
from lrtui.tui.screens.choice import Answer, Choice

if TYPE_CHECKING:
    from lrtui.tui.app import LrtuiApp


def ask_to_stop(app: LrtuiApp, what: str, stop: Callable[[], None]) -> None:
    """Ask once whether `what` is to be stopped; `stop` it and leave where the answer is yes."""

    def answered(answer: str | None) -> None:
        if answer == "stop":
            stop()

    app.push_screen(Choice(f"Stop the {what}?", [_stop(what), _STAY]), answered)


def ask_to_leave(app: LrtuiApp, name: str, what: str, keymap: Mapping[str, str], stop: Callable[[], None]) -> None:
    """Ask what becomes of `what`, the live run or sweep `name`: it trains on without the screen, or `stop` ends it."""

    def answered(answer: str | None) -> None:
        if answer == "detach":
            app.exit(0)
        elif answer == "stop":
            stop()

    detach = Answer("detach", key_of("quit", keymap), "leave, and let it train on")
    question, detail = f"{name} trains on without this screen", f"lrtui attach {name} comes back to it"
    app.push_screen(Choice(question, [detach, _stop(what), _STAY], detail=detail, insisting="detach"), answered)


_STAY = Answer("stay", "c", "stay here")


def _stop(what: str) -> Answer:
    return Answer("stop", "s", f"save a checkpoint, stop the {what}, leave")
