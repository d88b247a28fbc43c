"""What the checkpoint writer has done, as events: a full disk is told once, until a checkpoint succeeds."""

from __future__ import annotations

from collections.abc import Iterator

from lrtui.engine.writer import CheckpointWriter
from lrtui.errors import DiskError
from lrtui.messages import Event, Warned


class Outcomes:
    """Follows `writer`."""

    def __init__(self, writer: CheckpointWriter) -> None:
        self._writer = writer
        self._refused = False

    def events(self, step: int) -> Iterator[Event]:
        """What there is to tell since the last call, at `step`. Raises what is no refusal of the disk."""
        for outcome in self._writer.outcomes():
            if isinstance(outcome, Event):
                self._refused = False
                yield outcome
            elif not isinstance(outcome, DiskError):
                raise outcome
            elif not self._refused:
                self._refused = True
                yield Warned(step, message=f"{outcome.message}; the checkpoint before stands, training goes on")
