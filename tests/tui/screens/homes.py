"""An application that shows the list of runs, and only writes down what its screens ask of it."""

import asyncio
import inspect
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from lrtui.config.schema import Config
from lrtui.runs.directory import RunDirectory
from lrtui.tui.app import LrtuiApp
from lrtui.tui.screens.runs import RunsScreen
from lrtui.tui.seeing import Level
from lrtui.tui.settings import Settings
from tests.runs.written import cosine_run

SECONDS = 10.0


class Asked(LrtuiApp):
    """Shows the list of runs; what it is asked for goes into `asked`, what it tells into `told`."""

    CSS_PATH = Path(inspect.getfile(LrtuiApp)).with_name("app.tcss")

    def __init__(self, home: Path, **settings: Any) -> None:
        super().__init__(home, Settings(**settings))
        self._screen_stacks, self._current_mode = {"runs": []}, "runs"  # instead of the form of a new run
        self.asked: list[tuple[object, ...]] = []
        self.told: list[str] = []

    def open_run(self, name: str, *, read_only: bool = False) -> None:
        self.asked.append(("open", name))

    def new_run(self, config: Config | None = None, init_from: str = "") -> None:
        self.asked.append(("new", config, init_from))

    def start_worker(self, arguments: Sequence[str]) -> None:
        self.asked.append(("start", *arguments))

    def tell(self, text: str, level: Level = "info") -> None:
        self.told.append(text)


def drive(
    home: Path, scenario: Callable[[Asked, Pilot[int]], Awaitable[None]], size: tuple[int, int] = (120, 40), **more: Any
) -> Asked:
    """Run a scenario on the list of runs of this home, once it has been read."""
    app = Asked(home, **more)

    async def run() -> None:
        async with app.run_test(size=size) as pilot:
            await settled(pilot)
            await scenario(app, pilot)

    asyncio.run(run())
    return app


async def settled(pilot: Pilot[Any]) -> None:
    """Until every background task of the screens, and what each has begun, has ended and what it found is shown."""
    await pilot.pause()
    while pilot.app.workers:
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()


async def until(pilot: Pilot[Any], true: Callable[[], bool]) -> None:
    """Until something is so; fails where that takes too long."""
    deadline = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        await pilot.pause(0.01)


def aged(run: RunDirectory, seconds: float) -> RunDirectory:
    """The same, written so long ago."""
    when = time.time() - seconds
    for path in [run.path, *run.path.rglob("*")]:
        os.utime(path, (when, when))
    return run


def listed(app: Asked) -> list[str]:
    screen = app.get_screen_stack("runs")[0]
    assert isinstance(screen, RunsScreen)
    return [run.name for run in screen.table._runs]


def cursor(app: Asked) -> str:
    screen = app.get_screen_stack("runs")[0]
    assert isinstance(screen, RunsScreen)
    assert screen.chosen is not None
    return screen.chosen.name


async def look(app: Asked, pilot: Pilot[int]) -> None:
    screen = app.get_screen_stack("runs")[0]
    assert isinstance(screen, RunsScreen)
    screen.look_again()
    await settled(pilot)


def four_runs(home: Path) -> Path:
    """`live` (which nobody trains yet), `fini`, `saved` and `crash`, written 30 s, 1, 2 and 3 hours ago."""
    aged(cosine_run(home, "live", ended=False), 30)
    aged(cosine_run(home, "fini"), 3600)
    aged(cosine_run(home, "saved", ended=False, stopped=True), 7200)
    aged(cosine_run(home, "crash", ended=False), 10800)
    return home
