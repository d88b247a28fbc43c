"""What a person or an editor wants to know of the keys: a list to read, and the JSON schema."""

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from lrtui.config.problems import all_keys
from lrtui.config.schema import Config

_TYPES = {"integer": "whole number", "number": "number", "string": "text", "boolean": "true or false", "array": "list"}


@dataclass(frozen=True, slots=True)
class FieldDoc:
    """One key: its dotted name, type in words, what is allowed, default (None: unset), an example, what it is for."""

    key: str
    type: str
    allowed: str
    default: Any
    example: Any
    description: str


def schema_json() -> str:
    """The JSON schema of a configuration, for editors."""
    return json.dumps(Config.model_json_schema(), indent=2, ensure_ascii=True)


def describe_keys() -> str:
    """Every key for a person to read: name, default and what is allowed, then what it is for."""
    blocks = []
    for doc in field_docs():
        default = "unset" if doc.default is None else f"default {json.dumps(doc.default)}"
        blocks.append(
            f"{doc.key}: {doc.type}, {default}{f', {doc.allowed}' if doc.allowed else ''}\n    {doc.description}"
        )
    return "\n".join(blocks)


@cache
def field_docs() -> tuple[FieldDoc, ...]:
    """Every key of a configuration in the order of the file: what help, form and README are made from."""
    schema = Config.model_json_schema()
    return tuple(_field_doc(key, schema) for key in all_keys())


def _field_doc(key: str, schema: dict[str, Any]) -> FieldDoc:
    table, _, name = key.rpartition(".")
    owner = schema["$defs"][schema["properties"][table]["$ref"].rpartition("/")[2]] if table else schema
    field = owner["properties"][name]
    plain = next((kind for kind in field.get("anyOf", ()) if kind.get("type") != "null"), field)
    default, example = field.get("default"), field.get("examples", [None])[0]
    kind = "choice" if "enum" in plain else _TYPES[plain["type"]]
    return FieldDoc(key, kind, _allowed(plain), default, example, field["description"])


def _allowed(plain: dict[str, Any]) -> str:
    """`adam | sgd`, or `> 0, <= 1`; nothing where the type says it all."""
    if "enum" in plain:
        return " | ".join(plain["enum"])
    signs = {"exclusiveMinimum": ">", "minimum": ">=", "exclusiveMaximum": "<", "maximum": "<="}
    bounds = [f"{sign} {plain[name]:g}" for name, sign in signs.items() if name in plain]
    return ", ".join(bound for bound in bounds if not _is_only_a_safeguard(bound))


def _is_only_a_safeguard(bound: str) -> bool:
    """Upper bounds nobody meets are checked, not advertised."""
    return bound.startswith("<") and float(bound.split()[1]) >= 1e6
