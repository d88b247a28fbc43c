"""The rows of a form: one widget that draws them all, because eighty inputs would cost the first paint its budget."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from lrtui.tui.form_words import FormRow
from lrtui.tui.wrapping import cut

_NAME, _VALUE = 18, 14
#: the pane of the field tells it too: the beginning of a sentence is no use
_ROOM_FOR_HELP = 60
_EDITED, _WRONG = "•", "!"


class FormTable(ScrollView, can_focus=True, inherit_bindings=False):
    """Rows with a cursor. It says where the cursor went, and what was clicked twice; who owns it edits."""

    DEFAULT_CSS = """
    FormTable {
        border: solid $primary-muted; overflow-x: hidden; scrollbar-size-vertical: 1;
        &:focus { border: solid $primary; }
    }
    .-ascii FormTable { border: ascii $primary-muted; &:focus { border: ascii $primary; } }
    FormTable > .form-table--heading { color: $text-accent; text-style: bold; }
    FormTable > .form-table--dim { text-style: dim; }
    FormTable > .form-table--edited { color: $text-success; text-style: bold; }
    FormTable > .form-table--problem { color: $text-error; text-style: bold; }
    FormTable > .form-table--cursor { background: $block-cursor-background; color: $block-cursor-foreground; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"form-table--{part}" for part in ("heading", "dim", "edited", "problem", "cursor")
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "the field above", show=False),
        Binding("down", "move(1)", "the field below", show=False),
        Binding("pageup", "page(-1)", "a page up", show=False),
        Binding("pagedown", "page(1)", "a page down", show=False),
        Binding("home", "move(-1000)", "the first field", show=False),
        Binding("end", "move(1000)", "the last field", show=False),
    ]

    @dataclass
    class Moved(Message):
        """The cursor came to the field `key`."""

        key: str

    @dataclass
    class Chosen(Message):
        """The field `key`, where the cursor was, was clicked."""

        key: str

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: tuple[FormRow, ...] = ()
        self.cursor = ""

    def show(self, rows: Sequence[FormRow]) -> None:
        """Show these rows instead; the cursor stays on its field, or goes to the nearest there is."""
        before, at, self._rows = self._rows, self._place(), tuple(rows)
        self.virtual_size = Size(0, len(self._rows))
        for y in range(max(len(before), len(self._rows))):
            if before[y : y + 1] != self._rows[y : y + 1]:
                self.refresh_line(y)
        if self._place() < 0:
            self._go(self._nearest(max(0, at)))
        elif self._place() != at:
            self._keep_in_sight()

    def move_to(self, key: str) -> None:
        """Put the cursor on the field `key`."""
        self._go(next((y for y, row in enumerate(self._rows) if row.key == key), -1))

    def action_move(self, by: int) -> None:
        self._go(self._nearest(self._place() + by, by))

    def action_page(self, by: int) -> None:
        self.action_move(by * max(1, self.scrollable_content_region.height - 1))

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        y = -1 if offset is None else offset.y + self.scroll_offset.y
        key = self._rows[y].key if 0 <= y < len(self._rows) else ""
        if key and key == self.cursor:
            self.post_message(self.Chosen(key))
        elif key:
            self._go(y)

    def render_line(self, y: int) -> Strip:
        width, y = self.scrollable_content_region.width, y + self.scroll_offset.y
        if y >= len(self._rows):
            return Strip.blank(width, self.rich_style)
        row = self._rows[y]
        strip = Strip(self._segments(row, width)).adjust_cell_length(width, self.rich_style).crop(0, width)
        strip = strip.apply_style(self.rich_style)
        on_cursor = row.key and row.key == self.cursor
        return Strip(Segment.apply_style(strip, post_style=self._style("cursor")) if on_cursor else strip, width)

    def _segments(self, row: FormRow, width: int) -> list[Segment]:
        if not row.key:
            name = cut(row.name, width)
            return [Segment(name, self._style("heading")), Segment(f"  {row.note}", self._style("dim"))]
        mark, style = (_WRONG, "problem") if row.problem else (_EDITED if row.edited else " ", "edited")
        plain = Style() if row.used else self._style("dim")
        value = cut(row.value, max(_VALUE, width - _NAME - 4))
        room = width - 5 - _NAME - max(_VALUE, len(value))
        after = cut(row.problem or row.note or (row.help if room >= _ROOM_FOR_HELP else ""), max(0, room))
        return [
            Segment(f" {mark} ", self._style(style)),
            Segment(f"{row.name:<{_NAME}}", plain),
            Segment(f"{value:<{_VALUE}}", self._style(style) if row.edited or row.problem else plain),
            Segment(f"  {after}", self._style("problem" if row.problem else "dim")),
        ]

    def _style(self, part: str) -> Style:
        return self.get_component_rich_style(f"form-table--{part}", partial=True)

    def _place(self) -> int:
        """The row of the cursor, -1 where there is none."""
        return next((y for y, row in enumerate(self._rows) if row.key and row.key == self.cursor), -1)

    def _nearest(self, y: int, by: int = 1) -> int:
        """The field nearest to row `y`, looked for in the direction of `by` first; -1 where there is none."""
        fields = [i for i, row in enumerate(self._rows) if row.key]
        ahead = [i for i in fields if (i >= y if by > 0 else i <= y)]
        return min(ahead or fields, key=lambda i: abs(i - y), default=-1)

    def _go(self, y: int) -> None:
        if y < 0 or self._rows[y].key == self.cursor:
            return
        before, self.cursor = self._place(), self._rows[y].key
        for row in (before, y):
            self.refresh_line(row)
        self._keep_in_sight()
        self.post_message(self.Moved(self.cursor))

    def _keep_in_sight(self) -> None:
        y = self._place()
        if y >= 0:
            # a heading above its first field comes along
            top = y - 1 if y and not self._rows[y - 1].key else y
            self.scroll_to_region(Region(0, top, 1, y - top + 1), animate=False, force=True)

    def on_resize(self) -> None:
        self.call_after_refresh(self._keep_in_sight)
