"""What the application knows of sweeps: which one is shown, and which to show where none was chosen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lrtui.errors import LrtuiError
from lrtui.tui.tamed import TamedApp

if TYPE_CHECKING:
    from textual.screen import Screen

    from lrtui.tui.seeing import Level


def sweep_screen() -> Screen[Any]:
    from lrtui.tui.screens.sweep import SweepScreen

    return SweepScreen()


def is_sweep_here(home: Path, name: str) -> bool:
    """Whether the run of this name in `home` is a sweep. One look at the disk."""
    from lrtui.runs.directory import RunDirectory, runs_folder
    from lrtui.runs.sweeps import is_sweep

    return is_sweep(RunDirectory(runs_folder(home) / name))


class OpensSweeps(TamedApp):
    """An application with a place `sweep`."""

    home: Path
    _shown_sweep = ""

    def open_sweep(self, name: str, *, read_only: bool = False) -> None:
        """Show the Sweep screen on this sweep of the home."""
        self._shown_sweep = name
        self._show_place("sweep")
        # Only once the screen is composed: what it shows the sweep in must exist.
        sweep = self._place("sweep")
        sweep.call_later(self._have_watched, "sweep", sweep.watch_sweep, name, read_only)

    def _have_watched(self, mode: str, watch: Callable[[str, bool], None], name: str, read_only: bool) -> None:
        """Have the screen of place `mode` watch the run or sweep of this name; where it cannot, that is told."""
        while self.current_mode == mode and len(self.screen_stack) > 1:
            self.pop_screen()  # what it asks is about the one that was shown before
        try:
            watch(name, read_only)
        except LrtuiError as error:
            self.tell(error.sentence, "error")

    def go_to_sweep(self) -> None:
        """Show the sweep that was open, else the newest one; where the home has none, its screen says how to start."""
        from lrtui.runs.live import newest_sweep

        name = "" if self._shown_sweep else newest_sweep(self.home)
        if name:
            self.open_sweep(name)
        else:
            self._show_place("sweep")

    def leave(self, shown: bool) -> None:
        """Leave at once, unless a training (`shown`) or a sweep is steered from here: its screen asks about it."""
        names = [*(["train"] if shown else []), *(["sweep"] if self._shown_sweep else [])]
        names.sort(key=lambda name: name != self.current_mode)
        places = [self._place(name) for name in names]
        if not places:
            self.exit(0)
        elif len(places) == 1:
            places[0].action_leave()
        else:
            next((place for place in places if place.steers), places[0]).action_leave()

    def _show_place(self, mode: str) -> None:
        raise NotImplementedError

    def _place(self, mode: str) -> Any:
        raise NotImplementedError

    def tell(self, text: str, level: Level = "info") -> None:
        raise NotImplementedError
