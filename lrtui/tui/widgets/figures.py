"""The line of figures: losses, gradient, rate; what the run waits for, or what ails it; what the machine is doing."""

from collections.abc import Mapping, Sequence

from rich.cells import cell_len
from textual.content import Content
from textual.timer import Timer
from textual.widget import Widget

from lrtui.printable import printable
from lrtui.tui.health import advice_keys
from lrtui.tui.keys import key_of, keymap_of
from lrtui.tui.previews import next_rate, what_goes_on
from lrtui.tui.state import RunView
from lrtui.tui.wrapping import cut
from lrtui.words import loss_text, rate_text

_ASKED_SECONDS = 4.0
_AS_BOUND: Mapping[str, str] = {}
_Part = tuple[str, str]
_BETWEEN = " │ "


class Figures(Widget):
    """One line: the run's last numbers on the left, host and GPU on the right."""

    DEFAULT_CSS = "Figures { height: 1; color: $foreground; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._view: RunView | None = None
        self._host = self._asked = self._shown = ""
        self._forgetting: Timer | None = None

    def show_run(self, view: RunView | None) -> None:
        self._view = view
        self._redraw()

    def show_host(self, text: str) -> None:
        """What the machine is doing, in a few words."""
        self._host = text
        self._redraw()

    def show_asked(self, text: str) -> None:
        """What a command that is on its way will do; for a few seconds."""
        if self._forgetting is not None:
            self._forgetting.stop()
        self._forgetting = self.set_timer(_ASKED_SECONDS, self._forget)
        self._asked = text
        self._redraw()

    def _forget(self) -> None:
        self._asked = ""
        self._redraw()

    def _redraw(self) -> None:
        if self._content().plain != self._shown:
            self.refresh()

    def render(self) -> Content:
        content = self._content()
        self._shown = content.plain
        return content

    def _content(self) -> Content:
        return figures(self._view, self._host, self.size.width, self._asked, keymap_of(self.app))


def figures(
    view: RunView | None, host: str, width: int, asked: str = "", keymap: Mapping[str, str] = _AS_BOUND
) -> Content:
    """The line at `width` cells: numbers, a note, the machine, which is left out first where there is little room.

    The note is what was `asked` last, or else what the run waits for and what seems to be wrong with it. What was asked
    is there for a few seconds: until then numbers give way to it.
    """
    parts = _numbers(view) if view else []
    notes = [asked] if asked else _notes(view, keymap) if view else [""]
    if asked:
        parts = beside(parts, printable(asked), width)
    parts, note, right = _fitting(parts, [printable(note) for note in notes], host, width)
    return figures_line(parts, note, "$text-warning", right, width)


def figures_line(parts: Sequence[_Part], note: str, style: str, right: str, width: int) -> Content:
    """Labels with their values, a note in its style, and what stands at the right end of `width` cells."""
    used = _used(parts, note)
    told: list[tuple[str, str]] = [(" ", "")]
    for number, (label, value) in enumerate(parts):
        told += [("  " if number else "", ""), (f"{label} ", "$text-muted"), (value, "bold")]
    if note:
        told += [(_BETWEEN if parts else "", "$text-muted"), (note, style)]
    told += [(" " * max(0, width - used - cell_len(right) - 2), ""), (right, "$text-muted")]
    return Content.assemble(*(part for part in told if part[0]))


def beside(parts: list[_Part], note: str, width: int) -> list[_Part]:
    """All of the numbers, or as many of the first that `width` cells have room for beside the whole note."""
    few = (parts[:count] for count in (len(parts), 2, 1))
    return next((some for some in few if _used(some, note) + 2 <= width), [])


def _fitting(parts: list[_Part], notes: Sequence[str], host: str, width: int) -> tuple[list[_Part], str, str]:
    """The numbers, the note of `notes`, the fullest first, and the machine that `width` cells have room for."""
    for right in (host, ""):
        for note in notes:
            if _used(parts, note) + (cell_len(right) + 4 if right else 2 if note else 0) <= width:
                return parts, note, right
    few = parts[:2]
    room = max(0, width - _used(few, "-") - 1)
    note = next((note for note in notes if cell_len(note) <= room), notes[-1])
    return (few, cut(note, room), "") if note else (parts, "", "")


def _used(parts: Sequence[_Part], note: str) -> int:
    """The cells of the numbers with the note behind them."""
    left = cell_len(_left(parts))
    return left + cell_len(note) + (cell_len(_BETWEEN) if left else 0) if note else left


def _left(parts: Sequence[_Part]) -> str:
    return "  ".join(f"{label} {value}" for label, value in parts)


def _numbers(view: RunView) -> list[_Part]:
    grad = "–" if view.grad_norm is None else f"{view.grad_norm:.2g}"
    return [
        ("loss", loss_text(view.train_loss)),
        ("val", loss_text(view.val_loss)),
        ("lr", rate_text(next_rate(view) if view.condition == "paused" else view.lr)),
        ("grad", grad),
    ]


def _notes(view: RunView, keymap: Mapping[str, str]) -> list[str]:
    """What the run waits for and what seems to be wrong with it, the fullest first."""
    waits, wrong = _waits(view, keymap), view.health.told
    if wrong is None:
        return [waits]
    if view.condition != "training":
        return [f"{waits} · {wrong.sentence}", waits]  # what it advises is for a run that trains
    line, why = wrong.line(advice_keys(keymap)), f" · {key_of('why', keymap)} says why"
    return [line + why, line]


def _waits(view: RunView, keymap: Mapping[str, str]) -> str:
    match view.condition:
        case "opening":
            return "waiting for the first step"
        case "paused":
            return f"paused: {key_of('pause', keymap)} goes on, {key_of('step', keymap)} trains one step"
        case "finished":
            return f"finished: {what_goes_on(view, keymap)}"
        case "stopped":
            return f"stopped: {key_of('resume', keymap)} goes on with it"
        case "crashed":
            return f"the worker died: {key_of('resume', keymap)} resumes"
        case "deleted":
            return f"the run has been deleted: {key_of('runs', keymap)} lists the others"
        case _:
            held = view.rate is not None and view.rate.held is not None
            return f"held: {key_of('hold', keymap)} releases the schedule" if held else ""
