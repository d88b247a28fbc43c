"""A diagnosis does not flicker: it comes when it is sure, keeps its words, and goes at once where somebody acted."""

from array import array
from dataclasses import replace

import pytest

from lrtui.lr.ledger import Rate, scale
from lrtui.lr.schedule import Schedule
from lrtui.messages import RateChanged
from lrtui.runs.history import History
from lrtui.tui.buckets import Numbers
from lrtui.tui.health import SECONDS_BETWEEN, Health, advice_keys
from tests.tui.views import started

SCHEDULE = Schedule(base=1e-2, steps=100_000)
HISTORY = History(started=started(SCHEDULE), steps=100_000)


def numbers(steps: int, *, flat: bool) -> Numbers:
    """Losses that stand still over the last fifth of `steps`, or fall all the time."""
    made = Numbers(updates=((0, 1e-2),))
    losses = array("d", (2.0 + 0.01 * (step % 7) - (0.0 if flat else step / steps) for step in range(steps)))
    made.branch.append(0, losses, array("d", [1e-2]) * steps)
    return made


def looks(*flat: bool, health: Health | None = None, seconds: float = SECONDS_BETWEEN) -> list[str]:
    """What is told after each of these looks, which come `seconds` after each other."""
    health, told = health or Health(), []
    for look, still in enumerate(flat):
        steps = 2000 + 100 * look
        health = health.after(look * seconds, HISTORY, numbers(steps, flat=still), steps, live=True)
        told.append(health.told.sentence if health.told else "")
    return told


P = "plateau since 1,600"


def test_the_first_look_is_believed() -> None:
    assert looks(True) == [P]
    assert looks(False) == [""]


def test_a_sign_is_told_once_it_was_found_twice_and_its_words_stay() -> None:
    assert looks(False, True, False, True, True, True) == ["", "", "", "", "plateau since 1,920", "plateau since 1,920"]


def test_it_goes_once_it_was_missing_three_times() -> None:
    assert looks(True, False, False, True, False, False, False) == [P, P, P, P, P, P, ""]


def test_looks_that_come_soon_after_each_other_decide_nothing() -> None:
    assert looks(*[True, *[False] * 7], seconds=SECONDS_BETWEEN / 4) == [P] * 8
    assert looks(*[True, *[False] * 12], seconds=SECONDS_BETWEEN / 4)[-2:] == [P, ""]


def test_what_is_done_about_it_is_believed_at_once() -> None:
    flat = numbers(2000, flat=True)
    health = Health().after(0.0, HISTORY, flat, 2000, live=True)
    assert health.told is not None
    rate = Rate.of(SCHEDULE)
    entry = scale(rate, 1990, 0.1)
    change = RateChanged(1990, entry=entry, old=1e-2, new=1e-3, cause="user")
    decayed = replace(HISTORY, changes=(change,), entries=(entry,))
    assert health.after(0.1, decayed, flat, 2000, live=True).told is None
    assert health.after(0.1, decayed, flat, 2000, live=True).after(0.2, HISTORY, flat, 2000, live=True).told is not None


def test_nothing_new_is_nothing_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    flat = numbers(2000, flat=True)
    health = Health().after(0.0, HISTORY, flat, 2000, live=True)
    monkeypatch.setattr("lrtui.tui.health.diagnose_run", None)
    assert health.after(60.0, HISTORY, flat, 2000, live=True) is health
    assert health.after(0.5, HISTORY, numbers(2100, flat=False), 2100, live=True) is health


def test_the_keys_it_names_are_those_the_user_has() -> None:
    assert advice_keys({})["decay"] == "d"
    assert advice_keys({"decay": "g"})["decay"] == "g"
