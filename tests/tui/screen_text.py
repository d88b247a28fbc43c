"""What a screen looks like, as plain text, and its comparison with a file that people can read in a review."""

import os
from pathlib import Path

from textual.app import App

SNAPSHOTS = Path(__file__).parent / "snapshots"


def screen_text(app: App[object]) -> str:
    """The rows of the screen on top, without trailing blanks; a character is one cell, a wide one two."""
    strips = app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in strips)


def matches_snapshot(shown: str, name: str) -> None:
    """Fails where `shown` differs from snapshots/<name>.txt; UPDATE_SNAPSHOTS=1 writes the file instead."""
    path = SNAPSHOTS / f"{name}.txt"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(shown + "\n", encoding="utf-8")
    assert path.exists(), f"{path} is missing: UPDATE_SNAPSHOTS=1 makes it"
    kept = path.read_text(encoding="utf-8").removesuffix("\n")
    assert shown == kept, f"the screen differs from {path.name}; it shows now:\n{shown}"
