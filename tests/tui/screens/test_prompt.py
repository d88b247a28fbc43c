"""A prompt previews while typing, refuses what the check refuses, and answers None when cancelled."""

import asyncio

import pytest
from textual.events import Key
from textual.pilot import Pilot
from textual.widgets import Input

from lrtui.errors import UsageError
from lrtui.tui.screens.prompt import Prompt
from tests.tui.stage import Stage, screen_text
from tests.tui.worst import WORST, obeyed


def doubled(text: str) -> str:
    try:
        return f"2 × {text} = {2 * float(text):g}"
    except ValueError:
        raise UsageError(f"{text!r} is no number", "Write digits.") from None


def asked(prompt: Prompt, *keys: str) -> tuple[list[str | None], str]:
    """What the prompt answered after these keys, and the screen before it closed."""
    answers: list[str | None] = []

    async def scenario() -> str:
        app = Stage()
        async with app.run_test(size=(80, 24)) as pilot:
            app.push_screen(prompt, answers.append)
            await pilot.pause()
            return await _press(pilot, keys)

    async def _press(pilot: Pilot[None], keys: tuple[str, ...]) -> str:
        seen = ""
        for key in keys:
            seen = screen_text(pilot.app)
            await pilot.press(key)
            await pilot.pause()
        return seen

    return answers, asyncio.run(scenario())


def test_enter_answers_what_was_typed_and_the_preview_followed() -> None:
    answers, seen = asked(Prompt("Rate", "1", check=doubled, hint="above 0"), "end", "5", "enter")
    assert answers == ["15"]
    assert "2 × 15 = 30" in seen
    assert "Rate" in seen
    assert "above 0" in seen


def test_typing_replaces_the_value_that_stood_there() -> None:
    assert asked(Prompt("Rate", "0.001"), "7", "enter")[0] == ["7"]


def test_enter_refuses_what_the_check_refuses() -> None:
    answers, seen = asked(Prompt("Rate", "", check=doubled), "x", "enter", "enter")
    assert answers == []
    assert "'x' is no number. Write digits." in seen


@pytest.mark.parametrize("key", ["escape", "ctrl+q", "ctrl+c"])
def test_cancelling_answers_nothing(key: str) -> None:
    assert asked(Prompt("Rate", ""), "5", key)[0] == [None]


def test_letters_are_typed_not_obeyed() -> None:
    assert asked(Prompt("Name", ""), "q", "1", "question_mark", "enter")[0] == ["q1?"]


def test_keys_that_come_in_one_burst_are_obeyed_in_their_order() -> None:
    async def scenario() -> str:
        app = Stage()
        async with app.run_test() as pilot:
            app.push_screen(Prompt("Rate", "100"))
            await pilot.pause()
            for key in ("backspace", "3", "0", "backspace", "7", "home", "1"):
                app.post_message(Key(key, key if len(key) == 1 else None))
            await pilot.pause()
            return app.screen.query_one(Input).value

    assert asyncio.run(scenario()) == "137"


@pytest.mark.parametrize("text", WORST)
def test_the_worst_texts_are_shown_safely(text: str) -> None:
    async def scenario() -> str:
        app = Stage()
        async with app.run_test(size=(80, 24)) as pilot:
            app.push_screen(Prompt(text, text, check=lambda typed: text + typed, hint=text))
            await pilot.pause()
            app.screen.query_one(Input).insert_text_at_cursor(text)
            await pilot.pause()
            return screen_text(app)

    assert obeyed(asyncio.run(scenario()).replace("\n", "")) == []


def test_its_cursor_does_not_blink() -> None:
    async def scenario() -> bool:
        app = Stage()
        async with app.run_test() as pilot:
            app.push_screen(Prompt("Rate"))
            await pilot.pause()
            return app.screen.query_one(Input).cursor_blink

    assert asyncio.run(scenario()) is False
