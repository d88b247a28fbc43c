"""A run that is being put together: a base, what was typed over it, and what is wrong with that. No Textual here.

An edit means what the same text means after `lrtui run --set KEY=`, and is refused in the same words.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from pathlib import Path

from lrtui.command_words import whole_number
from lrtui.config.docs import FieldDoc, field_docs
from lrtui.config.layers import KeyPath, Layer
from lrtui.config.load import TEXT_KEYS, load_config, no_preset, set_layer
from lrtui.config.presets import QUICKSTART, preset_names
from lrtui.config.problems import dotted, optional_keys, value_at
from lrtui.config.schema import Config
from lrtui.config.toml import toml_value, write_template
from lrtui.config.uses import is_used
from lrtui.config.validate import Found, examine
from lrtui.errors import ConfigError, UsageError

#: giving one takes the other back
_EITHER = {"corpus.name": "corpus.path", "corpus.path": "corpus.name"}
_KINDS = ("model", "optim", "schedule")
#: Linux refuses longer arguments of a process
_LONGEST_ARGUMENT = 100_000


class Form:
    """A base configuration and the edits over it.

    `origin` says where the base came from. `config` is the run, None while there are `problems`: a sentence for each
    key that is wrong, and for each edited key that made another one wrong; `bad` are the keys whose own value is wrong,
    whatever the others hold. `kinds` are the chosen kinds of model,
    optim and schedule, whatever else is wrong.
    """

    def __init__(self, base: Config | None = None, origin: str = "") -> None:
        self.edits: dict[str, str] = {}
        self.problems: Mapping[str, str] = {}
        self.bad: frozenset[str] = frozenset()
        self.config: Config | None = None
        self._docs = {doc.key: doc for doc in field_docs()}
        self._start_from(base or load_config(preset=QUICKSTART), origin or f"preset {QUICKSTART}")

    @property
    def docs(self) -> tuple[FieldDoc, ...]:
        """Every key there is, in the order of the file."""
        return field_docs()

    @property
    def kinds(self) -> dict[str, str]:
        return {section: self._kind(f"{section}.kind") for section in _KINDS}

    def doc(self, key: str) -> FieldDoc:
        return self._docs[key]

    def choices(self, key: str) -> list[str]:
        """The values a key can have, where they are few: those of a choice, or of true and false."""
        doc = self._docs[key]
        if doc.type == "true or false":
            return ["false", "true"]
        return doc.allowed.split(" | ") if doc.type == "choice" else []

    def text(self, key: str) -> str:
        """The value of `key` as it is typed, or would be; empty where it is unset."""
        other = self.edits.get(_EITHER.get(key, ""))
        return self.edits.get(key, self.base_text(key) if other is None else "")

    def base_text(self, key: str) -> str:
        """The value that `reset` brings back."""
        return _as_typed(key, value_at(self.base, key))

    def is_used(self, key: str) -> bool:
        """Does the chosen kind of model, optimizer or schedule look at `key`?"""
        return is_used(key, self.kinds)

    def set(self, key: str, text: str) -> None:
        """Type `text` into `key`. The name of a preset starts again from that preset, the edits stay."""
        if key == "preset" and text.strip() in ("", *preset_names()):
            self.choose_preset(text.strip(), keep_edits=True)
            return
        self.edits.pop(_EITHER.get(key, ""), None)
        text = self.edits[key] = self._plain_number(key, text)
        if key != "preset" and text.strip() == self.base_text(key):
            del self.edits[key]
        self._examine()

    def reset(self, key: str) -> None:
        """Take the edit of `key` back."""
        self.edits.pop(key, None)
        self.edits.pop(_EITHER.get(key, ""), None)
        self._examine()

    def trial(self, key: str, text: str) -> Form:
        """The form as it would be with `text` in `key`; this one stays as it is."""
        other = copy(self)
        other.edits = dict(self.edits)
        other.set(key, text)
        return other

    def choose_preset(self, name: str, *, keep_edits: bool = False) -> None:
        """Start again from a preset, or with an empty name from the plain defaults. Raises ConfigError."""
        base = load_config(preset=name) if name else Config()
        self._start_from(base, f"preset {name}" if name else "the defaults", self.edits if keep_edits else {})

    def open(self, path: Path) -> None:
        """Start again from a TOML file. Raises ConfigError with a line a problem; the form is as it was then."""
        self._start_from(load_config(path), str(path))

    def save(self, path: Path, *, replace: bool = False) -> None:
        """Write the run to a TOML file in which every key is explained. Raises ConfigError, UsageError, DiskError."""
        write_template(path, self.checked(), replace=replace)

    def checked(self) -> Config:
        """The run. Raises ConfigError with a line for each problem."""
        if self.config is None:
            lines = [f"{key}: {sentence}" for key, sentence in self.problems.items()]
            raise ConfigError("\n".join(lines), "Correct what is marked first.")
        return self.config

    def arguments(self) -> list[str]:
        """The arguments with which `lrtui` trains exactly this run: they need no file to be there when it begins.

        Raises ConfigError while there are problems, UsageError where a value is too long to be an argument.
        """
        config = self.checked()
        known = config.preset in preset_names()
        base = load_config(preset=config.preset) if known else Config()
        words = ["run", *(["--preset", str(config.preset)] if known else ["--set", "preset="])]
        for doc in field_docs():
            value = value_at(config, doc.key)
            if doc.key == "preset" or value == value_at(base, doc.key):
                continue
            if value is not None:
                words += ["--set", f"{doc.key}={toml_value(_plain(value))}"]
            elif doc.key in optional_keys() - _EITHER.keys():
                words += ["--set", f"{doc.key}="]
            if len(words[-1].encode()) > _LONGEST_ARGUMENT:
                raise UsageError(
                    f"{doc.key} is too long to hand to a worker", "Save the form, and start `lrtui run FILE` instead."
                )
        return words

    def _start_from(self, base: Config, origin: str, edits: Mapping[str, str] | None = None) -> None:
        self.base, self.origin = base, origin
        self.edits = {key: text for key, text in (edits or {}).items() if key != "preset"}
        self._examine()

    def _plain_number(self, key: str, text: str) -> str:
        """A whole number as TOML writes it, however it was typed; what is none stays, and is refused by the schema."""
        if self._docs[key].type != "whole number":
            return text
        try:
            return str(whole_number(text))
        except UsageError:
            return text

    def _kind(self, key: str) -> str:
        typed = self.text(key).strip()
        return typed if typed in self.choices(key) else str(value_at(self.base, key))

    def _examine(self) -> None:
        layers = [Layer(self.base.model_dump(exclude_none=True))]
        layers += [set_layer(f"{key}={text}") for key, text in self.edits.items()]
        config, found = examine(layers)
        problems: dict[str, str] = {}
        if "preset" in self.edits:
            problems["preset"] = no_preset(self.edits["preset"])
        for each in found:
            path = each.problem.path
            problems.setdefault(_key(path), f"{dotted(path[2:])}: {each.problem.message}".removeprefix(": "))
        for each in found:
            self._blame_edits(each, problems)
        self.problems, self.config = problems, None if problems else config
        own = {_key(each.problem.path) for each in found if not each.keys}
        self.bad = frozenset(own | ({"preset"} & self.edits.keys()))

    def _blame_edits(self, found: Found, problems: dict[str, str]) -> None:
        """A rule that broke elsewhere is told beside what was typed, too."""
        blamed = _key(found.problem.path)
        for key in found.keys:
            if key in self.edits:
                problems.setdefault(key, f"{blamed} {found.problem.message}")


def _key(path: KeyPath) -> str:
    return ".".join(str(part) for part in path[:2])


def _plain(value: object) -> object:
    """Groups of parameters as plain tables."""
    return [group.model_dump() for group in value] if isinstance(value, tuple) and _has_models(value) else value


def _has_models(values: tuple[object, ...]) -> bool:
    return bool(values) and hasattr(values[0], "model_dump")


def _as_typed(key: str, value: object) -> str:
    """The text that gives `value` when it is typed: without quotes where they are not needed."""
    if value is None:
        return ""
    if not isinstance(value, str):
        return toml_value(_plain(value))
    bare = value.isprintable() and value.strip() == value and value != ""
    if bare and (key not in TEXT_KEYS or _reads_back(key, value)):
        return value
    return toml_value(value)


def _reads_back(key: str, value: str) -> bool:
    section, _, name = key.rpartition(".")
    data = set_layer(f"{key}={value}").data
    return bool((data[section] if section else data)[name] == value)
