"""A pane that shows something of a run."""

from lrtui.tui.state import RunView
from lrtui.tui.widgets.pane import Pane


class RunPane(Pane):
    """Draws itself anew for each view and each size."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.view: RunView | None = None

    def show_run(self, view: RunView | None) -> None:
        self.view = view
        self.draw()

    def on_resize(self) -> None:
        self.draw()

    def draw(self) -> None:
        """Show what is known of `view`, None where no run is open, at the present size."""
        raise NotImplementedError
