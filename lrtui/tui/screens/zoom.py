"""One pane of the training screen on the whole screen: a chart, the log, the samples, or the whole configuration."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from lrtui.printable import printable
from lrtui.tui.keys import bindings, key_of, keymap_of
from lrtui.tui.state import RunView
from lrtui.tui.widgets.chart import Chart
from lrtui.tui.widgets.log import log_lines
from lrtui.tui.widgets.particulars import particulars
from lrtui.tui.widgets.sample import no_sample_text
from lrtui.tui.widgets.sample_history import history_lines
from lrtui.tui.widgets.tints import tint
from lrtui.tui.wrapping import wrapped

if TYPE_CHECKING:
    from lrtui.tui.screens.train import TrainScreen

_KEYS = ("zoom", "log_x", "log_y", "smooth")
_TITLES = {"log": "Log", "sample": "Samples, the newest first", "particulars": "Run"}


class ZoomScreen(ModalScreen[None]):
    """The pane `kind` (its id) of `train`, whole; it follows the run like the pane does."""

    DEFAULT_CSS = """
    ZoomScreen { background: $background; }
    ZoomScreen > Chart { height: 1fr; }
    ZoomScreen > VerticalScroll {
        height: 1fr; border: solid $primary; border-title-color: $text; padding: 0 1; scrollbar-size-vertical: 1;
    }
    .-ascii ZoomScreen > VerticalScroll, ZoomScreen.-ascii > VerticalScroll { border: ascii $primary; }
    ZoomScreen > .hint { height: 1; color: $text-muted; }
    """
    BINDINGS = [  # noqa: RUF012 - Textual's own declaration
        *(key for key in bindings("train") if isinstance(key, Binding) and key.id in _KEYS),
        Binding("escape", "zoom", "Back", show=False),
    ]

    def __init__(self, train: TrainScreen, kind: str) -> None:
        super().__init__()
        self.train, self.kind = train, kind
        self._told: Sequence[Text] = ()

    def compose(self) -> ComposeResult:
        if self.kind in ("loss", "rate"):
            yield Chart(id="chart")
            keymap = keymap_of(self.app)
            x, y, smooth = (key_of(id, keymap) for id in ("log_x", "log_y", "smooth"))
            yield Static(f" esc Back  {x} {y} Log axes  {smooth} Smoothing", classes="hint", markup=False)
            return
        with VerticalScroll() as scroll:
            yield Static("", markup=False)
        scroll.border_title = Content(_TITLES[self.kind])
        yield Static(" esc Back  up, down, page up, page down", classes="hint", markup=False)

    def on_mount(self) -> None:
        self.query_one(Chart if self.kind in ("loss", "rate") else VerticalScroll).focus()
        self.call_after_refresh(self.show_run, self.train.view)

    def on_resize(self) -> None:
        self._told = ()
        self.call_after_refresh(self.show_run, self.train.view)

    def show_run(self, view: RunView | None) -> None:
        """Show what the pane knows of the run now; what is read stays where it is."""
        if view is None or not self.is_mounted:
            return
        if self.kind in ("loss", "rate"):
            self.query_one(Chart).show(self.train.charts.drawing(self.kind, view))
            return
        scroll = self.query_one(VerticalScroll)
        lines = self._lines(view, max(8, scroll.content_region.width - 1))
        if lines == self._told and [line.plain for line in lines] == [line.plain for line in self._told]:
            return
        at_end = not self._told or scroll.is_vertical_scroll_end
        self._told = lines
        told = Text("\n").join(lines)
        scroll.query_one(Static).update(told)
        if self.kind == "log" and at_end:
            self.call_after_refresh(scroll.scroll_end, animate=False)

    def _lines(self, view: RunView, width: int) -> list[Text]:
        match self.kind:
            case "log":
                return log_lines(view, width, 1_000_000, lambda level: tint(self, level))
            case "sample":
                return history_lines(view, width) or [Text(no_sample_text(keymap_of(self.app)))]
            case _:
                return _run_lines(view, width)

    # -- keys -------------------------------------------------------------------------------------------------------

    def action_zoom(self) -> None:
        self.dismiss(None)

    def action_log_x(self) -> None:
        self._relook(self.train.charts.toggle_log_x)

    def action_log_y(self) -> None:
        self._relook(self.train.charts.toggle_log_y)

    def action_smooth(self) -> None:
        self._relook(lambda kind: self.train.charts.next_smoothing())

    def _relook(self, change: Callable[[str], object]) -> None:
        if self.kind in ("loss", "rate"):
            change(self.kind)
            self.show_run(self.train.view)


def _run_lines(view: RunView, width: int) -> list[Text]:
    """The particulars, then every key of the run's config.toml."""
    told = [*particulars(view), ("", ""), *_flat(view.config)]
    label = min(28, max((len(name) for name, _ in told), default=0) + 2)
    lines = []
    for name, text in told:
        for number, piece in enumerate(wrapped(text, max(8, width - label))):
            lines.append(Text.assemble((f"{name if number == 0 else '':<{label}}", "dim"), piece))
    return lines


def _flat(table: dict[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    flat: list[tuple[str, str]] = []
    for key, value in table.items():
        name = printable(f"{prefix}{key}")
        flat += _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else [(name, str(value))]
    return flat
