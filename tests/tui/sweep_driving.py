"""A Sweep screen under test: a real application on a real sweep directory, driven without a terminal."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from lrtui.tui.app import LrtuiApp
from lrtui.tui.screens.sweep import SweepScreen
from lrtui.tui.settings import Settings
from lrtui.tui.sweep_state import SweepView
from lrtui.tui.widgets.sweep_lines import SweepFigures
from tests.runs.swept import told_sweep
from tests.tui.driving import FakeLink

_PATIENCE_SECONDS = 10.0


class Started(LrtuiApp):
    """The application, but for the workers it starts: they are kept."""

    CSS_PATH = Path(__file__).parents[2] / "lrtui" / "tui" / "app.tcss"

    def __init__(self, home: Path, settings: Settings, **more: Any) -> None:
        super().__init__(home, settings, **more)
        self.started: list[list[str]] = []

    def start_worker(self, arguments: Sequence[str]) -> None:
        self.started.append(list(arguments))


class DrivenSweep:
    """One application with one sweep open, and what a test does with it."""

    def __init__(self, app: Started, pilot: Pilot[Any]) -> None:
        self.app, self.pilot = app, pilot
        self.link = FakeLink()

    @property
    def sweep(self) -> SweepScreen:
        screen = self.app.get_screen_stack("sweep")[0]
        assert isinstance(screen, SweepScreen)
        return screen

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def until(self, true: Callable[[], object]) -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not true():
            assert time.monotonic() < deadline, "what the test waits for did not come"
            await self.pilot.pause(0.01)

    async def pretend(self, view: SweepView | None, *, read_only: bool = False) -> None:
        """Show this view as if it were the sweep's, look at the disk no more, and catch the commands from now on."""
        sweep = self.sweep
        sweep.eye.close()
        await self.until(lambda: not sweep.eye.is_looking)
        sweep.view, sweep.read_only = view, read_only
        sweep.eye.link = None if read_only else self.link  # type: ignore[assignment]
        self.link.sent.clear()
        self.app.clear_notifications()
        sweep.show_sweep()
        await self.pilot.pause()

    def said(self) -> str:
        """What the line of figures tells of the last command."""
        return self.sweep.query_one(SweepFigures)._asked

    def toasts(self) -> list[str]:
        return [notification.message for notification in self.app._notifications]


def drive_sweep(
    home: Path,
    scenario: Callable[[DrivenSweep], Awaitable[None]],
    *,
    size: tuple[int, int] = (120, 40),
    name: str = "brave-owl",
    read_only: bool = False,
    **settings: Any,
) -> None:
    """Open the sweep `name` of `home` (a finished story where there is none) and do what `scenario` says."""
    if not (home / "checkpoints" / name).exists():
        told_sweep(home, name)

    async def main() -> None:
        # a test asks for a look itself: no timer may come in between
        app = Started(home, Settings(**{"hz": 0.2, **settings}), run=name, read_only=read_only)
        async with app.run_test(size=size) as pilot:
            driven = DrivenSweep(app, pilot)
            await driven.until(lambda: driven.sweep.view is not None and driven.sweep.view.condition != "opening")
            await pilot.pause()
            await scenario(driven)

    asyncio.run(main())
