"""Layers become one configuration, or one error that tells every problem and where each came from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from lrtui.config.layers import KeyPath, Layer
from lrtui.config.problems import Problem, describe, dotted
from lrtui.config.rules import Broken
from lrtui.config.schema import Config
from lrtui.errors import ConfigError

_HINT = "`lrtui config init` writes a file in which every key is explained."
#: giving one of these takes the other back
_EITHER = (("path", "name"), ("name", "path"))
#: where a problem is: the number of its layer, its line, its sentence; sorts in reading order
_Told = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Found:
    """A problem, the key whose value brought it about, and every key it depends on."""

    problem: Problem
    given: KeyPath
    keys: tuple[str, ...] = ()


def validate(layers: Sequence[Layer], problems: Iterable[str] = ()) -> Config:
    """The configuration of `layers`, the last one strongest.

    Raises ConfigError with a line for each of `problems` and each that `examine` found.
    """
    config, found = examine(layers)
    lines = [*problems, *(sentence for *_, sentence in sorted(_tell(each, layers) for each in found))]
    if lines or config is None:
        raise ConfigError("\n".join(lines), _HINT)
    return config


def examine(layers: Sequence[Layer]) -> tuple[Config | None, list[Found]]:
    """The configuration of `layers`, or None, and what is wrong with them.

    A bad value is taken out and the rest looked at again, so that the rules between keys are told as well: with bad
    values the configuration is the one without them.
    """
    data = merge(layers)
    found: list[Found] = []
    while True:
        try:
            return Config.model_validate(data), found
        except ValidationError as error:
            errors: list[Any] = list(error.errors())
            if errors[0]["type"] == "rules":
                return None, found + _broken_rules(errors[0]["ctx"]["broken"], [f.given[:2] for f in found], layers)
            bad = [describe(e) for e in errors]
            found += [Found(p, p.path) for p in bad]
            for path in {p.path[:2] for p in bad}:
                _remove(data, path)


def merge(layers: Iterable[Layer]) -> dict[str, Any]:
    """One tree of values; of corpus.name and corpus.path the one given last stays."""
    merged: dict[str, Any] = {}
    for layer in layers:
        before, now = merged.get("corpus"), layer.data.get("corpus")
        if isinstance(before, dict) and isinstance(now, dict):
            for given, other in _EITHER:
                if now.get(given) is not None and now.get(other) is None:
                    before.pop(other, None)
        merged = _over(merged, layer.data)
    return merged


def _over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    result = dict(below)
    for key, value in above.items():
        under = result.get(key)
        result[key] = _over(under if isinstance(under, dict) else {}, value) if isinstance(value, dict) else value
    return result


def _remove(data: dict[str, Any], path: KeyPath) -> None:
    *tables, last = path
    inner: Any = data
    for table in tables:
        inner = inner.get(table, {})
    inner.pop(last, None)


def _broken_rules(broken: list[Broken], bad: list[KeyPath], layers: Sequence[Layer]) -> list[Found]:
    """The rules to tell: not those about a key whose own value was bad. The last key given is where it broke."""
    told = []
    for rule in broken:
        paths: list[KeyPath] = [tuple(key.split(".")) for key in rule.keys]
        if any(path[: len(b)] == b for path in paths for b in bad):
            continue
        latest = max(paths, key=lambda path: _layer_of(path, layers))
        told.append(Found(Problem(tuple(rule.key.split(".")), rule.message), latest, rule.keys))
    return told


def _layer_of(path: KeyPath, layers: Sequence[Layer]) -> int:
    """The number of the last layer that gives `path`; -1: the defaults."""
    return max((i for i, layer in enumerate(layers) if layer.gives(path)), default=-1)


def _tell(found: Found, layers: Sequence[Layer]) -> _Told:
    """The sentence of a problem, placed where the value that brought it about came from."""
    problem, given = found.problem, found.given
    number = _layer_of(given, layers)
    layer = layers[number] if number >= 0 else Layer({})
    key, place = dotted(problem.path), layer.place(given)
    what = problem.message if place.startswith(f"--set {key}=") else f"{key}: {problem.message}"
    return number, layer.line(given), f"{place}: {what}" if place else what
