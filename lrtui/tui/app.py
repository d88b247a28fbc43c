"""The application: its five places, its settings, and what every screen may ask of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.binding import Binding
from textual.filter import LineFilter
from textual.screen import ModalScreen, Screen

from lrtui.printable import printable
from lrtui.tui.filters import SafeText
from lrtui.tui.keys import bindings, key_of, screen_scope
from lrtui.tui.opens_sweeps import OpensSweeps, is_sweep_here, sweep_screen
from lrtui.tui.screens.small import LEAST_HEIGHT, LEAST_WIDTH, Small
from lrtui.tui.settings import Settings
from lrtui.tui.starting import Began, NotBegun, start

if TYPE_CHECKING:
    from lrtui.config.schema import Config
    from lrtui.plot import Look
    from lrtui.tui.screens.train import TrainScreen
    from lrtui.tui.seeing import Level

#: Nobody reads a new screen and presses a key that soon: that key was meant for the screen before.
_STARTLED_SECONDS = 0.4


def _train() -> Screen[Any]:
    from lrtui.tui.screens.train import TrainScreen

    return TrainScreen()


def _find() -> Screen[Any]:
    from lrtui.tui.screens.find import FindScreen

    return FindScreen()


def _runs() -> Screen[Any]:
    from lrtui.tui.screens.runs import RunsScreen

    return RunsScreen()


def _new() -> Screen[Any]:
    from lrtui.tui.screens.new_run import NewRunScreen

    return NewRunScreen()


def _commands() -> Any:
    from lrtui.tui.palette import ActionsAndCommands

    return ActionsAndCommands


_MODES: dict[str, Callable[[], Screen[Any]]] = {
    "train": _train,
    "find": _find,
    "sweep": sweep_screen,
    "runs": _runs,
    "new": _new,
}


def _hide_toasts_below(stack: Sequence[Screen[Any]]) -> None:
    """A dialogue shows the toasts itself, in front: those of the screen it leaves in sight would be there twice."""
    for screen in stack[:-1]:
        for toasts in screen.query("ToastRack"):
            toasts.display = False  # Textual shows them again as soon as the screen is on top


class LrtuiApp(OpensSweeps, inherit_bindings=False):
    """Shows the run `run`; without one, the form of a new run."""

    TITLE = "lrtui"
    CSS_PATH = "app.tcss"
    MODES: ClassVar[dict[str, Callable[[], Screen[Any]]]] = _MODES  # type: ignore[assignment]
    BINDINGS = [  # noqa: RUF012 - Textual's own declaration
        *bindings("everywhere"),
        Binding("ctrl+c", "leave", show=False),
        Binding("ctrl+z", "suspend_process", show=False),
    ]
    COMMANDS: ClassVar[set[Any]] = {_commands}

    def __init__(self, home: Path, settings: Settings, *, run: str | None = None, read_only: bool = False) -> None:
        self._first = (run, read_only) if run else None
        sweeps = run is not None and is_sweep_here(home, run)
        self.DEFAULT_MODE = "sweep" if sweeps else "train" if run else "new"  # type: ignore[misc]
        super().__init__()
        self.home, self.settings = home, settings
        self._shown: tuple[str, bool] | None = None if sweeps else self._first
        self._starting = False
        self._begun = ""  # the run that has begun while a dialogue was open, and was not shown yet
        self._startled = float("-inf")
        self._safe_text = SafeText(ascii=settings.ascii)
        self.animation_level = "none"
        self.set_class(settings.ascii, "-ascii")
        if settings.palette == "colour-blind":
            from lrtui.tui.themes import colour_blind_themes

            for theme in colour_blind_themes():
                self.register_theme(theme)
        self.theme = settings.theme
        self.set_keymap(settings.keys)

    def on_mount(self) -> None:
        # After ctrl+z and `fg` the terminal is empty where nothing changed meanwhile.
        self.app_resume_signal.subscribe(self, lambda _: self.refresh(layout=True))
        self.screen_change_signal.subscribe(self, lambda _: self.call_later(self._ask_for_room))
        self.screen_change_signal.subscribe(self, lambda _: _hide_toasts_below(self.screen_stack))
        if self._first:
            self.open_run(self._first[0], read_only=self._first[1])

    def on_resize(self) -> None:
        self.call_later(self._ask_for_room)  # Textual's own handler, which runs after this one, knows the size

    def _ask_for_room(self) -> None:
        small = self.size.width < LEAST_WIDTH or self.size.height < LEAST_HEIGHT
        if small and not isinstance(self.screen, Small):
            self.push_screen(Small())
        elif not small and isinstance(self.screen, Small):
            self.pop_screen()

    def get_line_filters(self) -> Sequence[LineFilter]:
        return [self._safe_text, *super().get_line_filters()]

    # What screens ask for

    def open_run(self, name: str, *, read_only: bool = False) -> None:
        """Show the training screen on this run of the home, or the Sweep screen where it is a sweep."""
        if is_sweep_here(self.home, name):
            self._begun = ""
            self.open_sweep(name, read_only=read_only)
            return
        self._shown, self._begun = (name, read_only), ""
        self._show_place("train")
        # Only once the screen is composed: what it shows the run in must exist.
        train = self._place("train")
        train.call_later(self._have_watched, "train", train.watch_run, name, read_only)

    def new_run(self, config: Config | None = None, init_from: str = "") -> None:
        """Show the form of a new run, filled in with `config`; it begins with the weights of `init_from`."""
        self._show_place("new")
        if config is not None or init_from:
            screen = self._place("new")
            screen.call_later(screen.fill, config, init_from)

    def go(self, place: str) -> None:
        """Show 'train', 'find', 'sweep', 'runs' or 'new'. Where no run is open yet, training is the newest live one."""
        if place == "find":
            self._show_find()
        elif place == "sweep":
            self.go_to_sweep()
        elif place == "train" and self._begun:
            self.open_run(self._begun)
        elif place != "train" or self._shown:
            self._show_place(place)
        else:
            self._open_newest()

    def _open_newest(self) -> None:
        from lrtui.runs.live import newest_live_run

        name = newest_live_run(self.home, sweeps=False)
        if name:
            self.open_run(name)
        else:
            runs, new = key_of("runs", self.settings.keys), key_of("new", self.settings.keys)
            self.tell(f"Nothing trains here: choose a run ({runs}), or start one ({new}).", "warning")

    def find(self) -> None:
        """Show the Find screen, and test there: the run that is shown, or the form of a new one."""
        self._show_find()
        self._place("find").call_later(self._place("find").action_test)

    def _show_find(self) -> None:
        before = self.current_mode
        self._show_place("find")
        if before in ("train", "new"):
            self._place("find").look_at(self._place(before))

    def run_was_seen(self) -> None:
        """The training screen knows more of its run: who else shows it follows."""
        if self.current_mode == "find":
            self._place("find").follow()

    @property
    def training(self) -> TrainScreen | None:
        """The training screen, where it has a run."""
        return self._place("train") if self._shown else None

    def _show_place(self, mode: str) -> None:
        if mode != self.current_mode:
            self.clear_notifications()  # they were about the place before
            self.switch_mode(mode)

    def start_worker(self, arguments: Sequence[str]) -> None:
        """Run `lrtui ARGUMENTS` detached, and open its run as soon as it has begun; the screens go on meanwhile.

        One at a time: a key held down starts one run.
        """
        if self._starting:
            self.tell("a run is being started: wait until it has begun", "warning")
            return
        self._starting = True
        named = takewhile(lambda word: not word.startswith("-"), arguments)
        self.tell(f"starting: {' '.join(named)} …")
        start(self, [*arguments, "--home", str(self.home)], self.screen)

    @on(Began)
    def _show_what_began(self, message: Began) -> None:
        self._starting = False
        if not self.screen_stack:
            return  # it is being left
        if isinstance(self.screen, ModalScreen) and not isinstance(self.screen, Small):
            # What is being typed there must not become keys of a training.
            self._begun = message.name
            self.tell(f"{message.name} has begun: {key_of('train', self.settings.keys)} shows it")
            return
        self._startled = time.monotonic()
        self.open_run(message.name)

    @on(NotBegun)
    def _tell_why_not(self, message: NotBegun) -> None:
        self._starting = False
        self.tell(message.said, "error")

    @property
    def is_startling(self) -> bool:
        """Whether the screen has changed by itself just now: a key may have been meant for the one before."""
        return time.monotonic() - self._startled < _STARTLED_SECONDS

    def tell(self, text: str, level: Level = "info") -> None:
        """A toast; told again it is not shown twice."""
        severity = level if level in ("warning", "error") else "information"
        self.notify(printable(text), severity=severity, markup=False)

    def look(self, width: int, height: int, **more: Any) -> Look:
        """How a chart of this size is drawn on this terminal, for this user."""
        from lrtui.plot import Look

        settings = self.settings
        return Look(
            width=width,
            height=height,
            colour=not self.no_color,
            ascii=settings.ascii,
            palette=settings.palette,
            **more,
        )

    # What keys do everywhere

    def action_go(self, place: str) -> None:
        self.go(place)

    def action_help(self) -> None:
        from lrtui.tui.screens.help import Help

        self.push_screen(Help(screen_scope(self.screen)))

    def action_leave(self) -> None:
        """Leave at once, unless a training is steered from here: its screen asks what becomes of it."""
        self.leave(bool(self._shown))

    def _place(self, mode: str) -> Any:
        """The screen at the bottom of a place's stack."""
        return self.get_screen_stack(mode)[0]
