"""Turns series into text with plotext; the only file that knows plotext, whose one global figure lives in `_build`.

What goes in is reduced to cells first (plotext takes seconds for 10^5 points), logarithms are taken there, because its
own log ticks read `0.000464`, and what is not finite never reaches it.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import replace

from lrtui.axes import linear_axis, log_axis, short_rate
from lrtui.figure import HUES, Curve, Figure, Look, Mark, Palette, Reference
from lrtui.frame import BRAILLE, GUTTER, Frame, cells_across, span
from lrtui.printable import ascii_only

__all__ = ["HUES", "Curve", "Look", "Mark", "Palette", "Reference", "loss_chart", "range_chart", "rate_chart", "span"]

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
#: The newest charts: a screen asks for the same picture many times while little is learned.
_drawn: list[tuple[Figure, Look, str]] = []
_KEPT = 6


def loss_chart(
    curves: Sequence[Curve],
    look: Look,
    *,
    marks: Sequence[Mark] = (),
    references: Sequence[Reference] = (),
    steps: tuple[int, int] | None = None,
    title: str = "Loss",
) -> str:
    """Loss in nats against the step, as `look.height` lines of at most `look.width` cells.

    `steps` is the range of the x axis (default: that of the curves). The y axis fits the means and the points. A spike
    far above where the curves began, or above nearly all of one, is cut off at the upper edge, and so is a band.
    """
    frame = Frame(curves, look, steps)
    frame.fit_losses()
    return f"{frame.heading(title)}\n{_text(frame.drawn(marks, references), look)}"


def rate_chart(
    curves: Sequence[Curve],
    look: Look,
    *,
    marks: Sequence[Mark] = (),
    steps: tuple[int, int] | None = None,
    title: str = "Learning rate",
) -> str:
    """Learning rates against the step, as `look.height` lines of at most `look.width` cells.

    `steps` is the range of the x axis (default: that of the curves).
    """
    frame = Frame(curves, look, steps)
    frame.fit_rates()
    return f"{frame.heading(title)}\n{_text(frame.drawn(marks, ()), look)}"


def range_chart(
    curves: Sequence[Curve],
    look: Look,
    rates: tuple[float, float],
    *,
    marks: Sequence[Mark] = (),
    linear: bool = False,
    title: str = "Loss by learning rate",
) -> str:
    """Loss in nats against the learning rate, as `look.height` lines of at most `look.width` cells.

    The x of curves and marks are rates, > 0; `rates` are the ends of the x axis, which is logarithmic unless `linear`.
    """
    ticks = max(2, cells_across(look) // 14)
    axis = linear_axis(*rates, ticks) if linear else log_axis(*rates, ticks, short_rate)

    def place(rate: float) -> float:
        return rate if linear else math.log10(rate)

    placed = [replace(curve, x=[place(rate) for rate in curve.x]) for curve in curves]
    frame = Frame(placed, replace(look, log_x=False), None, axis)
    frame.label_rows = len(marks)  # rules that agree stand close together
    frame.last_first = True  # what was measured last is worth most: the rates that last, the band
    frame.fit_losses()
    figure = frame.drawn([replace(mark, step=place(mark.step)) for mark in marks], ())
    return f"{frame.heading(title)}\n{_text(figure, look)}"


def _text(figure: Figure, look: Look) -> str:
    """The figure as text, built anew only where no newest one is equal to it."""
    for index, (known, its_look, text) in enumerate(_drawn):
        if its_look == look and known == figure:
            _drawn.insert(0, _drawn.pop(index))
            return text
    text = _build(figure)
    if not look.colour:
        text = _COLOUR.sub("", text)
    if look.ascii:
        text = ascii_only(text)
    _drawn.insert(0, (figure, look, text))
    del _drawn[_KEPT:]
    return text


def _build(figure: Figure) -> str:
    """Draws on plotext's global figure, start to end, and leaves it empty."""
    # It takes 35 ms to load: the first screen is painted before the first chart.
    import plotext

    plotext.clear_figure()
    plotext.limit_size(False, False)
    plotext.plot_size(figure.width + GUTTER + 1, figure.height + 2)
    plotext.theme("clear")
    plotext.xaxes(True, False)
    plotext.yaxes(True, False)
    plotext.xlim(0, 1)
    plotext.ylim(0, 1)
    plotext.xticks(*_places(figure.x_ticks))
    plotext.yticks(*_places([(at, label.rjust(GUTTER)) for at, label in figure.y_ticks or [(0.0, "")]]))
    for layer in figure.layers:
        if layer.cells:
            across, up = (2, 4) if layer.marker == BRAILLE else (1, 1)
            x = [column / (across * figure.width - 1) for column, _ in layer.cells]
            y = [row / (up * figure.height - 1) for _, row in layer.cells]
            draw = plotext.plot if layer.connected else plotext.scatter
            draw(x, y, marker=layer.marker, color=layer.hue)
    for words in figure.words:
        at, height = words.column / (figure.width - 1), words.row / (figure.height - 1)
        plotext.text(words.text, at, height, color=words.hue, alignment=words.alignment)
    built: str = plotext.build().rstrip("\n")
    plotext.clear_figure()
    return built


def _places(ticks: Sequence[tuple[float, str]]) -> tuple[list[float], list[str]]:
    return [at for at, _ in ticks], [label for _, label in ticks]
