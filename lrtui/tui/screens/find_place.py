"""What the Find screen shows: the curve of a range test and what is read from it, and its confirmation beside it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from lrtui.tui.find_charts import range_lines, trial_lines
from lrtui.tui.find_words import (
    Row,
    Sought,
    apply_label,
    ending,
    next_line,
    point_rows,
    rule_rows,
    test_title,
    trial_rows,
    trial_title,
    verdict,
)
from lrtui.tui.findings import Findings
from lrtui.tui.keys import KEYS
from lrtui.tui.screens.place import Place
from lrtui.tui.widgets.chart import Chart
from lrtui.tui.widgets.headline import Headline
from lrtui.tui.widgets.key_bar import KeyBar
from lrtui.tui.widgets.pane import Pane
from lrtui.tui.widgets.tints import curve_style, tint
from lrtui.tui.wrapping import cut, fitted, wrapped

if TYPE_CHECKING:
    from lrtui.tui.app import LrtuiApp

_LABELS = {key.id: key.label for key in KEYS if key.scope == "find" and key.label}
_LEGEND = "── "
_OTHER = "Other"
#: cells inside the tables beside the charts, as in find.tcss; below them they are as wide as the screen
_INSIDE, _INSIDE_WIDE = 42, 56
#: lines that the verdict may take, and what can be done now
_ROWS, _ROWS_NEXT = 4, 2


class FindPlace(Place):
    """Charts on the left, tables on the right or below; where there is no room for both, one experiment at a time."""

    CSS_PATH = "find.tcss"
    AUTO_FOCUS = "#curve"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-middle"), (160, "-wide")]  # noqa: RUF012 - Textual's declaration
    VERTICAL_BREAKPOINTS = [(0, "-tiny"), (18, "-low"), (30, "-tall")]  # noqa: RUF012 - Textual's declaration

    app: LrtuiApp

    def __init__(self) -> None:
        super().__init__()
        self._shown: Sought | None = None
        self._curve: object = None

    def compose(self) -> ComposeResult:
        yield Headline(id="headline")
        yield Static("", id="about", markup=False)
        with Horizontal(id="test"):
            yield Chart(id="curve")
            yield Pane(id="rules")
        with Horizontal(id="trial"):
            yield Chart(id="curves")
            yield Pane(id="lanes")
        yield Static("", id="verdict", markup=False)
        yield Static("", id="next", markup=False)
        yield KeyBar("find")

    def on_screen_resume(self) -> None:
        self.follow()

    def on_resize(self) -> None:
        self._shown = None
        self.call_after_refresh(self.follow)

    def sought(self) -> Sought:
        """Everything there is to show now."""
        return Sought()

    def follow(self) -> None:
        """Show what is known now, where the terminal shows this screen."""
        if not (self.is_mounted and self.is_in_sight):
            return
        train, sought = self.app.training, self.sought()
        self.set_class(sought.subject == "form", "-form")
        if train is not None:
            self.query_one(Headline).show_run(train.view, train.read_only)
        if sought != self._shown:
            self._shown = sought
            self._show(sought)

    def _show(self, sought: Sought) -> None:
        found = sought.findings
        if not found.trial or found.running == "find":
            self.remove_class("-other")
        elif found.running == "confirm" and not self.has_class("-tried"):
            self.add_class("-other")  # what goes on is what one wants to see
        self.set_class(found.trial is not None, "-tried")
        about = cut(sought.about, max(8, self.size.width - 12))
        self.query_one("#about", Static).update(Content.assemble((" lrtui", "bold $text-primary"), " · ", about))
        self._show_charts(found, sought.now)
        self._show_tables(found)
        told, level = verdict(sought)
        width = max(8, self.size.width - 2)
        told, can = fitted(told, width, _ROWS), fitted(next_line(sought, self.app.settings.keys), width, _ROWS_NEXT)
        self.query_one("#verdict", Static).update(Content.styled(told, f"bold {_style(level)}"))
        self.query_one("#next", Static).update(Content(can))
        self._name_keys(sought)

    def _show_charts(self, found: Findings, now: float | None) -> None:
        curve = (found.plan, found.losses, found.tested, now)
        if curve != self._curve:
            self._curve = curve
            self.query_one("#curve", Chart).show(partial(range_lines, found, now))
        if found.trial is not None:
            self.query_one("#curves", Chart).show(partial(trial_lines, found.trial))

    def _show_tables(self, found: Findings) -> None:
        rules, lanes = self.query_one("#rules", Pane), self.query_one("#lanes", Pane)
        width = self._inside()
        lines = self._lines(rule_rows(found.tested) or point_rows(found), width)
        narrow = self.has_class("-narrow")
        if end := ending(found, short=narrow):
            # below the charts there is one line left for it
            told = [fitted(end, width, 1)] if narrow else ["", *wrapped(end, width)]
            lines += [Text(line, "dim") for line in told]
        rules.show(lines, test_title(found))
        if found.trial is not None:
            lanes.show(self._lines(trial_rows(found.trial), width), trial_title(found.trial))

    def _inside(self) -> int:
        """The cells of a table: one that is hidden has no size of its own."""
        if self.has_class("-narrow"):
            return max(8, self.size.width - 4)
        return _INSIDE_WIDE if self.has_class("-wide") else _INSIDE

    def _lines(self, rows: list[Row], width: int) -> list[Text]:
        """The rows as a table; one with a curve has a piece of it in front."""
        widths = [max(map(len, column)) for column in zip(*(row.cells for row in rows), strict=True)]
        legend = len(_LEGEND) if any(row.hue is not None for row in rows) else 0
        lines = []
        for row in rows:
            told = "  ".join(f"{cell:<{size}}" for cell, size in zip(row.cells, widths, strict=True)).rstrip()
            style = "dim" if legend and row.hue is None else tint(self, row.level)
            mark = (" " * legend, "") if row.hue is None else (_LEGEND, curve_style(self, row.hue))
            lines.append(Text.assemble(mark, (cut(told, width - legend), style)))
        return lines

    def _name_keys(self, sought: Sought) -> None:
        found, idle = sought.findings, not (sought.busy or sought.closed or sought.subject == "none")
        named: dict[str, Any] = {}
        if idle:
            named["find_apply"] = "" if sought.applied else apply_label(found)
            named["find_test"] = _LABELS["find_test"]
            confirms = found.tested is not None and found.tested.suggestion is not None
            named["find_confirm"] = _LABELS["find_confirm"] if confirms else ""
            named["find_options"] = _LABELS["find_options"]
        if found.trial is not None and (self.has_class("-narrow") or not self.has_class("-tall")):
            named["find_other"] = _OTHER
        named["find_close"] = _LABELS["find_close"]
        self.query_one(KeyBar).name_keys({id: label for id, label in named.items() if label})

    def action_other(self) -> None:
        if self.has_class("-tried"):
            self.toggle_class("-other")
            self._shown = None
            self.follow()


def _style(level: str) -> str:
    return {"good": "$text-success", "warning": "$text-warning", "error": "$text-error", "change": "$text-accent"}.get(
        level, ""
    )
