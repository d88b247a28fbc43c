"""A list under a heading, with a cursor that keys, wheel and clicks move."""

from rich.style import Style
from rich.text import Text
from textual import events
from textual.binding import Binding
from textual.message import Message

from lrtui.tui.widgets.pane import Pane


class CursorPane(Pane):
    """Shows `line(index)` for as many of `count` as there is room for. Only rows that changed are drawn again."""

    BINDINGS = [  # noqa: RUF012 - Textual's own declaration
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("home", "move(-1000000)", show=False),
        Binding("end", "move(1000000)", show=False),
    ]

    class Moved(Message):
        """The cursor is on another line."""

    class Opened(Message):
        """The line under the cursor was clicked twice."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._cursor = self._top = 0
        self._shown_title = ""

    @property
    def count(self) -> int:
        """How many lines there are."""
        raise NotImplementedError

    def choose_columns(self) -> None:
        """Called before the lines are drawn, at the present size."""

    def heading(self) -> str:
        """What stands above the lines."""
        raise NotImplementedError

    def line(self, index: int) -> Text:
        """One line, without the cursor."""
        raise NotImplementedError

    def move_to(self, index: int) -> None:
        """Put the cursor on line `index`, or the nearest there is."""
        index = max(0, min(index, self.count - 1))
        if index != self._cursor:
            self._cursor = index
            self.redraw()
            self.post_message(self.Moved())

    def action_move(self, by: int) -> None:
        self.move_to(self._cursor + by)

    def action_page(self, by: int) -> None:
        self.move_to(self._cursor + by * max(1, self._rows - 1))

    def on_resize(self) -> None:
        self.redraw()

    def on_focus(self) -> None:
        self.redraw()

    def on_blur(self) -> None:
        self.redraw()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.move_to(self._cursor + 1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.move_to(self._cursor - 1)

    def on_click(self, event: events.Click) -> None:
        place = event.get_content_offset(self)
        if place is None or not 0 < place.y <= self.count - self._top:
            return
        self.move_to(self._top + place.y - 1)
        if event.chain == 2:
            self.post_message(self.Opened())

    @property
    def _rows(self) -> int:
        """How many lines are seen at once, below the heading."""
        return max(1, self.size.height - 1)

    def redraw(self) -> None:
        """Draw what changed."""
        rows = self._rows
        self._top = max(min(self._top, self._cursor, self.count - rows), self._cursor - rows + 1, 0)
        self.choose_columns()
        lines = [Text(self.heading(), "dim")] if self.count else []
        for index in range(self._top, min(self._top + rows, self.count)):
            line = self.line(index)
            if index == self._cursor:
                line.stylize(self._cursor_style())
            lines.append(line)
        more = self.count - self._top - rows
        self.show(lines, self._shown_title + (f" · {more} more below" if more > 0 else ""))

    def _cursor_style(self) -> Style:
        return Style(reverse=True) if self.has_focus else Style(bold=True, underline=True)
