"""A training screen under test: a real application on a real run directory, driven without a terminal."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from lrtui.messages import Command
from lrtui.tui.app import LrtuiApp
from lrtui.tui.screens.train import TrainScreen
from lrtui.tui.settings import Settings
from lrtui.tui.state import RunView
from lrtui.tui.widgets.figures import Figures
from tests.runs.story import told_run

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


class Driven:
    """One application with one run open, and what a test does with it."""

    def __init__(self, app: LrtuiApp, pilot: Pilot[Any]) -> None:
        self.app, self.pilot = app, pilot
        self.link = FakeLink()

    @property
    def train(self) -> TrainScreen:
        screen = self.app.get_screen_stack("train")[0]
        assert isinstance(screen, TrainScreen)
        return screen

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def until(self, true: Callable[[], object]) -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not true():
            assert time.monotonic() < deadline, "what the test waits for did not come"
            await self.pilot.pause(0.01)

    async def pretend(self, view: RunView, *, read_only: bool = False) -> None:
        """Show this view as if it were the run's, look at the disk no more, and catch the commands from now on."""
        train = self.train
        train.eye.close()
        await self.until(lambda: not train.eye.is_looking)
        train.view, train.read_only, train._expected = view, read_only, None
        train.eye.link = None if read_only else self.link  # type: ignore[assignment]
        self.link.sent.clear()
        self.app.clear_notifications()
        train.show_run()
        await self.pilot.pause()

    def said(self) -> str:
        """What the line of figures tells of the last command."""
        return self.train.query_one(Figures)._asked

    def toasts(self) -> list[str]:
        return [notification.message for notification in self.app._notifications]


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

    async def main() -> None:
        # a test asks for a look itself: no timer may come in between
        app = LrtuiApp(home, Settings(**{"hz": 0.2, **settings}), run=run, read_only=read_only)
        async with app.run_test(size=size) as pilot:
            driven = Driven(app, pilot)
            await driven.until(lambda: driven.train.view is not None and driven.train.view.condition != "opening")
            await pilot.pause()
            await scenario(driven)

    asyncio.run(main())
