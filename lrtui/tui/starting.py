"""A worker that is started from a screen: in a thread, because what it imports takes seconds."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from textual.app import App
from textual.message import Message
from textual.message_pump import MessagePump

from lrtui.errors import LrtuiError


@dataclass
class Began(Message):
    """A worker this application has started trains the run of this name."""

    name: str


@dataclass
class NotBegun(Message):
    """A worker could not begin: why, in a sentence."""

    said: str


def start(app: App[Any], arguments: Sequence[str], asking: MessagePump | None = None) -> None:
    """Run `lrtui ARGUMENTS` detached; `app` gets one message of what became of it.

    That it could not begin is told to the screen that is `asking` first, while there is one; it bubbles to `app`.
    """
    # A thread that nobody waits for: leaving while PyTorch loads must not take until it has loaded.
    threading.Thread(target=_spawn, args=(app, list(arguments), asking), name="lrtui-spawn", daemon=True).start()


def _spawn(app: App[Any], arguments: Sequence[str], asking: MessagePump | None) -> None:
    from lrtui.worker.detach import spawn

    outcome: Message
    try:
        outcome = Began(spawn(arguments).name)
    except LrtuiError as error:
        outcome = NotBegun(error.sentence)
    except OSError as error:
        outcome = NotBegun(f"the worker cannot be started: {error.strerror}")
    if app.is_running:  # or else it was left meanwhile
        told = asking if asking is not None and asking.is_running and isinstance(outcome, NotBegun) else app
        told.post_message(outcome)
