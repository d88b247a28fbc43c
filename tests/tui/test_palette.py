"""The command palette does what keys do, and sends typed commands."""

from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Input

from tests.tui.bare import Bare, Train, played, until
from tests.tui.stage import screen_text


async def typed(app: Bare, pilot: Pilot[int], text: str) -> str:
    """What the palette offers for `text`."""
    await pilot.press("ctrl+p")
    await pilot.pause()
    app.screen.query_one(Input).value = text
    await until(pilot, lambda: "Search" not in screen_text(app) or not text)
    for _ in range(5):
        await pilot.pause(0.05)
    return screen_text(app)


def test_the_palette_does_what_keys_do(tmp_path: Path) -> None:
    async def scenario(app: Bare, pilot: Pilot[int]) -> None:
        assert "multiply the rate by train.decay_factor" in await typed(app, pilot, "train.decay")
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.asked[1:] == ["decay"] if isinstance(app.screen, Train) else False)

    played(tmp_path, scenario, run="otter")


def test_the_palette_offers_only_what_there_is(tmp_path: Path) -> None:
    async def scenario(app: Bare, pilot: Pilot[int]) -> None:
        offered = await typed(app, pilot, "")
        assert "multiply the rate by train.decay_factor" in offered
        assert "halve the rate" not in offered  # this screen has no such action
        assert "all runs of this home" in offered

    played(tmp_path, scenario, run="otter")


def test_the_palette_sends_typed_commands(tmp_path: Path) -> None:
    async def scenario(app: Bare, pilot: Pilot[int]) -> None:
        assert "send: lr 0.002" in await typed(app, pilot, "lr 0.002")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Train) and app.screen.asked[1:] == ["lr 0.002"])

    played(tmp_path, scenario, run="otter")


def test_the_palette_says_what_a_command_lacks(tmp_path: Path) -> None:
    async def scenario(app: Bare, pilot: Pilot[int]) -> None:
        assert "lr takes 1 value," in await typed(app, pilot, "lr")

    played(tmp_path, scenario, run="otter")
