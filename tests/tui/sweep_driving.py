"""A Sweep screen under test: a real application on a real sweep directory, driven without a terminal."""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from lrtui.tui.app import LrtuiApp
from lrtui.tui.screens.sweep import SweepScreen
from lrtui.tui.settings import Settings
from lrtui.tui.sweep_state import SweepView
from tests.runs.swept import told_sweep
from tests.tui.driving import DrivenApp, played


class Started(LrtuiApp):
    """The application, but for the workers it starts: they are kept."""

    CSS_PATH = Path(__file__).parents[2] / "lrtui" / "tui" / "app.tcss"

    def __init__(self, home: Path, settings: Settings, **more: Any) -> None:
        super().__init__(home, settings, **more)
        self.started: list[list[str]] = []

    def start_worker(self, arguments: Sequence[str]) -> None:
        self.started.append(list(arguments))


class DrivenSweep(DrivenApp):
    """An application with a sweep open."""

    app: Started

    @property
    def sweep(self) -> SweepScreen:
        screen = self.app.get_screen_stack("sweep")[0]
        assert isinstance(screen, SweepScreen)
        return screen

    @property
    def screen(self) -> SweepScreen:
        return self.sweep

    async def pretend(self, view: SweepView | None, *, read_only: bool = False) -> None:
        """Show this view as if it were the sweep's, look at the disk no more, and catch the commands from now on."""
        await self.take_over(read_only=read_only)
        self.sweep.view = view
        self.sweep.show_sweep()
        await self.pilot.pause()


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
    # a test asks for a look itself: no timer may come in between
    app = Started(home, Settings(**{"hz": 0.2, **settings}), run=name, read_only=read_only)
    played(app, DrivenSweep, scenario, size)
