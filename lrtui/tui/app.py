"""The application: its three places, its settings, and what every screen may ask of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import App
from textual.binding import Binding
from textual.filter import LineFilter
from textual.message import Message
from textual.screen import Screen

from lrtui.errors import LrtuiError
from lrtui.printable import printable
from lrtui.tui.filters import SafeText
from lrtui.tui.keys import bindings, screen_scope
from lrtui.tui.screens.small import LEAST_HEIGHT, LEAST_WIDTH, Small
from lrtui.tui.settings import Settings

if TYPE_CHECKING:
    from lrtui.config.schema import Config
    from lrtui.plot import Look
    from lrtui.tui.state import Level

EXIT_OF_A_BUG = 70


def _train() -> Screen[Any]:
    from lrtui.tui.screens.train import TrainScreen

    return TrainScreen()


def _runs() -> Screen[Any]:
    from lrtui.tui.screens.runs import RunsScreen

    return RunsScreen()


def _new() -> Screen[Any]:
    from lrtui.tui.screens.new_run import NewRunScreen

    return NewRunScreen()


def _commands() -> Any:
    from lrtui.tui.palette import ActionsAndCommands

    return ActionsAndCommands


class LrtuiApp(App[int], inherit_bindings=False):
    """Shows the run `run`; without one, the form of a new run."""

    TITLE = "lrtui"
    CSS_PATH = "app.tcss"
    MODES: ClassVar[dict[str, Callable[[], Screen[Any]]]] = {"train": _train, "runs": _runs, "new": _new}  # type: ignore[assignment]
    BINDINGS = [  # noqa: RUF012 - Textual's own declaration
        *bindings("everywhere"),
        Binding("ctrl+c", "leave", show=False),
        Binding("ctrl+z", "suspend_process", show=False),
    ]
    COMMANDS: ClassVar[set[Any]] = {_commands}

    class Began(Message):
        """A worker this application has started trains its run."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    class NotBegun(Message):
        """A worker could not begin: why, in a sentence."""

        def __init__(self, said: str) -> None:
            super().__init__()
            self.said = said

    def __init__(self, home: Path, settings: Settings, *, run: str | None = None, read_only: bool = False) -> None:
        self.DEFAULT_MODE = "train" if run else "new"  # type: ignore[misc]
        super().__init__()
        self.home, self.settings = home, settings
        self._shown: tuple[str, bool] | None = (run, read_only) if run else None
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
        if self._shown:
            self.open_run(self._shown[0], read_only=self._shown[1])

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
        """Show the training screen on this run of the home."""
        self._shown = (name, read_only)
        self.switch_mode("train")
        # Only once the screen is composed: what it shows the run in must exist.
        self._place("train").call_later(self._watch, name, read_only)

    def _watch(self, name: str, read_only: bool) -> None:
        try:
            self._place("train").watch_run(name, read_only)
        except LrtuiError as error:
            self.tell(error.sentence, "error")

    def new_run(self, config: Config | None = None, init_from: str = "") -> None:
        """Show the form of a new run, filled in with `config`; it begins with the weights of `init_from`."""
        self.switch_mode("new")
        if config is not None or init_from:
            screen = self._place("new")
            screen.call_later(screen.fill, config, init_from)

    def go(self, place: str) -> None:
        """Show 'train', 'runs' or 'new'. Where no run is open yet, the training is the newest live one."""
        if place != "train" or self._shown:
            self.switch_mode(place)
            return
        from lrtui.runs.live import newest_live_run

        name = newest_live_run(self.home)
        if name:
            self.open_run(name)
        else:
            self.tell("Nothing trains here: choose a run (4), or start one (5).", "warning")

    def start_worker(self, arguments: Sequence[str]) -> None:
        """Run `lrtui ARGUMENTS` detached, and open its run as soon as it has begun; the screens go on meanwhile."""
        self.tell(f"starting: {' '.join(arguments[:2])} …")
        # A thread that nobody waits for: leaving while PyTorch loads must not take until it has loaded.
        threading.Thread(target=self._spawn, args=(tuple(arguments),), name="lrtui-spawn", daemon=True).start()

    def _spawn(self, arguments: Sequence[str]) -> None:
        from lrtui.worker.detach import spawn

        outcome: Message
        try:
            outcome = self.Began(spawn([*arguments, "--home", str(self.home)]).name)
        except LrtuiError as error:
            outcome = self.NotBegun(error.sentence)
        except OSError as error:
            outcome = self.NotBegun(f"the worker cannot be started: {error.strerror}")
        if self.is_running:  # or else it was left meanwhile
            self.post_message(outcome)

    def on_lrtui_app_began(self, message: Began) -> None:
        self.open_run(message.name)

    def on_lrtui_app_not_begun(self, message: NotBegun) -> None:
        self.tell(message.said, "error")

    def tell(self, text: str, level: Level = "info") -> None:
        """A toast."""
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
        if self._shown:
            self._place("train").action_leave()
        else:
            self.exit(0)

    def _place(self, mode: str) -> Any:
        """The screen at the bottom of a place's stack."""
        return self.get_screen_stack(mode)[0]

    # What Textual would print over the shell: launch.py says a sentence instead

    @property
    def failure(self) -> Exception | None:
        """What ended the application, where it was a bug."""
        return self._exception

    def _fatal_error(self) -> None:
        self._return_code = EXIT_OF_A_BUG
        self._close_messages_no_wait()

    def panic(self, *renderables: Any) -> None:
        self._return_code = EXIT_OF_A_BUG
        self._close_messages_no_wait()
