"""The rows of a form: where the cursor goes, what is drawn, and that no more of it is drawn than changed."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.pilot import Pilot

from lrtui.tui.form_words import FormRow
from lrtui.tui.widgets.form_table import FormTable

HEADING = FormRow(key="", name=" model", note="3 keys that lstm does not use")
FIELDS = tuple(FormRow(key=f"model.k{i}", name=f"k{i}", value=str(i)) for i in range(30))
ROWS = (HEADING, *FIELDS[:3], replace(HEADING, name=" optim"), *FIELDS[3:])
HOSTILE = "\x1b]0;x\x07[/b][red]\ud800\u202e" + "e\u0301" * 40 + "界" * 60


class Bench(App[None]):
    """An app of a table alone."""

    def __init__(self, rows: Sequence[FormRow]) -> None:
        super().__init__()
        self.rows = rows
        self.heard: list[tuple[str, str]] = []

    def compose(self) -> ComposeResult:
        yield FormTable()

    def on_mount(self) -> None:
        self.table.focus()
        self.table.show(self.rows)

    @property
    def table(self) -> FormTable:
        return self.query_one(FormTable)

    def on_form_table_moved(self, message: FormTable.Moved) -> None:
        self.heard.append(("moved", message.key))

    def on_form_table_chosen(self, message: FormTable.Chosen) -> None:
        self.heard.append(("chosen", message.key))

    def lines(self) -> list[str]:
        height = self.table.scrollable_content_region.height
        return [self.table.render_line(y).text for y in range(height)]


def drive(
    rows: Sequence[FormRow], scenario: Callable[[Bench, Pilot[None]], Awaitable[None]], size: tuple[int, int] = (60, 12)
) -> None:
    async def run() -> None:
        app = Bench(rows)
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await scenario(app, pilot)

    asyncio.run(run())


def test_the_cursor_passes_over_headings_and_stays_in_sight() -> None:
    async def scenario(app: Bench, pilot: Pilot[None]) -> None:
        assert app.table.cursor == "model.k0"
        await pilot.press("down", "down", "down")
        assert app.table.cursor == "model.k3"
        await pilot.press("up")
        assert app.table.cursor == "model.k2"
        await pilot.press("home", "up")
        assert app.table.cursor == "model.k0"
        assert app.lines()[0].startswith(" model"), "the heading above the first field comes along"
        await pilot.press("end")
        assert app.table.cursor == "model.k29"
        assert "k29" in app.lines()[-1]
        await pilot.press("pageup")
        assert app.table.cursor == "model.k20"
        await pilot.press("pagedown", "pagedown")
        assert app.table.cursor == "model.k29"
        assert app.heard[-1] == ("moved", "model.k29")

    drive(ROWS, scenario)


def test_the_cursor_stays_on_its_field_or_goes_to_the_nearest() -> None:
    async def scenario(app: Bench, pilot: Pilot[None]) -> None:
        app.table.move_to("model.k5")
        app.table.show([row for row in ROWS if row.key != "model.k4"])
        assert app.table.cursor == "model.k5"
        app.table.show(ROWS)
        app.table.show([row for row in ROWS if row.key != "model.k5"])
        assert app.table.cursor == "model.k6"
        app.table.show([HEADING])
        app.table.action_move(1)
        app.table.show([])
        app.table.move_to("model.k1")
        assert app.lines()[0].strip() == ""

    drive(ROWS, scenario)


def test_the_cursor_stays_in_sight_when_the_room_shrinks() -> None:
    async def scenario(app: Bench, pilot: Pilot[None]) -> None:
        app.table.move_to("model.k9")
        await pilot.resize_terminal(60, 5)
        await pilot.pause()
        await pilot.pause()
        assert any(" k9 " in line for line in app.lines())

    drive(ROWS, scenario, size=(60, 30))


def test_the_beginning_of_a_help_is_no_help() -> None:
    rows = [FormRow(key="a", name="a", value="1", help="what it is for")]

    async def narrow(app: Bench, pilot: Pilot[None]) -> None:
        assert "what it is" not in app.lines()[0]

    async def wide(app: Bench, pilot: Pilot[None]) -> None:
        assert "what it is for" in app.lines()[0]

    drive(rows, narrow, size=(80, 8))
    drive(rows, wide, size=(110, 8))


def test_a_click_selects_and_another_one_chooses() -> None:
    async def scenario(app: Bench, pilot: Pilot[None]) -> None:
        await pilot.click(FormTable, offset=(10, 3))
        assert app.table.cursor == "model.k1"
        assert app.heard[-1] == ("moved", "model.k1")
        await pilot.click(FormTable, offset=(10, 3))
        assert app.heard[-1] == ("chosen", "model.k1")
        heard = len(app.heard)
        await pilot.click(FormTable, offset=(10, 1))
        assert len(app.heard) == heard, "a heading is nothing to choose"

    drive(ROWS, scenario)


def test_only_rows_that_changed_are_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(app: Bench, pilot: Pilot[None]) -> None:
        drawn: list[Region] = []
        monkeypatch.setattr(app.table, "refresh", lambda *regions, **_: drawn.extend(regions))
        app.table.show(list(ROWS))
        assert drawn == []
        changed = [replace(row, value="new") if row.key == "model.k2" else row for row in ROWS]
        app.table.show(changed)
        assert {(region.y, region.height) for region in drawn} == {(3, 1)}

    drive(ROWS, scenario)


def test_what_is_wrong_stands_beside_the_field() -> None:
    rows = [
        FormRow(key="optim.lr", name="lr", value="abc", problem="must be a number, got 'abc'", edited=True),
        FormRow(key="optim.clip", name="clip", value="1.0", edited=True),
        FormRow(key="schedule.gamma", name="gamma", value="unset", note="0.1", used=False, help="x" * 60),
    ]

    async def scenario(app: Bench, pilot: Pilot[None]) -> None:
        first, second, third = (line.rstrip() for line in app.lines()[:3])
        assert first == " ! lr                abc             must be a number, got 'abc'"[: len(first)]
        assert second == " • clip              1.0"
        assert third == "   gamma             unset           0.1"

    drive(rows, scenario, size=(70, 8))


@pytest.mark.parametrize("width", [20, 40, 61, 120])
def test_hostile_text_fits_and_reaches_no_terminal(width: int) -> None:
    rows = [
        FormRow(key="a", name="a", value=HOSTILE, problem=HOSTILE),
        FormRow(key="b", name="b", value="x", note=HOSTILE, help=HOSTILE),
        FormRow(key="", name=HOSTILE, note=HOSTILE),
    ]

    async def scenario(app: Bench, pilot: Pilot[None]) -> None:
        for line in app.lines():
            assert line.isprintable()
            assert cell_len(line) <= width
        await pilot.press("down", "up")

    drive(rows, scenario, size=(width, 8))
