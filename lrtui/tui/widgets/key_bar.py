"""One line at the foot of a screen that names its keys."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace

from textual import events
from textual.app import RenderResult
from textual.content import Content
from textual.widget import Widget

from lrtui.tui.keys import KEYS, Key, Scope, keymap_of, screen_scope, shown_keys

#: stand at the end of every bar, however narrow
_ALWAYS = ("help", "quit")
_BETWEEN = "  "
Entry = tuple[Key, ...]


class KeyBar(Widget):
    """The labelled keys of `scope` (default: its screen's), then those that work everywhere.

    They are cut to the width by whole entries.

    A click on an entry does what its key does.
    """

    DEFAULT_CSS = """
    KeyBar { dock: bottom; height: 1; color: $foreground; background: $surface; }
    """

    def __init__(self, scope: Scope | None = None, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._entries: tuple[Entry, ...] = entries(scope) if scope else ()

    def on_mount(self) -> None:
        if not self._entries:
            self._entries = entries(screen_scope(self.screen) or "everywhere")

    def name_keys(self, labels: Mapping[str, str]) -> None:
        """Of the screen's own keys name those with these ids, by these labels and in this order."""
        named = [replace(key, label=label) for id, label in labels.items() for key in KEYS if key.id == id]
        fresh = (*_grouped(named), *entries("everywhere"))
        if fresh != self._entries:
            self._entries = fresh
            self.refresh()

    def render(self) -> RenderResult:
        keymap = self._keymap()
        parts: list[Content | str | tuple[str, str]] = []
        for entry in fitting(self._entries, self.size.width, keymap):
            keys, label = _words(entry, keymap)
            parts += [" " if not parts else _BETWEEN, (keys, "bold $text-accent"), f" {label}"]
        return Content.assemble(*parts)

    async def on_click(self, event: events.Click) -> None:
        keymap, end = self._keymap(), 1
        for entry in fitting(self._entries, self.size.width, keymap):
            start, end = end, end + _width(entry, keymap)
            if start <= event.x < end:
                await self._do(entry[0] if event.x < start + _width(entry, keymap) // 2 else entry[-1])
                return
            end += len(_BETWEEN)

    async def _do(self, key: Key) -> None:
        await self.app.run_action(key.action, self.app if key.scope == "everywhere" else self.screen)

    def _keymap(self) -> Mapping[str, str]:
        return keymap_of(self.app)


def entries(scope: Scope) -> tuple[Entry, ...]:
    """The labelled keys of a screen; neighbours that do the same with other values share an entry."""
    shown = [key for place in dict.fromkeys((scope, "everywhere")) for key in KEYS if key.label and key.scope == place]
    return _grouped(shown)


def _grouped(shown: Sequence[Key]) -> tuple[Entry, ...]:
    grouped = itertools.groupby(shown, key=lambda key: (key.scope, key.action.partition("(")[0]))
    return tuple(tuple(keys) for _, keys in grouped)


def fitting(known: Sequence[Entry], width: int, keymap: Mapping[str, str]) -> list[Entry]:
    """The first entries that `width` cells have room for, and always the last ones: help and quit."""
    last = [entry for entry in known if entry[0].id in _ALWAYS]
    room = width - 1 - sum(_width(entry, keymap) + len(_BETWEEN) for entry in last)
    found: list[Entry] = []
    for entry in known:
        if entry in last:
            continue
        room -= _width(entry, keymap) + len(_BETWEEN)
        if room < 0:
            break
        found.append(entry)
    return [*found, *last]


def _words(entry: Entry, keymap: Mapping[str, str]) -> tuple[str, str]:
    """`[ ]` and `×½ ×2`. Of several keys for one action the first stands here; all of them are in the help."""
    return (
        " ".join(shown_keys(key, keymap).split(" ")[0] for key in entry),
        " ".join(key.label for key in entry),
    )


def _width(entry: Entry, keymap: Mapping[str, str]) -> int:
    keys, label = _words(entry, keymap)
    return len(keys) + 1 + len(label)
