"""A pane shows any text in its width, obeys none of it, and redraws only the rows that changed."""

import asyncio
from collections.abc import Iterable
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.text import Text
from textual.geometry import Region

from lrtui.tui.widgets.pane import Pane
from tests.tui.stage import Stage, rows, screen_text, strips
from tests.tui.worst import WORST, obeyed

any_text = st.text(st.characters(exclude_categories=()), max_size=60)
styled = st.builds(lambda text, style: Text(text, style=style), any_text, st.sampled_from(["", "bold red", "dim"]))


@given(st.lists(st.lists(any_text | styled, max_size=5), min_size=1, max_size=4), any_text)
@settings(max_examples=60)
def test_any_text_fits_and_nothing_of_it_is_obeyed(pages: list[list[str | Text]], title: str) -> None:
    async def scenario() -> None:
        pane = Pane()
        async with Stage(pane).run_test(size=(30, 8)):
            for page in pages:
                pane.show(page, title)
                for strip in strips(pane):
                    assert obeyed(strip.text) == []
                    assert sum(cell_len(segment.text) for segment in strip) == strip.cell_length == pane.size.width

    asyncio.run(scenario())


@pytest.mark.parametrize("text", WORST)
def test_the_worst_texts_reach_no_terminal_as_lines_or_title(text: str) -> None:
    async def scenario() -> None:
        pane = Pane()
        app = Stage(pane)
        async with app.run_test(size=(40, 8)) as pilot:
            pane.show([text, Text(text)], text)
            await pilot.pause()
            assert obeyed(screen_text(app).replace("\n", "")) == []

    asyncio.run(scenario())


def test_markup_is_text() -> None:
    async def scenario() -> None:
        pane = Pane()
        app = Stage(pane)
        async with app.run_test(size=(40, 5)) as pilot:
            pane.show(["[b]not bold[/b] [/]"], "[red]title[/red]")
            await pilot.pause()
            assert rows(pane)[0].rstrip() == "[b]not bold[/b] [/]"
            assert "[red]title[/red]" in screen_text(app)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        (["a", "b", "c"], ["a", "x", "c"], [1]),
        (["a", "b"], ["a"], [1]),
        (["a"], ["a", "b", "c"], [1, 2]),
        (["a", Text("b")], ["a", Text("b")], []),
        ([Text("a")], [Text("a", style="bold")], [0]),
        ([Text("a")], [Text.assemble(("a", "bold"))], [0]),
        (["a"], ["a"] + ["far below"] * 50, [1, 2, 3]),
    ],
)
def test_only_changed_rows_are_redrawn(before: list[str | Text], after: list[str | Text], changed: list[int]) -> None:
    async def scenario() -> None:
        pane = Pane()
        async with Stage(pane).run_test(size=(20, 6)):
            assert pane.size.height == 4
            pane.show(before, "t")
            with patch.object(pane, "refresh", wraps=pane.refresh) as refresh:
                pane.show(after, "t")
            regions: Iterable[Region] = [region for call in refresh.call_args_list for region in call.args]
            assert [region.y for region in regions] == changed
            assert refresh.call_count == (1 if changed else 0)

    asyncio.run(scenario())


def test_a_text_changed_by_its_owner_later_is_seen_as_changed() -> None:
    async def scenario() -> None:
        pane, line = Pane(), Text("step 1")
        async with Stage(pane).run_test(size=(20, 6)):
            pane.show([line])
            line.plain = "step 2"
            pane.show([line])
            assert rows(pane)[0].rstrip() == "step 2"

    asyncio.run(scenario())
