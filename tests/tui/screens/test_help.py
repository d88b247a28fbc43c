"""The help names every key of every place, the present place first, as the keys are mapped now."""

import asyncio

from lrtui.tui.keys import KEYS
from lrtui.tui.screens.help import Help, help_text
from tests.tui.stage import Stage, screen_text


def test_every_key_is_told() -> None:
    text = help_text("train", {}).plain
    for key in KEYS:
        assert key.help in text


def test_the_present_place_is_first_then_everywhere() -> None:
    places = [line for line in help_text("runs", {}).plain.splitlines() if line and not line.startswith(" ")]
    assert places[:2] == ["Runs", "Everywhere"]
    assert places[2] == "Training"


def test_re_mapped_keys_are_told() -> None:
    assert "  g               multiply the rate by train.decay_factor" in help_text("train", {"decay": "g"}).plain


def test_it_opens_scrolls_and_closes() -> None:
    async def scenario() -> None:
        app = Stage(keys={"decay": "g"})
        async with app.run_test(size=(80, 24)) as pilot:
            app.push_screen(Help("train"))
            await pilot.pause()
            top = screen_text(app)
            assert "Training" in top
            assert "leave; the training goes on" not in top
            await pilot.press("end")
            await pilot.pause()
            assert top != screen_text(app)
            await pilot.press("escape")
            await pilot.pause()
            assert not isinstance(app.screen, Help)

    asyncio.run(scenario())
