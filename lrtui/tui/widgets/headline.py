"""The top line: which run this is, and how far it has come. What does not fit is left out by parts, the least first."""

from collections.abc import Sequence
from typing import Any

from rich.cells import cell_len
from textual.content import Content
from textual.widget import Widget

from lrtui.printable import printable
from lrtui.runs.catalog import model_label
from lrtui.runs.config_table import section
from lrtui.tui.findings import NAMES
from lrtui.tui.state import RunView
from lrtui.tui.wrapping import cut
from lrtui.words import duration_text, speed_text

STYLES = {
    "opening": "$text-muted",
    "training": "$text-success",
    "paused": "$text-warning",
    "finished": "$text-accent",
    "stopped": "$text-muted",
    "crashed": "$text-error",
    "deleted": "$text-error",
}
_BAR_CELLS = 10
LONGEST_NAME = 32

#: text, style, and how much it is worth where there is little room
Part = tuple[str, str, int]


class Headline(Widget):
    """One line of the run's name, model and device, its condition and its progress."""

    DEFAULT_CSS = "Headline { height: 1; background: $panel; color: $foreground; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._view: RunView | None = None
        self._read_only = False
        self._shown: Content | None = None

    def show_run(self, view: RunView | None, read_only: bool = False) -> None:
        self._view, self._read_only = view, read_only
        fresh = self._content()
        if self._shown is None or fresh.plain != self._shown.plain or fresh.spans != self._shown.spans:
            self.refresh()

    def render(self) -> Content:
        self._shown = self._content()
        return self._shown

    def _content(self) -> Content:
        return headline(self._view, self.size.width, self._read_only)


def headline(view: RunView | None, width: int, read_only: bool = False) -> Content:
    """The line at `width` cells: what the run is on the left, how far it is on the right."""
    left = [("lrtui", "bold $text-primary", 1), *(_identity(view) if view else ())]
    right = _progress(view) if view else []
    if view and read_only:
        right.insert(0, ("read-only", "bold $text-warning", 9))
    return fitted_line(left, right, width)


def fitted_line(left: list[Part], right: list[Part], width: int) -> Content:
    """Parts at the left and at the right of `width` cells; those worth least are left out where they do not fit."""
    while left or right:
        least = min(worth for _, _, worth in (*left, *right))
        if _cells(left, " · ") + _cells(right, "  ") + 3 <= width or least >= 9:
            break
        left = [part for part in left if part[2] > least]
        right = [part for part in right if part[2] > least]
    gap = max(1, width - 2 - _cells(left, " · ") - _cells(right, "  "))
    parts: list[tuple[str, str]] = [(" ", "")]
    parts += _joined(left, " · ")
    parts.append((" " * gap, ""))
    parts += _joined(right, "  ")
    return Content.assemble(*parts)


def _identity(view: RunView) -> list[Part]:
    started = view.history.started
    parts: list[Part] = [(cut(view.name, LONGEST_NAME), "bold", 10), (model_text(view.config), "$text-muted", 5)]
    if started is not None:
        parts.append((count_text(started.parameters), "$text-muted", 4))
        parts.append((device_text(started.fingerprint.get("device", "")), "$text-muted", 3))
    return [part for part in parts if part[0]]


def _progress(view: RunView) -> list[Part]:
    parts: list[Part] = [(f"● {view.condition}", f"bold {STYLES[view.condition]}", 10)]
    if view.findings.running:
        return [(f"● {NAMES[view.findings.running]}", f"bold {STYLES['paused']}", 10), *_place(view)]
    if view.races.on is not None:
        return [("● race", f"bold {STYLES['paused']}", 10), *_place(view)]
    if not view.total:
        return parts
    share = min(1.0, view.step / view.total)
    parts += _place(view)
    parts.append((bar(share, _BAR_CELLS), STYLES[view.condition], 2))
    parts.append((f"{share:.0%}", "", 6))
    if view.condition == "training":
        parts.append((f"{speed_text(view.speed)} it/s", "", 7))
        parts.append((f"ETA {duration_text(view.eta)}", "", 8))
    return parts


def _place(view: RunView) -> list[Part]:
    return [(f"step {view.step:,}/{view.total:,}", "", 9)] if view.total else []


def _joined(parts: Sequence[Part], between: str) -> list[tuple[str, str]]:
    joined: list[tuple[str, str]] = []
    for text, style, _ in parts:
        if joined:
            joined.append((between, "$text-muted"))
        joined.append((text, style))
    return joined


def _cells(parts: Sequence[Part], between: str) -> int:
    return sum(cell_len(text) for text, _, _ in parts) + len(between) * max(0, len(parts) - 1)


def bar(share: float, cells: int) -> str:
    """How much is done, as a line of `cells` characters."""
    done = round(share * cells)
    return "━" * done + "─" * (cells - done)


def model_text(config: dict[str, Any]) -> str:
    """The model of a run's config.toml in a few characters: `lstm 2×256`, `bigram`."""
    return cut(model_label(section(config, "model")), LONGEST_NAME)


def count_text(count: int) -> str:
    """A number of parameters: 3,481, 228k, 1.1M."""
    if count >= 1_000_000:
        return f"{count / 1e6:.1f}M"
    return f"{count / 1000:.0f}k" if count >= 100_000 else f"{count:,}"


def device_text(device: str) -> str:
    """The device of a fingerprint in a few characters: `cpu`, `H100 80GB HBM3`."""
    told = printable(device)
    kind = told.split(" ", 1)[0]
    return kind if kind in ("cpu", "mps") else cut(told.removeprefix("NVIDIA ").removeprefix("GeForce "), 24)
