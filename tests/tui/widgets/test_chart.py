"""The chart on a screen: its frame, its colours, and that only what changed is written again."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.app import App, ComposeResult
from textual.geometry import Region, Size
from textual.pilot import Pilot

from lrtui.figure import HUES, Curve, Look, Mark, Palette, Reference
from lrtui.plot import loss_chart
from lrtui.tui.widgets.chart import Chart, _in_frame, _row


class Screened(App[None]):
    """One chart on a screen, and another beside it for the focus."""

    CSS = "#one { height: 1fr; } #other { height: 6; }"

    def __init__(self, ascii: bool = False, palette: Palette = "standard", classes: str | None = None) -> None:
        super().__init__()
        self.as_asked = Look(ascii=ascii, palette=palette)
        self.chart = Chart(id="one", classes=classes)

    def look(self, width: int, height: int, **more: Any) -> Look:
        return replace(self.as_asked, width=width, height=height, **more)

    def compose(self) -> ComposeResult:
        yield self.chart
        yield Chart(id="other")

    def rows(self) -> list[str]:
        return [self.chart.render_line(y).text for y in range(self.chart.size.height)]

    def refreshed(self) -> list[Region]:
        """Collects what the chart asks to have painted from now on; a size of nothing stands for all of it."""
        asked: list[Region] = []
        self.chart.refresh = lambda *regions, **_: asked.extend(regions or [Region()])  # type: ignore[assignment, method-assign]
        return asked


def shown(
    scenario: Callable[[Screened, Pilot[None]], Awaitable[None]], size: tuple[int, int] = (80, 24), **given: Any
) -> None:
    async def main() -> None:
        app = Screened(**given)
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await scenario(app, pilot)

    asyncio.run(main())


def losses(n: int) -> Callable[[Look], str]:
    curve = Curve(x=range(n), y=[4.0 - min(k, 300) / 100 for k in range(n)], label="train")
    return lambda look: loss_chart([curve], look, marks=[Mark(200, "×0.1")], steps=(0, 1000))


def test_the_heading_stands_in_the_frame_and_the_chart_inside() -> None:
    async def scenario(app: Screened, pilot: Pilot[None]) -> None:
        app.chart.show(losses(500))
        rows = app.rows()
        assert app.chart.size == Size(80, 18)
        assert {len(row) for row in rows} == {80}
        assert rows[0].startswith("┌ Loss   ── train ───")
        assert rows[0].endswith("─┐")
        assert all(row[0] == row[-1] == "│" for row in rows[1:-1])
        assert rows[-1] == "└" + "─" * 78 + "┘"
        assert "×0.1" in rows[1]
        assert rows[-2].split()[1:3] == ["0", "200"]

    shown(scenario)


def test_before_anything_is_drawn_there_is_a_frame_only() -> None:
    async def scenario(app: Screened, pilot: Pilot[None]) -> None:
        rows = app.rows()
        assert rows[0] == "┌" + "─" * 78 + "┐"
        assert "".join(rows[1:-1]).strip("│ ") == ""

    shown(scenario)


def test_only_the_cells_that_changed_are_painted() -> None:
    async def scenario(app: Screened, pilot: Pilot[None]) -> None:
        app.chart.show(losses(500))
        before, asked = app.rows(), app.refreshed()
        app.chart.show(losses(500))
        assert asked == [], "an equal chart is not painted at all"
        app.chart.show(losses(530))
        after = app.rows()
        changed = {
            (x, y)
            for y, (old, new) in enumerate(zip(before, after, strict=True))
            for x in range(80)
            if old[x] != new[x]
        }
        assert changed
        for region in asked:
            assert region.height == 1
            assert (region.x, region.y) in changed, "a span begins with a changed cell"
            assert (region.right - 1, region.y) in changed, "and ends with one"
        assert changed <= {(x, region.y) for region in asked for x in range(region.x, region.right)}
        assert sum(region.area for region in asked) < 20

    shown(scenario)


def test_a_change_of_colour_alone_is_painted() -> None:
    async def scenario(app: Screened, pilot: Pilot[None]) -> None:
        app.chart.show(lambda look: "Loss\nab \x1b[38;5;32mcd\x1b[0m ef")
        asked = app.refreshed()
        app.chart.show(lambda look: "Loss\nab \x1b[38;5;172mcd\x1b[0m ef")
        assert asked == [Region(4, 1, 2, 1)]

    shown(scenario)


def test_what_is_painted_after_small_changes_is_what_a_new_screen_shows() -> None:
    async def scenario(app: Screened, pilot: Pilot[None]) -> None:
        for n in (100, 130, 131, 400, 90, 1000):
            app.chart.show(losses(n))
            await pilot.pause()
            painted = [strip.text for strip in app.screen._compositor.render_strips()]
            assert painted[:18] == app.rows()
            app.screen.refresh()

    shown(scenario)


def test_a_new_size_draws_anew() -> None:
    async def scenario(app: Screened, pilot: Pilot[None]) -> None:
        app.chart.show(losses(500))
        for size in ((120, 40), (40, 12), (9, 8), (200, 50), (80, 24)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            rows = app.rows()
            assert app.chart.size.width == size[0]
            assert {len(row) for row in rows} == {size[0]}
            assert len(rows) == size[1] - 6

    shown(scenario)


def test_ascii_is_ascii() -> None:
    async def scenario(app: Screened, pilot: Pilot[None]) -> None:
        app.chart.show(losses(500))
        text = "\n".join(app.rows())
        text.encode("ascii")
        assert text.startswith("+ Loss   ** train ---")
        assert "x0.1" in text

    shown(scenario, ascii=True)


def test_without_a_frame_the_chart_has_all_the_room() -> None:
    async def scenario(app: Screened, pilot: Pilot[None]) -> None:
        app.chart.show(losses(500))
        rows = app.rows()
        assert rows[0].startswith("Loss   ── train  ")
        assert rows[-1].split()[0] == "0"

    shown(scenario, classes="-bare")


def colours(app: Screened, text: str) -> set[Any]:
    return {
        segment.style.color
        for y in range(app.chart.size.height)
        for segment in app.chart.render_line(y)
        if text in segment.text and segment.style
    }


def test_colours_come_from_the_theme_and_change_with_it() -> None:
    async def scenario(app: Screened, pilot: Pilot[None]) -> None:
        app.chart.show(lambda look: f"Loss\n\x1b[38;5;{HUES[0]}mtrain\x1b[0m")
        dark = colours(app, "train")
        app.theme = "textual-light"
        await pilot.pause()
        light = colours(app, "train")
        assert len(dark) == len(light) == 1
        assert dark != light
        wanted = app.theme_variables["text-primary"].lower()
        assert {colour.triplet.hex for colour in light} == {wanted}

    shown(scenario)


def test_the_colour_blind_palette_keeps_the_colours_of_the_chart() -> None:
    async def scenario(app: Screened, pilot: Pilot[None]) -> None:
        app.chart.show(lambda look: f"Loss\n\x1b[38;5;{HUES[2]}mrate\x1b[0m")
        assert {colour.number for colour in colours(app, "rate")} == {HUES[2]}

    shown(scenario, palette="colour-blind")


def test_the_focus_shows_in_the_frame() -> None:
    async def scenario(app: Screened, pilot: Pilot[None]) -> None:
        app.chart.show(losses(500))
        app.query_one("#other").focus()
        await pilot.pause()
        blurred = colours(app, "└")
        app.chart.focus()
        await pilot.pause()
        assert colours(app, "└") != blurred

    shown(scenario)


def test_without_an_app_that_knows_looks_there_is_a_chart_too() -> None:
    class Plain(App[None]):
        def compose(self) -> ComposeResult:
            yield Chart(losses(500))

    async def main() -> None:
        app = Plain()
        async with app.run_test(size=(60, 20)) as pilot:
            await pilot.pause()
            assert "┌ Loss   ── train" in app.screen._compositor.render_strips()[0].text

    asyncio.run(main())


@pytest.mark.parametrize(("width", "height"), [(0, 0), (1, 1), (3, 5), (4, 2), (5, 3)])
def test_there_is_no_size_too_small(width: int, height: int) -> None:
    rows = _in_frame([_row("Loss"), _row("12345678")], width, height, ascii=False)
    assert len(rows) == height
    assert {len(row.text) for row in rows} | {len(row.roles) for row in rows} <= {width}


hostile = st.text(st.characters() | st.sampled_from("\x1b[]\x07\x9b\x00\u202e\ud800m0;38"), max_size=40)


@given(label=hostile, raw=hostile)
@settings(max_examples=200, deadline=None)
def test_no_control_character_is_in_any_strip(label: str, raw: str) -> None:
    curve = Curve(x=[0, 1, 2], y=[1.0, 2.0, 1.5], label=label)
    drawn = loss_chart(
        [curve], Look(width=60, height=12), marks=[Mark(1, label)], references=[Reference(label, 1.5)], title=raw
    )
    rows = [_row(line) for line in [*drawn.split("\n"), raw]]
    for row in _in_frame(rows, 62, 16, ascii=False):
        assert len(row.text) == len(row.roles) == 62
        assert not any(
            ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or 0xD800 <= ord(c) < 0xE000 or c == "\u202e" for c in row.text
        )
