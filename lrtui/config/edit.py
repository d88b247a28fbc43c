"""Changing one number of a configuration file, and nothing else: comments, order and line ends stay as they are."""

import os
import re
import tempfile
from pathlib import Path

from lrtui.config.layers import Layer, parse_toml, read_toml
from lrtui.errors import ConfigError, DiskError
from lrtui.printable import printable


def write_number(path: Path, key: str, value: str) -> None:
    """Make `key`, such as optim.lr, `value` in the file `path`, whole or not at all.

    Raises ConfigError where the file is written in a way that one line cannot change, DiskError.
    """
    target = path.resolve()  # a link stays a link
    edited = with_number(read_toml(path), key, value)
    try:
        mode = target.stat().st_mode
        handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                file.write(edited)
                os.fchmod(file.fileno(), mode & 0o7777)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, target)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as error:
        raise DiskError(f"{printable(str(path))} cannot be written: {error.strerror}") from None


def with_number(layer: Layer, key: str, value: str) -> str:
    """The TOML text of `layer` with `key` set to `value`: its line changed, or one added to its table.

    Raises ConfigError where that would change anything else.
    """
    section, _, name = key.rpartition(".")
    line = layer.line((section, name))
    lines = layer.source.splitlines(keepends=True)
    end = "\r\n" if "\r\n" in layer.source else "\n"
    if layer.gives((section, name)):
        number = re.compile(r"^(\s*[^#=]*=\s*)[0-9eE+._-]+(?=\s*(?:#|$))", re.MULTILINE)
        lines[line - 1] = number.sub(rf"\g<1>{value}", lines[line - 1], count=1)
    else:
        if lines and not lines[-1].endswith("\n"):
            lines[-1] += end
        header = _header(lines, section)
        if header is not None:
            lines.insert(header + 1, f"{name} = {value}{end}")
        else:
            lines.append(f"{end}[{section}]{end}{name} = {value}{end}")
    edited = "".join(lines)
    if not _differs_only(edited, layer, section, name, float(value)):
        raise ConfigError(
            f"{layer.label}: {key} is written in a way that cannot be changed by one line",
            f"Write it by hand: {name} = {value} under [{section}].",
        )
    return edited


def _header(lines: list[str], section: str) -> int | None:
    """The line of `[section]`."""
    pattern = re.compile(rf"\s*\[\s*{re.escape(section)}\s*\]\s*(#.*)?")
    return next((i for i, line in enumerate(lines) if pattern.fullmatch(line.rstrip("\r\n"))), None)


def _differs_only(edited: str, layer: Layer, section: str, name: str, value: float) -> bool:
    """Whether `edited` says what `layer` says but for that one number."""
    table = layer.data.get(section, {})
    try:
        data = parse_toml(edited, layer.label).data
    except ConfigError:
        return False
    return isinstance(table, dict) and data == {**layer.data, section: {**table, name: value}}
