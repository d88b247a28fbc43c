"""What a chart is made of: what a caller asks for, and the cells it becomes; plain data, so it is compared and tested.

The colours are numbers of the 256 every terminal has. A screen with a theme takes them as roles and shows its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal
from unicodedata import category, east_asian_width

from rich.cells import cell_len

from lrtui.printable import REPLACEMENT, printable

#: Colours that differ for colour-blind eyes, readable in 256 colours on dark and light: blue, orange, teal, pink …
HUES = (32, 172, 36, 169, 74, 166)
GREY, MARK, ALARM = 245, 172, 160

Style = Literal["line", "mean", "trend", "points", "dots", "dim", "future"]
Palette = Literal["standard", "colour-blind"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A series of a chart; x ascends. Values that are not finite are not drawn.

    `line` connects the points; `mean` draws the mean of each column, `trend` the same over the dim band of all values;
    `points` draws a mark for each, `dots` a grey dot: the noise of single batches; `dim` is a mean that steps back,
    such as a ghost branch; `future` is dotted: what is to come. `hue` is an index into HUES. Of values that are reduced
    already `low` and `high` are the extremes at each x, and `y` the mean.
    """

    x: Sequence[float]
    y: Sequence[float]
    label: str = ""
    style: Style = "line"
    hue: int = 0
    low: Sequence[float] | None = None
    high: Sequence[float] | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """A vertical line at `step`, such as a change of the rate, with a short label; an alarm has another colour.

    On a chart over rates `step` is a rate.
    """

    step: float
    label: str
    alarm: bool = False


@dataclass(frozen=True, slots=True)
class Reference:
    """A horizontal line at `value`, such as the bigram loss."""

    label: str
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a chart is drawn: its size in cells, and what the terminal and its reader can do.

    `palette` is for a screen with a theme: with `standard` it may show its own colours for HUES, with `colour-blind`
    it shows HUES as they are. Without a theme they are shown as they are anyway.
    """

    width: int = 80
    height: int = 16
    colour: bool = True
    ascii: bool = False
    log_x: bool = False
    log_y: bool = False
    palette: Palette = "standard"


@dataclass(frozen=True, slots=True)
class Layer:
    """Cells (of a braille marker: dots) as column from the left and row from below, drawn with one sign."""

    cells: list[tuple[int, int]]
    marker: str
    hue: int
    connected: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """Text in the chart; `column` is its first cell or its centre."""

    text: str
    column: int
    row: int
    hue: int
    alignment: Literal["left", "center"] = "left"


@dataclass(slots=True)
class Figure:
    """The inside of a chart, `width` × `height` cells: layers from back to front, words above them.

    The ticks of both axes are places between 0 and 1 with their labels.
    """

    width: int
    height: int
    layers: list[Layer] = field(default_factory=list)
    words: list[Words] = field(default_factory=list)
    x_ticks: list[tuple[float, str]] = field(default_factory=list)
    y_ticks: list[tuple[float, str]] = field(default_factory=list)


def label_text(label: str) -> str:
    """A label that is safe to show and takes one cell a character, so that charts stay aligned."""
    return "".join(c if c.isascii() or _one_cell(c) else REPLACEMENT for c in printable(label))


def _one_cell(character: str) -> bool:
    # The vowels and ends of Hangul syllables join what is before them, but count as letters.
    if "\u1160" <= character <= "\u11ff" or "\ud7b0" <= character <= "\ud7ff":
        return False
    # Python's table of widths may be older than that of what draws: both must agree.
    narrow = east_asian_width(character) not in "WF" and cell_len(character) == 1
    return character.isprintable() and narrow and category(character)[0] != "M"
