"""A configuration as TOML: complete, as a run keeps it, or explained, as a person edits it."""

from pathlib import Path
from typing import Any

import tomli_w

from lrtui.config.docs import field_docs
from lrtui.config.schema import Config
from lrtui.errors import DiskError, UsageError


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


def write_template(path: Path, config: Config, *, replace: bool) -> None:
    """Write `template_toml` to a file. Raises UsageError where it exists and may not be replaced, DiskError."""
    text = template_toml(config)
    try:
        with path.open("w" if replace else "x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(f"{path} exists already", "Give another name, or --force to replace it.") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise DiskError(f"{path} cannot be written: {reason}") from None


def _line(key: str, value: Any) -> str:
    return f"{key} = {toml_value(value)}"


def toml_value(value: Any) -> str:
    """A value as TOML on one line. What does not print is written as \\u escapes."""
    if isinstance(value, dict):
        return "{ " + ", ".join(_line(key, inner) for key, inner in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(toml_value(item) for item in value) + "]"
    text = tomli_w.dumps({"v": value}).removeprefix("v = ").removesuffix("\n")
    return "".join(c if c.isprintable() else _escape(c) for c in text)


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
