"""The user's own settings, from lrtui.toml in their configuration folder: keys, theme, palette, how often to look.

Every problem of the file is told at once, each a sentence with the key, what is allowed and the nearest name.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from lrtui.errors import ConfigError, UsageError
from lrtui.printable import printable
from lrtui.tui.key_names import parse_keys, shown_key
from lrtui.tui.keys import KEYS, keys_of

Palette = Literal["standard", "colour-blind"]
DEFAULT_THEME = "textual-dark"
LEAST_HZ, MOST_HZ = 0.2, 10.0
#: the way out that no setting takes away
ALWAYS_LEAVES = "ctrl+q"
_LARGEST_FILE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`keys` re-maps keys by id, in Textual's names; `hz` is how often a second a screen looks at its run."""

    keys: dict[str, str] = field(default_factory=dict)
    theme: str = DEFAULT_THEME
    palette: Palette = "standard"
    hz: float = 2.0
    mouse: bool = True
    ascii: bool = False


def settings_folder() -> Path:
    import platformdirs

    return Path(platformdirs.user_config_dir("lrtui", appauthor=False))


def read_settings(path: Path | None = None, **overrides: Any) -> Settings:
    """The settings of this file (default: the user's); what flags say, unless None, overrides it.

    Raises ConfigError with every problem of the file, and UsageError for a flag. No file is no problem.
    """
    path = path or settings_folder() / "lrtui.toml"
    tables = _read(path)
    problems: list[str] = []
    values: dict[str, Any] = {}
    for name, table in tables.items():
        if name not in ("keys", "tui"):
            problems.append(f"{_quoted(name)}: {_no_table(name)}")
        elif not isinstance(table, dict):
            problems.append(f"{name}: must be a table: [{name}]")
        elif name == "keys":
            values["keys"] = _keys(table, problems)
        else:
            values |= _checked(table, problems)
    if problems:
        lines = "\n".join(f"  {problem}" for problem in problems)
        raise ConfigError(f"{printable(str(path))} has a setting that cannot be meant:\n{lines}", "Correct it there.")
    given = {key: value for key, value in overrides.items() if value is not None}
    wrong: list[str] = []
    given = _checked(given, wrong)
    if wrong:
        raise UsageError(f"--{wrong[0].replace('tui.', '', 1)}")
    return Settings(**(values | given))


def _no_table(name: str) -> str:
    """What is meant by `name` outside of the tables."""
    if name in _RULES:
        return "put it under [tui]"
    if name in {key.id for key in KEYS}:
        return "put it under [keys]"
    return "unknown table, there are [keys] and [tui]"


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_FILE + 1)
        if len(content) > _LARGEST_FILE:
            raise ValueError("it is larger than any settings")
        return tomllib.loads(content.decode("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise ConfigError(f"{printable(str(path))} cannot be read: {error.strerror}") from None
    except RecursionError:
        raise ConfigError(f"{printable(str(path))} is nested too deeply to be settings") from None
    except ValueError as error:
        raise ConfigError(f"{printable(str(path))} is not TOML: {printable(str(error))}") from None


def _keys(table: dict[str, Any], problems: list[str]) -> dict[str, str]:
    """Which keys do what instead; unknown ids, impossible keys and two actions on one key are problems."""
    known = {key.id: key for key in KEYS}
    found: dict[str, str] = {}
    for id, written in table.items():
        if id not in known:
            problems.append(f"keys.{_quoted(id)}: unknown action{_near(id, known)}")
        elif not isinstance(written, str):
            problems.append(f'keys.{id}: must be a key in quotes, such as "g"')
        else:
            try:
                found[id] = parse_keys(written, known[id].keys.split(","))
            except UsageError as error:
                problems.append(f"keys.{id}: {error.sentence}")
    if "quit" in found:
        found["quit"] = ",".join(dict.fromkeys([*found["quit"].split(","), ALWAYS_LEAVES]))
    problems += _clashes(found)
    return found


def _clashes(found: dict[str, str]) -> Iterable[str]:
    for key in KEYS:
        for other in KEYS:
            if key.id not in found or key is other or (other.id in found and KEYS.index(other) > KEYS.index(key)):
                continue
            if key.scope != other.scope and "everywhere" not in (key.scope, other.scope):
                continue
            both = set(keys_of(key, found).split(",")) & set(keys_of(other, found).split(","))
            for shared in sorted(both):
                yield f"keys.{key.id}: {shown_key(shared)} is the key of {other.id} already"


def _checked(table: dict[str, Any], problems: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in table.items():
        if name not in _RULES:
            problems.append(f"tui.{_quoted(name)}: unknown setting{_near(name, _RULES)}")
        elif (problem := _RULES[name](value)) is not None:
            problems.append(f"tui.{name}: {problem}")
        else:
            found[name] = value
    return found


def _is_flag(value: Any) -> str | None:
    return None if isinstance(value, bool) else "must be true or false"


def _is_hz(value: Any) -> str | None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return None if number and LEAST_HZ <= value <= MOST_HZ else f"must be a number from {LEAST_HZ:g} to {MOST_HZ:g}"


def _is_palette(value: Any) -> str | None:
    known = get_args(Palette)
    return None if value in known else f"must be one of {', '.join(known)}{_near(str(value), known)}"


def _is_theme(value: Any) -> str | None:
    if value == DEFAULT_THEME:
        return None
    from textual.theme import BUILTIN_THEMES

    if isinstance(value, str) and value in BUILTIN_THEMES:
        return None
    return f"must be one of {', '.join(BUILTIN_THEMES)}{_near(str(value), BUILTIN_THEMES)}"


_RULES: dict[str, Callable[[Any], str | None]] = {
    "theme": _is_theme,
    "palette": _is_palette,
    "hz": _is_hz,
    "mouse": _is_flag,
    "ascii": _is_flag,
}


def _near(name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name[:60].lower().replace("-", "_"), list(known), 1, 0.6)
    return f", did you mean {near[0]}?" if near else ""


def _quoted(name: str) -> str:
    plain = name.replace("_", "").replace("-", "").isalnum() and name.isascii() and len(name) <= 40
    return name if plain else repr(printable(name)[:40])
