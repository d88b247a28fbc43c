"""A choice answers by an answer's key, by enter on it, or None."""

import asyncio

import pytest

from lrtui.tui.screens.choice import Answer, Choice
from tests.tui.stage import Stage, screen_text
from tests.tui.worst import WORST, obeyed

ANSWERS = (
    Answer("detach", "d", "leave it training"),
    Answer("stop", "s", "stop and save"),
    Answer("stay", "c", "stay"),
)


@pytest.mark.parametrize(
    ("keys", "answer"),
    [(["s"], "stop"), (["enter"], "detach"), (["down", "enter"], "stop"), (["escape"], None), (["x", "ctrl+c"], None)],
)
def test_answers(keys: list[str], answer: str | None) -> None:
    answers: list[str | None] = []

    async def scenario() -> None:
        app = Stage()
        async with app.run_test(size=(80, 24)) as pilot:
            app.push_screen(Choice("Leave?", ANSWERS), answers.append)
            await pilot.pause()
            await pilot.press(*keys)
            await pilot.pause()

    asyncio.run(scenario())
    assert answers == [answer]


@pytest.mark.parametrize("text", WORST)
def test_the_worst_texts_are_shown_safely(text: str) -> None:
    async def scenario() -> str:
        app = Stage()
        async with app.run_test(size=(80, 24)) as pilot:
            app.push_screen(Choice(text, [Answer("a", "a", text), Answer("b", "b", "[/b]")], detail=text))
            await pilot.pause()
            return screen_text(app)

    seen = asyncio.run(scenario())
    assert obeyed(seen.replace("\n", "")) == []
    assert "[/b]" in seen
