"""The table of what each kind uses agrees with what the models, the schedules and the descriptions say."""

import re
from typing import get_args

import pytest

from lrtui.config.docs import field_docs
from lrtui.config.load import override
from lrtui.config.parameters import parameter_count
from lrtui.config.schema import Config, ModelConfig, OptimConfig, ScheduleConfig
from lrtui.config.uses import USED_BY, is_used
from lrtui.lr.schedule import KINDS

OWNERS = {"model": ModelConfig, "train": ModelConfig, "optim": OptimConfig, "schedule": ScheduleConfig}
#: a value other than the default for each key that can change a schedule without an evaluation
OTHER = {
    "end": 1e-4,
    "gamma": 0.5,
    "every": 7,
    "milestones": [9, 30],
    "cycle": 11,
    "cycle_mult": 2.0,
    "cycle_decay": 0.5,
    "low": 1e-5,
    "half": 9,
    "pct": 0.5,
    "div": 5.0,
    "final_div": 7.0,
    "decay": 50,
    "decay_shape": "sqrt",
}


def kinds_of(section: str) -> set[str]:
    return set(get_args(OWNERS[section].model_fields["kind"].annotation))


def test_every_key_and_every_kind_of_the_table_exists() -> None:
    keys = {doc.key for doc in field_docs()}
    for key, kinds in USED_BY.items():
        assert key in keys
        assert kinds < kinds_of(key.partition(".")[0])


def test_the_kinds_that_a_description_names_are_those_of_the_table() -> None:
    for doc in field_docs():
        section = doc.key.partition(".")[0]
        if section not in ("optim", "schedule") or doc.key not in USED_BY:
            continue
        words = {word for part in re.findall(r"\(([^()]*)\)", doc.description) for word in re.findall(r"\w+", part)}
        assert words & kinds_of(section) == USED_BY[doc.key], doc.key


@pytest.mark.parametrize("kind", KINDS)
def test_a_schedule_depends_on_the_keys_it_uses_and_on_no_other(kind: str) -> None:
    base = override(Config(), {"schedule": {"kind": kind, "milestones": [20]}, "train": {"steps": 100}})
    curve = base.lr_schedule().curve(100)
    for name, value in OTHER.items():
        changed = override(base, {"schedule": {name: value}}).lr_schedule().curve(100)
        assert (changed != curve) == is_used(f"schedule.{name}", {"schedule": kind}), name


@pytest.mark.parametrize("kind", sorted(kinds_of("model")))
def test_the_size_of_a_model_depends_on_the_keys_it_uses_and_on_no_other(kind: str) -> None:
    base = override(Config(), {"model": {"kind": kind, "layers": 2}})
    for key, value in {"embed": 11, "hidden": 16, "layers": 3, "context": 7, "bias": False}.items():
        changed = override(base, {"model": {key: value}})
        differs = parameter_count(changed, 30) != parameter_count(base, 30)
        assert differs == is_used(f"model.{key}", {"model": kind}), key
