"""The log: every change, checkpoint, evaluation, warning and error with its step, the newest at the bottom."""

from collections.abc import Callable
from typing import Protocol

from rich.style import Style
from rich.text import Text

from lrtui.tui.seeing import Level, LogLine
from lrtui.tui.widgets.run_pane import RunPane
from lrtui.tui.widgets.tints import tint
from lrtui.tui.wrapping import wrapped


class Logged(Protocol):
    """What has a log: the view of a run, or of a sweep."""

    @property
    def log(self) -> tuple[LogLine, ...]: ...


class LogPane(RunPane):
    """As many of the newest lines of a run's log as there is room for."""

    def draw(self) -> None:
        lines: list[Text] = []
        if self.view is not None and self.size.height > 0:
            lines = log_lines(self.view, self.size.width, self.size.height, lambda level: tint(self, level))
        self.show(lines, "Log")


def log_lines(view: Logged, width: int, height: int, style: Callable[[Level], Style]) -> list[Text]:
    """The newest `height` lines of the log, wrapped to `width`; those of a wrapped entry stand under its text."""
    column = max((len(f"{line.step:,}") for line in view.log[-height:]), default=1)
    lines: list[Text] = []
    for entry in reversed(view.log):
        lines[:0] = _entry_lines(entry, width, column, style(entry.level))
        if len(lines) >= height:
            break
    return lines[-height:]


def _entry_lines(entry: LogLine, width: int, column: int, style: Style) -> list[Text]:
    pieces = wrapped(entry.text, max(8, width - column - 1))
    lines = []
    for number, piece in enumerate(pieces):
        at = f"{entry.step:,}" if number == 0 else ""
        lines.append(Text.assemble((f"{at:>{column}} ", "dim"), (piece, style)))
    return lines
