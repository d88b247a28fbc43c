"""Makes the README's picture from a real run: a model in training, its rate cut by a key. `make screenshot`."""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from lrtui.messages import Stop
from lrtui.runs.directory import open_run
from lrtui.tui.app import LrtuiApp
from lrtui.tui.settings import Settings
from lrtui.worker.client import ControlClient
from lrtui.worker.detach import spawn

RUN = "quiet-otter"
#: the quick start at a rate that stays high until somebody cuts it
FLAGS = [
    "schedule.kind=constant",
    "optim.lr=1.2e-2",
    "train.sample_every=400",
    "train.eval_every=200",
    "train.threads=1",
]
CUT, LAST = 2200, 3300


async def picture(home: Path) -> str:
    """The training screen at 120×40, as SVG."""
    app = LrtuiApp(home, Settings(), run=RUN)
    async with app.run_test(size=(120, 40)) as pilot:
        await _until(pilot.pause, lambda: _step(app) >= CUT)
        await pilot.press("d")
        await _until(pilot.pause, lambda: _step(app) >= LAST)
        app.clear_notifications()
        await pilot.pause(0.5)
        return app.export_screenshot(title="lrtui")


def _step(app: Any) -> int:
    view = getattr(app.screen, "view", None)
    return view.step if view is not None else 0


async def _until(pause: Callable[[float], Awaitable[None]], true: Callable[[], bool], seconds: float = 300.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise SystemExit("the run did not get that far in time")
        await pause(0.2)


def main(path: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="lrtui-") as folder:
        home = Path(folder)
        sets = [part for flag in FLAGS for part in ("--set", flag)]
        worker = spawn(["run", "--preset", "quickstart", "--name", RUN, "--home", folder, *sets])
        try:
            svg = asyncio.run(picture(home))
        finally:
            with ControlClient(open_run(home, RUN)) as client:
                client.send(Stop())
            worker.process.wait()
    path.write_text(svg, encoding="utf-8")
    print(f"wrote {path}")


if __name__ == "__main__":
    main(Path(__file__).with_suffix(".svg"))
