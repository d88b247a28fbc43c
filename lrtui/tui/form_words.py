"""What a form says of itself: its rows, the help of a field, and the run in a few lines. No Textual here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lrtui.axes import short_count, short_rate

if TYPE_CHECKING:
    from lrtui.config.schema import Config
    from lrtui.tui.form import Form
    from lrtui.tui.texts import TextTold


@dataclass(frozen=True, slots=True, kw_only=True)
class FormRow:
    """A field, or a heading where `key` is empty.

    `edited` marks what differs from the base, `problem` says what is wrong with it, `note` stands dim after the value;
    what is not `used` steps back. `help` fills what room is left.
    """

    key: str
    name: str
    value: str = ""
    note: str = ""
    problem: str = ""
    help: str = ""
    edited: bool = False
    used: bool = True


def form_rows(form: Form, problems: Mapping[str, str], *, everything: bool) -> list[FormRow]:
    """The fields by section; those the chosen kinds do not use only with `everything`, or where they hold something."""
    rows: list[FormRow] = []
    sections = dict.fromkeys(doc.key.partition(".")[0] for doc in form.docs)
    for section in sections:
        keys = [doc.key for doc in form.docs if doc.key.partition(".")[0] == section]
        shown = [key for key in keys if everything or form.is_used(key) or key in form.edits or key in problems]
        if keys != [section]:
            rows.append(FormRow(key="", name=f" {section}", note=_folded(form, section, len(keys) - len(shown))))
        rows += [_row(form, key, problems.get(key, "")) for key in shown]
    return rows


def field_help(form: Form, key: str) -> list[str]:
    """Type of a field and what is allowed, what it is for, and what it is by default."""
    doc = form.doc(key)
    lines = [f"{doc.type}{', ' if doc.allowed else ''}{doc.allowed.replace(' | ', ', ')}", doc.description]
    if not form.is_used(key):
        lines.append(f"{_deciding_kind(form, key)} does not use it")
    lines.append(f"{form.origin}: {form.base_text(key) or 'unset'}")
    if doc.example is not None:
        lines.append(f"for example {_text(doc.example)}")
    return lines


def run_lines(config: Config, told: TextTold) -> list[tuple[str, str]]:
    """The run in (heading, words): its model, size, text and length."""
    train = config.train
    places = 1 if config.model.kind in ("bigram", "mlp") else train.block
    seen = short_count(train.steps * train.batch * places)
    return [
        ("model", _model(config, told)),
        ("corpus", _corpus(config, told)),
        ("optim", f"{config.optim.kind}, lr {_rate(config.optim.lr)}, {config.schedule.kind}"),
        ("train", f"{train.steps:,} steps of {train.batch:,} × {places:,}: {seen} symbols"),
    ]


def model_line(config: Config, told: TextTold) -> str:
    """The model and the text on one line."""
    return f"{_model(config, told)} · {_corpus(config, told)}"


def problem_line(problems: Mapping[str, str]) -> str:
    """The first problem, and how many more there are; empty where all is well."""
    if not problems:
        return ""
    first = next(iter(problems))
    told = f"{first}: {problems[first]}" if first else problems[first]
    return told + (f" (and {len(problems) - 1} more)" if len(problems) > 1 else "")


def heading(form: Form, name: str, init_from: str) -> str:
    """Where the form came from, how much of it was typed, and what the run will be called and begin with."""
    edits = len(form.edits)
    parts = (
        "New run",
        f"from {form.origin}",
        f"{edits} edit{'s' if edits > 1 else ''}" if edits else "",
        f"name {name}" if name else "",
        f"weights of {init_from}" if init_from else "",
    )
    return " · ".join(part for part in parts if part)


def _model(config: Config, told: TextTold) -> str:
    from lrtui.config.parameters import parameter_count
    from lrtui.runs.catalog import model_label

    label = model_label(config.model.model_dump())
    if told.tokens is None:
        return f"{label}, size known with the text"
    return f"{label}, {parameter_count(config, told.tokens):,} parameters"


def _corpus(config: Config, told: TextTold) -> str:
    text = config.corpus.name or config.corpus.path or ""
    size = f"{told.tokens:,} symbols" if told.tokens is not None else ""
    return ", ".join(part for part in (text, size, told.note) if part)


def _row(form: Form, key: str, problem: str) -> FormRow:
    text = form.text(key)
    return FormRow(
        key=key,
        name=key.rpartition(".")[2],
        value=text or "unset",
        note=_unset_note(form, key) if not text else "",
        problem=problem,
        help=form.doc(key).description,
        edited=key in form.edits,
        used=form.is_used(key) and bool(text),
    )


def _unset_note(form: Form, key: str) -> str:
    """What happens with a key that is unset: the schema's description says it after each `unset:`.

    One that stands in brackets is about the kinds named there, which come before it.
    """
    description = form.doc(key).description
    bracketed = re.findall(r"\(([^()]*); unset: ([^()]*)\)", description)
    if bracketed:
        kind = form.kinds["schedule"]
        meant = [value for kinds, value in bracketed if kind in kinds.split(", ")]
        return ", ".join(meant or [f"{value} ({kinds})" for kinds, value in bracketed])
    return description.partition("unset: ")[2]


def _folded(form: Form, section: str, hidden: int) -> str:
    if not hidden:
        return ""
    return f"{hidden} key{'s' if hidden > 1 else ''} that {_deciding_kind(form, section)} does not use"


def _deciding_kind(form: Form, key: str) -> str:
    section = key.partition(".")[0]
    return form.kinds.get("model" if section == "train" else section, "")


def _rate(lr: float) -> str:
    """A rate as it is typed: nobody writes 20 as 2e1."""
    return f"{lr:g}" if 1 <= lr < 1e4 else short_rate(lr)


def _text(example: object) -> str:
    from lrtui.config.toml import toml_value

    return toml_value(example)
