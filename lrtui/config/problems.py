"""What is wrong with a configuration, told to a person: what is allowed, what was given, the nearest name."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, reduce
from typing import Any

from pydantic import BaseModel

from lrtui.config.layers import KeyPath
from lrtui.config.schema import Config, GroupConfig

#: names other programs use for our keys
ALIASES = {
    "learning_rate": "optim.lr",
    "max_lr": "optim.lr",
    "min_lr": "schedule.end",
    "max_iters": "train.steps",
    "max_steps": "train.steps",
    "iterations": "train.steps",
    "epochs": "train.steps",
    "beta1": "optim.betas",
    "beta2": "optim.betas",
    "max_norm": "optim.clip",
    "grad_clip": "optim.clip",
    "dataset": "corpus.name",
    "file": "corpus.path",
    "n_embd": "model.hidden",
    "tokenizer": "corpus.vocab",
    "dtype": "train.precision",
}
#: pydantic's error type → what must hold; {…} is filled from the error's context
_MUST = {
    "greater_than": "must be > {gt}",
    "greater_than_equal": "must be >= {ge}",
    "less_than": "must be < {lt}",
    "less_than_equal": "must be <= {le}",
    "finite_number": "must be a finite number",
    "float_type": "must be a number",
    "int_type": "must be a whole number",
    "bool_type": "must be true or false",
    "string_type": "must be text in quotes",
    "string_too_short": "must not be empty",
    "tuple_type": "must be a list",
    "too_long": "must be a list of {max_length} values",
    "model_type": "must be a table of keys",
}
_LONGEST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with the value at `path`."""

    path: KeyPath
    message: str


def describe(error: Any) -> Problem:
    """The problem of one entry of pydantic's `ValidationError.errors()`; errors of rules are told by rules.py."""
    path: KeyPath = tuple(error["loc"])
    kind, context, given = error["type"], {k: _bound(v) for k, v in error.get("ctx", {}).items()}, error["input"]
    if kind == "extra_forbidden":
        return Problem(path, unknown_key(path))
    if kind == "missing":
        return Problem(path, "is missing")
    if kind == "literal_error":
        return Problem(path, _choice(context["expected"], given))
    must = error["msg"] if kind == "sentence" else _MUST[kind].format(**context) if kind in _MUST else error["msg"]
    if kind == "too_long":
        given = list(given)
    return Problem(path, f"{must}, got {shown(given)}{_whole(kind, given)}")


def _bound(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else value


def _whole(kind: str, given: Any) -> str:
    whole = kind == "int_type" and isinstance(given, float) and given.is_integer() and abs(given) < 1e15
    return f" (write {int(given)})" if whole else ""


def _choice(expected: str, given: Any) -> str:
    """`expected` is pydantic's list: 'a', 'b' or 'c'."""
    choices = expected.replace(" or ", ", ").replace("'", "").split(", ")
    sentence = f"must be one of {', '.join(choices)}, got {shown(given)}"
    near = nearest(given, choices) if isinstance(given, str) else ""
    return f"{sentence}, did you mean {near!r}?" if near else sentence


def unknown_key(path: KeyPath) -> str:
    """The sentence for a key there is not: the nearest name there is, or else the names of its table."""
    section = section_at(path[:-1])
    known = list(section.model_fields) if section else []
    name, table = str(path[-1]), dotted(path[:-1])
    near = nearest(name, known)
    if near:
        return f"unknown key, did you mean {dotted((*path[:-1], near))}?"
    elsewhere = ALIASES.get(name.lower().replace("-", "_")) or _elsewhere(name)
    if elsewhere:
        return f"unknown key, did you mean {elsewhere}?"
    return f"unknown key, {f'[{table}]' if table else 'the top'} has {', '.join(known)}"


def _elsewhere(name: str) -> str:
    """The first key of any section whose last part is `name`, or near it."""
    keys = list(all_keys())
    last = [key.rpartition(".")[2] for key in keys]
    near = name if name in last else nearest(name, last)
    return keys[last.index(near)] if near else ""


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name most like `name`, or nothing."""
    return next(iter(get_close_matches(name.lower().replace("-", "_"), list(known), 1, 0.65)), "")


def all_keys() -> Iterable[str]:
    """Every dotted key there is, in the order of the schema; elements of lists are left out."""
    for name, field in Config.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from (f"{name}.{key}" for key in inner.model_fields)
        else:
            yield name


@cache
def optional_keys() -> frozenset[str]:
    """The keys that are unset by default, and that can be unset again."""
    default = Config()
    return frozenset(key for key in all_keys() if value_at(default, key) is None)


def value_at(config: Config, key: str) -> Any:
    """The value of a dotted key."""
    return reduce(getattr, key.split("."), config)


def section_at(path: KeyPath) -> type[BaseModel] | None:
    """The model that holds the keys under `path`; None where there is none."""
    if not path:
        return Config
    if path[:2] == ("optim", "groups") and len(path) == 3:
        return GroupConfig
    field = Config.model_fields.get(str(path[0])) if len(path) == 1 else None
    inner = field.annotation if field else None
    return inner if isinstance(inner, type) and issubclass(inner, BaseModel) else None


def dotted(path: KeyPath) -> str:
    """`optim.groups[0].match`; a part that is no plain key, or endless, is shown quoted and cut."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            plain = part.replace("_", "").replace("-", "").isalnum() and part.isascii() and len(part) <= _LONGEST_SHOWN
            text += ("." if text else "") + (part if plain else shown(part))
    return text


def shown(value: Any) -> str:
    """A value as the user may have written it, on one line and not too long."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a table"
    if value is None:
        return "nothing"
    if isinstance(value, list | tuple):
        text = f"[{', '.join(shown(item) for item in value)}]"
    else:
        text = repr(value) if isinstance(value, str | int | float) else str(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
