"""The application with places that only remember what they were asked."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from textual.pilot import Pilot
from textual.screen import Screen

from lrtui.errors import UsageError
from lrtui.tui import app as app_module
from lrtui.tui.app import LrtuiApp
from lrtui.tui.keys import bindings
from lrtui.tui.settings import Settings


class Place(Screen[None]):
    """Stands for a real screen and remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Any] = []


class Train(Place):
    BINDINGS = bindings("train")

    def watch_run(self, name: str, read_only: bool) -> None:
        if name == "nobody":
            raise UsageError("there is no run nobody")
        self.asked.append((name, read_only))

    def action_decay(self) -> None:
        self.asked.append("decay")

    def action_leave(self) -> None:
        self.asked.append("leave")

    def send_words(self, text: str) -> None:
        self.asked.append(text)


class New(Place):
    BINDINGS = bindings("new")

    def fill(self, config: object, init_from: str) -> None:
        self.asked.append((config, init_from))


class Runs(Place):
    BINDINGS = bindings("runs")


class Bare(LrtuiApp, inherit_bindings=True):
    MODES = {"train": Train, "runs": Runs, "new": New}  # noqa: RUF012
    CSS_PATH = str(Path(app_module.__file__).with_name("app.tcss"))


Scenario = Callable[[Bare, Pilot[int]], Awaitable[None]]


def played(home: Path, scenario: Scenario, settings: Settings | None = None, **more: Any) -> Bare:
    """The application after `scenario`."""
    app = Bare(home, settings or Settings(), **more)

    async def play() -> None:
        async with app.run_test(size=(120, 40), notifications=True) as pilot:
            await pilot.pause()
            await scenario(app, pilot)

    asyncio.run(play())
    return app


async def until(pilot: Pilot[int], true: Callable[[], bool]) -> None:
    for _ in range(1000):
        if true():
            return
        await pilot.pause(0.005)
    raise AssertionError("waited in vain")
