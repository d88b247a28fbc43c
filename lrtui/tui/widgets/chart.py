"""A chart on a screen: plotext's text in a frame, of which only the cells that changed are written again.

A terminal at the end of a slow line gets some hundred bytes for a step of training, not the whole chart.
"""

import re
from collections.abc import Callable
from itertools import groupby
from typing import ClassVar, NamedTuple, Protocol, runtime_checkable

from rich.segment import Segment
from rich.style import Style
from textual.events import Resize
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from lrtui.figure import ALARM, GREY, HUES, MARK, Look
from lrtui.printable import printable

_RUN = re.compile(r"\x1b\[(?:38;5;(\d{1,3})|0)m|((?:[^\x1b]|\x1b(?!\[(?:38;5;\d{1,3}|0)m))+)")
#: Roles of cells that are no colours of a chart: its ticks, the frame around it and the title in that.
_PLAIN, _FRAME, _TITLE = 0, 1, 2
#: To move the cursor and begin a colour anew costs as many bytes as some cells that stay as they are.
_WORTH_A_JUMP = 12
_ROLES = {
    _FRAME: "chart--frame",
    _TITLE: "chart--title",
    GREY: "chart--quiet",
    MARK: "chart--mark",
    ALARM: "chart--alarm",
}
_ROLES |= {hue: f"chart--hue-{index}" for index, hue in reversed(tuple(enumerate(HUES)))}


class Row(NamedTuple):
    """One row of cells: their characters, and for each its role, a colour of the 256 or one of ours."""

    text: str
    roles: bytes


Draw = Callable[[Look], str]


@runtime_checkable
class Looks(Protocol):
    """An app that knows what its terminal and its user want of a chart."""

    def look(self, width: int, height: int) -> Look: ...


class Chart(Widget, can_focus=True):
    """Shows what a function draws for a look; nothing but the frame before the first."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"chart--plain", *_ROLES.values()}
    ALLOW_SELECT = False
    DEFAULT_CSS = """
    Chart {
        & > .chart--plain { color: $text-muted; }
        & > .chart--frame { color: $primary-muted; }
        & > .chart--title { color: $text-muted; }
        &:focus > .chart--frame { color: $primary; }
        &:focus > .chart--title { color: $text; }
        & > .chart--quiet { color: $text-disabled; }
        & > .chart--mark { color: $text-warning; }
        & > .chart--alarm { color: $text-error; text-style: bold; }
        & > .chart--hue-0 { color: $text-primary; }
        & > .chart--hue-1 { color: $text-warning; }
        & > .chart--hue-2 { color: $text-success; }
        & > .chart--hue-3 { color: $text-error; }
        & > .chart--hue-4 { color: $text-secondary; }
        & > .chart--hue-5 { color: $text-accent; }
    }
    """

    def __init__(self, draw: Draw | None = None, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._draw = draw
        self._rows: list[Row] = []
        self._look = Look()
        self._styles: dict[int, Style] = {}

    def show(self, draw: Draw) -> None:
        """Show what `draw` makes, now and again for each new size. Cells that stay as they are are not written."""
        self._draw = draw
        if self.size:
            self._redraw()

    def on_resize(self, event: Resize) -> None:
        self._redraw()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._styles = {}

    @property
    def framed(self) -> bool:
        return not self.has_class("-bare")

    def _redraw(self) -> None:
        before, self._rows = self._rows, self._drawn()
        if len(before) != len(self._rows):
            self.refresh()
            return
        changed = [
            Region(first, y, last - first + 1, 1)
            for y, (old, new) in enumerate(zip(before, self._rows, strict=True))
            if old != new
            for first, last in _changed(old, new)
        ]
        if changed:
            self.refresh(*changed)

    def _drawn(self) -> list[Row]:
        width, height = self.size
        inside = (width - 2, height - 1) if self.framed else (width, height)
        plain = Look(width=inside[0], height=inside[1], colour=not self.app.no_color)
        look = self.app.look(*inside) if isinstance(self.app, Looks) else plain
        if look.palette != self._look.palette:
            self._styles = {}
        self._look = look
        rows = [_row(line) for line in self._draw(look).split("\n")] if self._draw else []
        if self.framed:
            return _in_frame(rows, width, height, look.ascii)
        return [_fitted(row, width) for row in (rows + [Row("", b"")] * height)[:height]]

    def render_line(self, y: int) -> Strip:
        if y >= len(self._rows):
            return Strip.blank(self.size.width, self.rich_style)
        row, at, segments = self._rows[y], 0, []
        for role, group in groupby(row.roles):
            end = at + sum(1 for _ in group)
            segments.append(Segment(row.text[at:end], self._style(role)))
            at = end
        return Strip(segments).adjust_cell_length(self.size.width, self.rich_style)

    def _style(self, role: int) -> Style:
        style = self._styles.get(role)
        if style is None:
            style = self._styles[role] = self._found_style(role)
        return style

    def _found_style(self, role: int) -> Style:
        """The theme's colour of a role; the colours of the chart itself where they are meant for colour-blind eyes."""
        name = _ROLES.get(role, "chart--plain")
        if role in HUES and self._look.palette == "colour-blind":
            return self.rich_style + Style(color=f"color({role})")
        return self.get_component_rich_style(name)


