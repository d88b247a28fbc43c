"""A training screen under test: a real application on a real run directory, driven without a terminal."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from textual.pilot import Pilot

from lrtui.messages import Command
from lrtui.tui.app import LrtuiApp
from lrtui.tui.screens.sweep import SweepScreen
from lrtui.tui.screens.train import TrainScreen
from lrtui.tui.settings import Settings
from lrtui.tui.state import RunView
from lrtui.tui.widgets.figures import Figures
from tests.runs.story import told_run
from tests.tui.screen_text import screen_text

_PATIENCE_SECONDS = 10.0


class FakeLink:
    """Keeps the commands instead of sending them."""

    def __init__(self) -> None:
        self.sent: list[Command] = []

    def send(self, command: Command) -> None:
        self.sent.append(command)

    def close(self) -> None:
        pass

    def join(self, timeout: float) -> None:
        pass


class DrivenApp:
    """One application with one run or sweep open, and what a test does with it."""

    def __init__(self, app: LrtuiApp, pilot: Pilot[Any]) -> None:
        self.app, self.pilot = app, pilot
        self.link = FakeLink()

    @property
    def screen(self) -> TrainScreen | SweepScreen:
        """The screen that the run or sweep is open on."""
        raise NotImplementedError

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def until(self, true: Callable[[], object]) -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not true():
            assert time.monotonic() < deadline, f"what the test waits for did not come:\n{screen_text(self.app)}"
            await self.pilot.pause(0.01)

    async def take_over(self, *, read_only: bool) -> None:
        """Look at the disk no more, and catch the commands from now on."""
        screen = self.screen
        screen.eye.close()
        await self.until(lambda: not screen.eye.is_looking)
        screen.read_only = read_only
        screen.eye.link = None if read_only else self.link  # type: ignore[assignment]
        self.link.sent.clear()
        self.app.clear_notifications()

    async def machine_says(self, told: str) -> None:
        """Show this of the machine: what it really does now is not the same everywhere."""
        await self.until(lambda: not self.screen.gauge.is_measuring)
        self.screen.gauge.is_measuring = True
        self.screen.query_one(Figures).show_host(told)
        await self.pilot.pause()

    def said(self) -> str:
        """What the line of figures tells of the last command."""
        return self.screen.query_one(Figures)._asked

    def toasts(self) -> list[str]:
        return [notification.message for notification in self.app._notifications]


class Driven(DrivenApp):
    """An application with a run open."""

    @property
    def train(self) -> TrainScreen:
        screen = self.app.get_screen_stack("train")[0]
        assert isinstance(screen, TrainScreen)
        return screen

    @property
    def screen(self) -> TrainScreen:
        return self.train

    async def pretend(self, view: RunView, *, read_only: bool = False) -> None:
        """Show this view as if it were the run's, look at the disk no more, and catch the commands from now on."""
        await self.take_over(read_only=read_only)
        self.train.view, self.train._expected = view, None
        self.train.show_run()
        await self.pilot.pause()


_Driven = TypeVar("_Driven", bound=DrivenApp)


def played(
    app: LrtuiApp,
    made: Callable[[LrtuiApp, Pilot[Any]], _Driven],
    scenario: Callable[[_Driven], Awaitable[None]],
    size: tuple[int, int],
) -> None:
    """Do what `scenario` says with `app`, once it shows what it opened."""

    async def main() -> None:
        async with app.run_test(size=size) as pilot:
            driven = made(app, pilot)
            await driven.until(lambda: driven.screen.view is not None and driven.screen.view.condition != "opening")
            await pilot.pause()
            await scenario(driven)

    asyncio.run(main())


def drive(
    home: Path,
    scenario: Callable[[Driven], Awaitable[None]],
    *,
    size: tuple[int, int] = (120, 40),
    run: str = "quiet-otter",
    read_only: bool = False,
    **settings: Any,
) -> None:
    """Open `run` of `home` (a finished story where there is none) and do what `scenario` says."""
    if not (home / "checkpoints" / run).exists():
        told_run(home, run)
    # a test asks for a look itself: no timer may come in between
    app = LrtuiApp(home, Settings(**{"hz": 0.2, **settings}), run=run, read_only=read_only)
    played(app, Driven, scenario, size)
