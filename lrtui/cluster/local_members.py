"""Members of a pool that are processes on this machine: one a core, or one a device."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lrtui.cluster.frame_process import FrameProcess
from lrtui.cluster.wire import Done, Frame, Setup
from lrtui.engine.build import Workplace
from lrtui.errors import LrtuiError

SECONDS_TO_END = 5.0


class LocalMember(FrameProcess):
    """One process."""

    def __init__(self, setup: Setup) -> None:
        super().__init__("lrtui.cluster.pack_process", SECONDS_TO_END)
        self._setting_up = True
        self.post(setup)

    def post(self, job: Frame) -> None:
        try:
            self.send(job)
        except OSError:
            raise _ended() from None

    def ready(self) -> bool:
        return True

    def news(self) -> list[str]:
        return []

    def take(self) -> Done:
        done = self.receive(Done)
        if done is not None and self._setting_up and not done.error:
            self._setting_up, done = False, self.receive(Done)
        if done is None:
            raise _ended()
        return done


def _ended() -> LrtuiError:
    return LrtuiError("a process that trains lanes has ended", "Resume the sweep: it goes on from its newest state.")


def setup_on(place: Workplace, device: str, home: str = "", text: bytes = b"") -> Setup:
    """What a member needs to train lanes of this `place` on a device of its own."""
    train = place.config.train.model_copy(update={"device": device})
    config = place.config.model_copy(update={"train": train})
    return Setup(config.model_dump_json(), place.data.sha256, home=home, text=text, corpus=place.data.name)


def local_members(place: Workplace, home: Path, devices: Sequence[str]) -> list[LocalMember]:
    """A process for each of `devices`. Raises LrtuiError."""
    members: list[LocalMember] = []
    try:
        for device in devices:
            members.append(LocalMember(setup_on(place, device, str(home))))
    except BaseException:
        for member in members:
            member.close()
        raise
    return members
