"""Opens the screens as the flags and the user's settings say."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn


def has_terminal() -> bool:
    """Whether the screens can be shown."""
    from lrtui.errors import UsageError
    from lrtui.tui.launch import check_terminal

    try:
        check_terminal()
    except UsageError:
        return False
    return True


def open_screens(
    home: Path | None = None,
    run: str | None = None,
    *,
    read_only: bool = False,
    ascii: bool = False,
    no_mouse: bool = False,
    hz: float | None = None,
    theme: str | None = None,
    palette: str | None = None,
) -> NoReturn:
    """Show the screens, and end the process. Raises UsageError where there is no terminal for them, or no such run."""
    from lrtui.runs.directory import home as home_folder
    from lrtui.tui.launch import check_terminal, launch
    from lrtui.tui.settings import read_settings

    check_terminal()
    settings = read_settings(
        ascii=ascii or None, mouse=False if no_mouse else None, hz=hz, theme=theme, palette=palette
    )
    launch(home_folder(home), settings, run, read_only)
