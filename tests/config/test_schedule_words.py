"""A schedule as people type it."""

import pytest

from lrtui.config.schedule_words import schedule_keys
from lrtui.errors import UsageError


def test_a_kind_and_keys() -> None:
    typed = "multistep milestones=[20,40] gamma=0.5 base=0.01"
    assert schedule_keys(typed.split()) == {"kind": "multistep", "milestones": [20, 40], "gamma": 0.5, "base": 0.01}
    assert schedule_keys(["kind=linear", "end=0"]) == {"kind": "linear", "end": 0}


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("cosin", "there is no schedule 'cosin', did you mean cosine?"),
        ("up", "there is no schedule 'up', there are constant, step, multistep,"),
        ("cosine down", "schedule: 'down' is not KEY=VALUE"),
        ("cosine end=", "schedule.end must be a number, got ''"),
        ("cosine ende=1", "schedule.ende unknown key, did you mean schedule.end?"),
        ("cosine end=-1", "schedule.end must be >= 0, got -1"),
        ("cosine end=low", "schedule.end must be a number, got 'low'"),
        ("cosine end=nan", "schedule.end must be a finite number, got nan"),
        ("cosine warmup=1.5", "schedule.warmup must be a whole number, got 1.5"),
        ("cosine end=1 end=2", "schedule: end is given twice"),
        ("cosine end.x=1", "schedule.end must be a number, got a table"),
        ("cosine base=0", "schedule: base is the rate it begins with, a number above 0, not 0"),
        ("cosine base=inf", "schedule: base is the rate it begins with, a number above 0, not inf"),
        ("cosine base=high", "schedule: base is the rate it begins with, a number above 0, not 'high'"),
    ],
)
def test_what_cannot_be_meant_is_a_sentence(typed: str, sentence: str) -> None:
    with pytest.raises(UsageError) as raised:
        schedule_keys(typed.split())
    assert raised.value.message.startswith(sentence)
    assert "schedule cosine end=1e-5" in raised.value.hint or "base" in typed
