"""The two lines of a sweep: its headline, and what its best lane has reached."""

from textual.content import Content

from lrtui.tui.keys import keymap_of
from lrtui.tui.sweep_state import SweepView
from lrtui.tui.sweep_words import figures, headline
from lrtui.tui.widgets.figures import Figures
from lrtui.tui.widgets.headline import Headline


class SweepHeadline(Headline):
    """One line of the sweep's name, model and device, its condition and its progress."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._sweep: SweepView | None = None

    def show_sweep(self, view: SweepView | None, read_only: bool) -> None:
        self._sweep = view
        self.show_run(None, read_only)

    def _content(self) -> Content:
        return headline(self._sweep, self.size.width, self._read_only)


class SweepFigures(Figures):
    """One line: the best lane's numbers on the left, host and GPU on the right."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._sweep: SweepView | None = None

    def show_sweep(self, view: SweepView | None) -> None:
        self._sweep = view
        self.show_run(None)

    def _content(self) -> Content:
        return figures(self._sweep, self._host, self.size.width, self._asked, keymap_of(self.app))
