"""The progress bar of a run in a terminal: one line redrawn at most four times a second, everything else above it.

Rich draws without its refresh thread: in the foreground the training shares this process, and a thread that wakes up
would take its time.
"""

from typing import TextIO

from rich.console import Console as RichConsole
from rich.progress import BarColumn, ProgressColumn, Task
from rich.progress import Progress as RichProgress
from rich.table import Column
from rich.text import Text

from lrtui.console.progress import Progress
from lrtui.plot import HUES
from lrtui.words import duration_text, loss_text, rate_text, speed_text

_SECONDS_BETWEEN_DRAWINGS = 0.25
_WIDE = 78
#: Cells the figures need beside the bar, with long numbers in them.
_ROOM_WIDE, _ROOM_NARROW = 74, 48


class _Figures(ProgressColumn):
    """One cell of the line, made from the run's progress when drawn; plain text, never parsed as markup."""

    def __init__(self, progress: Progress, wide: bool, after_bar: bool) -> None:
        super().__init__(table_column=Column(no_wrap=True))
        self._progress, self._wide, self._after_bar = progress, wide, after_bar

    def render(self, task: Task) -> Text:
        state = self._progress
        if not self._after_bar:
            return Text(f"step {state.step:,}/{state.total:,}", no_wrap=True)
        shown = [f"loss {loss_text(state.loss)}"]
        if self._wide:
            shown += [f"val {loss_text(state.val_loss)}", f"lr {rate_text(state.lr)}"]
            shown.append(f"{speed_text(state.speed)} it/s")
        return Text("  ".join([*shown, f"ETA {duration_text(state.eta)}"]), no_wrap=True)


class Bar:
    """The bar and the lines above it. `close` takes the bar away; nothing may be shown after."""

    def __init__(self, out: TextIO, progress: Progress, *, colour: bool) -> None:
        self.rich = RichConsole(
            file=out, force_terminal=True, no_color=not colour, highlight=False, markup=False, emoji=False
        )
        self._progress = progress
        wide = self.rich.width >= _WIDE
        room = max(5, min(40, self.rich.width - (_ROOM_WIDE if wide else _ROOM_NARROW)))
        self._bar = RichProgress(
            _Figures(progress, wide, after_bar=False),
            BarColumn(bar_width=room, complete_style=f"color({HUES[0]})", finished_style=f"color({HUES[2]})"),
            _Figures(progress, wide, after_bar=True),
            console=self.rich,
            auto_refresh=False,
            transient=True,
        )
        self._task = self._bar.add_task("", total=None)
        self._drawn = -_SECONDS_BETWEEN_DRAWINGS

    def draw(self, now: float) -> None:
        """Redraws the line, unless it was drawn a moment before `now`, in seconds."""
        if now - self._drawn < _SECONDS_BETWEEN_DRAWINGS:
            return
        if not self._bar.live.is_started:
            self._bar.start()
        self._drawn = now
        total = max(1, self._progress.total)
        self._bar.update(self._task, completed=min(self._progress.step, total), total=total, refresh=True)

    def print(self, text: str) -> None:
        """Lines above the bar; `text` must be printable."""
        self.rich.print(Text(text), soft_wrap=True)

    def close(self) -> None:
        self._bar.stop()