def _row(line: str) -> Row:
    """A line of a chart as cells; whatever it holds besides colours is made printable.

    A blank takes the role of the cell before it: nobody sees its colour, and each change of colour is written.
    """
    text, roles, role = [], bytearray(), _PLAIN
    for colour, words in _RUN.findall(line):
        if words:
            safe = printable(words)
            text.append(safe)
            roles += bytes([role]) * len(safe)
        else:
            role = min(int(colour), 255) if colour else _PLAIN
    cells = "".join(text)
    for at in range(1, len(cells)):
        if cells[at] == " ":
            roles[at] = roles[at - 1]
    return Row(cells, bytes(roles))


def _fitted(row: Row, width: int) -> Row:
    missing = max(0, width - len(row.text))
    return Row(row.text[:width] + " " * missing, row.roles[:width] + bytes([_PLAIN]) * missing)


def _in_frame(rows: list[Row], width: int, height: int, ascii: bool) -> list[Row]:
    """A frame with the first of the rows, the heading, in its upper edge, and the others inside."""
    if width < 4 or height < 2:
        return [Row(" " * width, bytes(width))] * height
    corner_left, corner_right, foot_left, foot_right, across, up = "++++-|" if ascii else "┌┐└┘─│"
    edge = bytes([_FRAME])
    heading = rows[0] if rows else Row("", b"")
    text = f" {heading.text[: width - 4]} " if heading.text else ""
    roles = bytes([_TITLE, *(role or _TITLE for role in heading.roles[: width - 4]), _TITLE])[: len(text)]
    rest = width - 2 - len(text)
    framed = [Row(corner_left + text + across * rest + corner_right, edge + roles + edge * (rest + 1))]
    for y in range(height - 2):
        inner = _fitted(rows[1 + y] if 1 + y < len(rows) else Row("", b""), width - 2)
        framed.append(Row(up + inner.text + up, edge + inner.roles + edge))
    framed.append(Row(foot_left + across * (width - 2) + foot_right, edge * width))
    return framed


def _changed(old: Row, new: Row) -> list[tuple[int, int]]:
    """The first and the last cell of each stretch that differs; all of a row whose length is another."""
    if len(old.text) != len(new.text):
        return [(0, max(len(old.text), len(new.text)) - 1)]
    spans: list[tuple[int, int]] = []
    for cell, pair in enumerate(zip(old.text, new.text, old.roles, new.roles, strict=True)):
        if not _differ(pair):
            continue
        if spans and cell - spans[-1][1] <= _WORTH_A_JUMP:
            spans[-1] = spans[-1][0], cell
        else:
            spans.append((cell, cell))
    return spans


def _differ(pair: tuple[str, str, int, int]) -> bool:
    """Whether a cell looks another way now; a blank has no colour."""
    return pair[0] != pair[1] or (pair[2] != pair[3] and pair[0] != " ")
