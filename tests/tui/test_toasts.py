"""Toasts and dialogues: what is told is to be seen once, whatever opens over the screen it was told on."""

from pathlib import Path

from textual.pilot import Pilot
from textual.widgets._toast import Toast, ToastRack

from lrtui.tui.screens.help import Help
from lrtui.tui.screens.prompt import Prompt
from tests.tui.bare import Bare, played, until


def seen(app: Bare) -> list[list[str]]:
    """The toasts that each screen of the stack paints, from below."""
    return [
        [toast._notification.message for rack in screen.query(ToastRack) if rack.display for toast in rack.query(Toast)]
        for screen in app.screen_stack
    ]


def test_a_toast_is_seen_once_when_dialogues_open_and_close(tmp_path: Path) -> None:
    async def scenario(app: Bare, pilot: Pilot[int]) -> None:
        app.tell("undone")
        await until(pilot, lambda: seen(app) == [["undone"]])
        app.push_screen(Prompt("Set the rate"))
        await until(pilot, lambda: seen(app) == [[], ["undone"]])
        app.push_screen(Help("train"))
        await until(pilot, lambda: seen(app) == [[], [], ["undone"]])
        app.tell("saved")
        await until(pilot, lambda: seen(app) == [[], [], ["undone", "saved"]])
        app.pop_screen()
        await until(pilot, lambda: seen(app) == [[], ["undone", "saved"]])
        app.pop_screen()
        await until(pilot, lambda: seen(app) == [["undone", "saved"]])

    played(tmp_path, scenario, run="otter")
