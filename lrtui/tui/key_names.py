"""Keys as people write them, as Textual names them, and as they are shown.

Some keys never reach a program, or reach it as another: terminals and shells take them away.
"""

import string
import unicodedata
from collections.abc import Collection

from lrtui.errors import UsageError
from lrtui.printable import printable

#: where Textual's name of a character is not its name in Unicode
_RENAMED = {
    "solidus": "slash",
    "reverse_solidus": "backslash",
    "commercial_at": "at",
    "hyphen_minus": "minus",
    "plus_sign": "plus",
    "low_line": "underscore",
}
_NAMED = ("up", "down", "left", "right", "home", "end", "pageup", "pagedown", "insert", "delete", "backspace", "space")
_FUNCTION = tuple(f"f{number}" for number in range(1, 25))
_SHOWN = {
    "left": "←",
    "right": "→",
    "up": "↑",
    "down": "↓",
    "escape": "esc",
    "pageup": "pgup",
    "pagedown": "pgdn",
    "delete": "del",
}
#: key → why it cannot be had
_IMPOSSIBLE = {
    "ctrl+s": "terminals stop their output at it",
    "ctrl+q": "it always leaves",
    "ctrl+c": "it always leaves",
    "ctrl+z": "it always suspends",
    "ctrl+j": "terminals send it for enter",
    "ctrl+m": "terminals send it for enter",
    "ctrl+i": "terminals send it for tab",
    "ctrl+h": "terminals send it for backspace",
    "ctrl+enter": "terminals send it for enter",
    "enter": "dialogues need it",
    "escape": "dialogues need it",
    "tab": "it moves the focus",
    "shift+tab": "it moves the focus",
}


def character_key(character: str) -> str:
    """Textual's name of the key that types this character."""
    if character.isalnum():
        return character
    name = unicodedata.name(character, character).lower().replace("-", "_").replace(" ", "_")
    return _RENAMED.get(name, name)


_PUNCTUATION = {character_key(sign): sign for sign in string.punctuation}


_WRITTEN = 'Write it as "d", "D", "[", "space", "left", "f5" or "ctrl+g".'


def parse_keys(text: str, own: Collection[str] = ()) -> str:
    """The keys a user wrote, comma separated, in Textual's names; those in `own` may be kept whatever they are.

    Raises UsageError for one that cannot be had.
    """
    written = [text.strip()] if text.strip() == "," else [part.strip() for part in text.split(",")]
    return ",".join(dict.fromkeys(part if part in own else _parse_key(part) for part in written))


def _parse_key(text: str) -> str:
    if len(text) == 1 and text.isprintable():
        return character_key(text)
    *modifiers, name = text.lower().replace("-", "_").split("+")
    if modifiers == ["shift"] and len(name) == 1 and name.isalpha():
        return name.upper()
    key = "+".join([*modifiers, name])
    if _exists(modifiers, name) and key not in _IMPOSSIBLE:
        return key
    told = printable(text)[:40]
    if key in _IMPOSSIBLE:
        raise UsageError(f"{told} cannot be re-mapped: {_IMPOSSIBLE[key]}")
    if {"alt", "meta"} & set(modifiers):
        raise UsageError(f"{told} cannot be a key: terminals send alt as escape and a letter")
    raise UsageError(f"{told!r} is no key", _WRITTEN)


def _exists(modifiers: list[str], name: str) -> bool:
    if not modifiers:
        return name in (*_NAMED, *_FUNCTION) or name in _PUNCTUATION
    if modifiers == ["ctrl"]:
        return (len(name) == 1 and name in string.ascii_lowercase) or name in _NAMED[:10]
    return modifiers in (["shift"], ["ctrl", "shift"]) and name in _NAMED[:10]


def shown_key(key: str) -> str:
    """A key of Textual's as it is shown: `[`, `space`, `←`, `ctrl+q`."""
    return _SHOWN.get(key) or _PUNCTUATION.get(key) or key
