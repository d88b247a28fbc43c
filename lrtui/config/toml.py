"""A configuration as TOML: complete, as a run keeps it, or explained, as a person edits it."""

from typing import Any

import tomli_w

from lrtui.config.docs import field_docs
from lrtui.config.schema import Config


def dump_toml(config: Config) -> str:
    """The complete configuration as TOML, which loads back equal. What does not print is written as \\u escapes."""
    data = config.model_dump(exclude_none=True)
    lines = [_line(key, value) for key, value in data.items() if not isinstance(value, dict)]
    for section, values in data.items():
        if isinstance(values, dict):
            lines += ["", f"[{section}]", *(_line(key, value) for key, value in values.items())]
    return "\n".join(lines).lstrip("\n") + "\n"


def template_toml(config: Config) -> str:
    """The configuration as a TOML file to edit: every key with what it is for; unset keys are there as comments."""
    data, section = config.model_dump(), ""
    lines = ["# One run of lrtui: start it with `lrtui run` and the name of this file."]
    for doc in field_docs():
        table, _, name = doc.key.rpartition(".")
        if not table:
            continue
        if table != section:
            section = table
            lines += ["", f"# {Config.model_fields[section].description}", f"[{section}]"]
        value, example = data[table][name], doc.default if doc.example is None else doc.example
        lines += ["", f"# {doc.description}", *([f"# allowed: {doc.allowed}"] if doc.allowed else [])]
        lines += [_line(name, value) if value is not None else f"# {_line(name, example)}"]
    return "\n".join(lines) + "\n"


def _line(key: str, value: Any) -> str:
    return f"{key} = {_inline(value)}"


def _inline(value: Any) -> str:
    """A TOML value on one line."""
    if isinstance(value, dict):
        return "{ " + ", ".join(_line(key, inner) for key, inner in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_inline(item) for item in value) + "]"
    text = tomli_w.dumps({"v": value}).removeprefix("v = ").removesuffix("\n")
    return "".join(c if c.isprintable() else _escape(c) for c in text)


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
