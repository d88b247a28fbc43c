"""A screen that may go on changing while a dialogue stands over it."""

from textual.screen import Screen


class Place(Screen[None]):
    """The ground of a place; dialogues open above it and leave it in sight."""

    @property
    def is_in_sight(self) -> bool:
        """Whether no screen above this one hides it; a dialogue leaves it in sight."""
        stack = self.app.screen_stack
        return self in stack and all(above.styles.background.a < 1 for above in stack[stack.index(self) + 1 :])

    def _compositor_refresh(self) -> None:
        # Textual marks what changed under a dialogue as to be painted, paints it, and so marks it again: without an end
        # it writes 70 kB a second. The screen on top paints it once.
        if self is self.app.screen or self not in self.app._background_screens:
            super()._compositor_refresh()
            return
        changed = set(self._compositor._dirty_regions)
        self._compositor._dirty_regions.clear()
        self._dirty_widgets.clear()
        if changed:
            self.app.screen.refresh(*changed)
