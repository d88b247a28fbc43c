"""The schema's promises: strict, frozen, described, and one with the schedule it describes."""

from dataclasses import MISSING, fields

import pytest
from pydantic import BaseModel, ValidationError

from lrtui.config.docs import field_docs
from lrtui.config.schema import Config, CorpusConfig, ScheduleConfig
from lrtui.lr.schedule import DECAY_SHAPES, KINDS, Schedule


def test_schedule_section_and_schedule_agree_on_names_and_defaults():
    theirs = {f.name: f.default for f in fields(Schedule) if f.name not in ("base", "steps")}
    ours = {name: field.default for name, field in ScheduleConfig.model_fields.items()}
    assert MISSING not in theirs.values()
    assert ours == theirs


def test_every_kind_of_schedule_can_be_configured():
    by_key = {doc.key: doc for doc in field_docs()}
    assert by_key["schedule.kind"].allowed == " | ".join(KINDS)
    assert by_key["schedule.decay_shape"].allowed == " | ".join(DECAY_SHAPES)


def test_lr_schedule_takes_base_and_length_from_their_sections():
    config = Config.model_validate(
        {"optim": {"lr": 0.5}, "train": {"steps": 200}, "schedule": {"kind": "cosine", "warmup": 20, "end": 0.1}}
    )
    assert config.lr_schedule() == Schedule(kind="cosine", base=0.5, steps=200, warmup=20, end=0.1)


def test_every_key_has_a_description():
    assert [doc.key for doc in field_docs() if not doc.description] == []


def test_a_configuration_cannot_be_changed():
    with pytest.raises(ValidationError):
        Config().optim.lr = 1.0


def test_lists_become_tuples_so_that_a_configuration_can_be_a_key():
    config = Config.model_validate({"optim": {"betas": [0.8, 0.9], "groups": [{"match": "embed.*"}]}})
    assert config.optim.betas == (0.8, 0.9)
    assert hash(config) == hash(Config.model_validate(config.model_dump()))


def test_a_path_replaces_the_default_name():
    assert CorpusConfig.model_validate({"path": "a.txt"}).name is None
    assert CorpusConfig().name == "python"


def _numbers(model: type[BaseModel], path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found = []
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            found += _numbers(inner, (*path, name))
        elif inner in (float, int, float | None, int | None):
            found.append((*path, name))
    return found


@pytest.mark.parametrize("path", _numbers(Config), ids=".".join)
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1, True, "1"], ids=repr)
def test_no_number_may_be_endless_negative_or_coerced(path, value):
    with pytest.raises(ValidationError):
        Config.model_validate({path[0]: {path[1]: value}})
