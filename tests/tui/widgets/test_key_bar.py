"""The key bar names the keys of its screen as they are mapped, cut by whole entries, with help and quit at the end."""

import asyncio

import pytest
from textual.screen import Screen

from lrtui.tui.keys import bindings
from lrtui.tui.widgets.key_bar import KeyBar
from tests.tui.stage import Stage, rows


def shown(width: int, keys: dict[str, str] | None = None, bar: KeyBar | None = None) -> str:
    bar = bar or KeyBar("train")

    async def scenario() -> str:
        async with Stage(bar, keys=keys).run_test(size=(width, 5)) as pilot:
            await pilot.pause()
            return rows(bar)[0].rstrip()

    return asyncio.run(scenario())


def test_a_wide_bar_names_every_labelled_key() -> None:
    assert shown(200).startswith(" d Decay  [ ] ×½ ×2  l Set")
    assert shown(200).endswith("? Help  q Quit")


@pytest.mark.parametrize("width", [37, 60, 80])
def test_a_narrow_bar_leaves_out_whole_entries_but_never_help_and_quit(width: int) -> None:
    entries = shown(width)
    assert len(entries) <= width
    assert entries.endswith("? Help  q Quit")
    assert shown(200).startswith(entries.removesuffix("  ? Help  q Quit"))


def test_help_and_quit_are_all_that_fits_a_very_narrow_bar() -> None:
    assert shown(20) == " ? Help  q Quit"


def test_re_mapped_keys_are_shown() -> None:
    assert shown(80, {"decay": "left", "quit": "Q,ctrl+q"}).startswith(" ← Decay")
    assert shown(80, {"quit": "Z,ctrl+q"}).endswith("Z Quit")


def test_without_a_scope_it_is_that_of_its_screen() -> None:
    class New(Screen[None]):
        BINDINGS = bindings("new")

        def compose(self):  # type: ignore[no-untyped-def]
            yield KeyBar()

    async def scenario() -> str:
        app = Stage()
        async with app.run_test(size=(120, 5)) as pilot:
            app.push_screen(New())
            await pilot.pause()
            return rows(app.screen.query_one(KeyBar))[0]

    assert "s Start" in asyncio.run(scenario())


def test_a_click_does_what_the_key_does() -> None:
    done: list[str] = []

    class Train(Screen[None]):
        BINDINGS = bindings("train")

        def compose(self):  # type: ignore[no-untyped-def]
            yield KeyBar("train")

        def action_decay(self) -> None:
            done.append("decay")

        def action_multiply(self, by: float) -> None:
            done.append(f"×{by}")

    async def scenario() -> None:
        app = Stage()
        async with app.run_test(size=(120, 5)) as pilot:
            app.push_screen(Train())
            await pilot.pause()
            for x in (3, 10, 17, 110):
                await pilot.click(KeyBar, offset=(x, 0))

    asyncio.run(scenario())
    assert done == ["decay", "×0.5", "×2"]
