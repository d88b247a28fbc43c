"""Where values come from: a TOML text or a `--set`, each a layer that can say in which line it gave a key."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import tomli

from lrtui.errors import ConfigError

KeyPath = tuple[str | int, ...]

#: a configuration is a page of text; anything larger is some other file
MOST_BYTES = 1_000_000
#: a statement is looked for over at most this many lines, so that a strange file costs no quadratic time
_MOST_LINES_OF_A_STATEMENT = 200
_LONGEST_LABEL = 120
_DOTTED = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")


@dataclass(frozen=True)
class Layer:
    """Values under their keys, the `label` of their origin and the TOML `source` they were read from, if any."""

    data: dict[str, Any]
    label: str = ""
    source: str = ""

    def gives(self, path: KeyPath) -> bool:
        """Does this layer hold a value for `path`, or for a list or value above it?"""
        value: Any = self.data
        for part in path:
            if not isinstance(value, dict):
                return True
            if part not in value:
                return False
            value = value[part]
        return True

    def line(self, path: KeyPath) -> int:
        """The line of `path`, or of the nearest key above it that has one; 0 where none is known."""
        return next((self._lines[path[:n]] for n in range(len(path), 0, -1) if path[:n] in self._lines), 0)

    def place(self, path: KeyPath) -> str:
        """`file.toml:12` where the line is known, else the label alone."""
        line = self.line(path)
        return f"{self.label}:{line}" if line else self.label

    @cached_property
    def _lines(self) -> dict[KeyPath, int]:
        return key_lines(self.source)


def read_toml(path: Path) -> Layer:
    """The layer of a file. Raises ConfigError where it cannot be read or is no TOML."""
    label = one_line(str(path), 4096)
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise ConfigError(f"{label}: there is no such file", "`lrtui config init` writes one.") from None
    except IsADirectoryError:
        raise ConfigError(f"{label}: is a folder, not a configuration file") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ConfigError(f"{label}: cannot be read: {reason}") from None
    if len(raw) > MOST_BYTES:
        raise ConfigError(f"{label}: is larger than {MOST_BYTES:,} bytes, so it is no configuration file")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{label}: is not UTF-8 text (byte {error.start})", "Save it as UTF-8.") from None
    return parse_toml(text, label)


def parse_toml(text: str, label: str) -> Layer:
    """The layer of a TOML text. Raises ConfigError with line and column where it is none."""
    try:
        return Layer(tomli.loads(text), label, text)
    except tomli.TOMLDecodeError as error:
        place = f"{label}:{error.lineno}:{error.colno}"
        raise ConfigError(f"{place}: is not valid TOML: {error.msg}", 'Text needs quotes: key = "value".') from None
    except (ValueError, RecursionError):
        raise ConfigError(f"{label}: is not valid TOML: a number too long or lists nested too deeply") from None


def parse_set(text: str, text_keys: frozenset[str] = frozenset(), optional: frozenset[str] = frozenset()) -> Layer:
    """The layer of one `--set a.b=value`: the right side is a TOML value or else a string as it stands.

    For the keys in `text_keys` whatever is no TOML string is a string as it stands, so that a prompt of `1 2` or `1`
    and a file named `2024` need no quotes. Nothing on the right side unsets a key of `optional`. Raises ConfigError
    where there is no key or no `=`.
    """
    key, equals, raw = text.partition("=")
    key = key.strip()
    if not equals or not _DOTTED.fullmatch(key):
        raise ConfigError(f"--set {one_line(text)}: write --set section.key=value, such as --set optim.lr=0.002")
    value = _value(raw)
    if key in text_keys and not isinstance(value, str):
        value = raw
    if key in optional and not raw.strip():
        value = None
    data: Any = value
    for part in reversed(key.split(".")):
        data = {part: data}
    return Layer(data, f"--set {one_line(text)}")


def one_line(text: str, longest: int = _LONGEST_LABEL) -> str:
    """A label for what the user typed: no line breaks and nothing else that does not print, and not too long."""
    safe = "".join(c if c.isprintable() else "\ufffd" for c in text)
    return safe if len(safe) <= longest else f"{safe[:longest]}…"


def _value(raw: str) -> Any:
    try:
        table = tomli.loads(f"value = {raw}")
    except (ValueError, RecursionError):
        return raw
    return table["value"] if len(table) == 1 else raw  # a line break could smuggle in a second key


def key_lines(source: str) -> dict[KeyPath, int]:
    """The line on which each key of a valid TOML text is given; keys inside a value of several lines have its first."""
    lines: dict[KeyPath, int] = {}
    table: KeyPath = ()
    counts: dict[KeyPath, int] = {}
    for number, statement in _statements(source):
        parsed = tomli.loads(statement)
        if statement.lstrip().startswith("["):
            table = _table(next(_leaves(parsed)), counts)
            lines.setdefault(table, number)
            continue
        for leaf in _leaves(parsed):
            for n in range(1, len(leaf) + 1):
                lines.setdefault(table + leaf[:n], number)
    return lines


def _table(header: KeyPath, counts: dict[KeyPath, int]) -> KeyPath:
    """The path of a `[table]`, or of the next element of an `[[array]]`, whose statement alone reads (…, 0)."""
    if not isinstance(header[-1], int):
        return header
    array = header[:-1]
    counts[array] = counts.get(array, -1) + 1
    return (*array, counts[array])


def _statements(source: str) -> Iterator[tuple[int, str]]:
    """(first line, text) of each header and key: as many lines as it takes until they parse."""
    waiting: list[str] = []
    first = 0
    for number, line in enumerate(source.replace("\r\n", "\n").split("\n"), 1):
        if not waiting:
            first = number
        waiting.append(line)
        statement = "\n".join(waiting)
        try:
            parsed = tomli.loads(statement)
        except (ValueError, RecursionError):
            if len(waiting) > _MOST_LINES_OF_A_STATEMENT:
                return
            continue
        waiting = []
        if parsed:
            yield first, statement


def _leaves(value: Any, path: KeyPath = ()) -> Iterator[KeyPath]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    empty = True
    for key, inner in items:
        empty = False
        yield from _leaves(inner, (*path, key))
    if empty and path:
        yield path
