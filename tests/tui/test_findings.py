"""What experiments have found, folded from events: in parts, torn, interrupted, refused, one after another."""

import msgspec
import pytest

from lrtui.messages import CommandRejected, Confirmed, ConfirmStepped, Find, Paused, RunResumed
from lrtui.tui.findings import Findings, fold
from tests.tui.found import CONFIRMED, GAVE_WAY, LOSSES, PLAN, RATES, TESTED, found, refused, stepped, trained

RESUMED = RunResumed(400, run="quiet-otter", badge="exact", steps=1000, entries=0, fingerprint={})


def test_points_come_in_parts_and_the_verdict_has_them_all() -> None:
    parts = found(stepped(0, 8), stepped(8, 24))
    assert parts.plan == PLAN
    assert parts.losses == tuple(LOSSES[:24])
    assert (parts.running, parts.tested, parts.offer) == ("find", None, None)
    whole = fold(parts, [TESTED], over=False)
    assert whole.losses == tuple(LOSSES)
    assert (whole.running, whole.offer, whole.step) == ("", 1e-2, 400)


def test_a_part_that_could_not_be_read_leaves_each_loss_at_its_rate() -> None:
    torn = found(stepped(0, 8), stepped(16, 24))
    assert torn.losses == (*LOSSES[:8], *[None] * 8, *LOSSES[16:24])


def test_a_new_test_takes_the_place_of_the_old_and_of_its_confirmation() -> None:
    known = found(TESTED, CONFIRMED)
    assert known.trial is not None
    again = fold(known, [stepped(0, 8)], over=False)
    assert (again.trial, again.tested, again.losses) == (None, None, tuple(LOSSES[:8]))
    assert fold(known, [TESTED], over=False).trial is None


def test_a_confirmation_grows_and_its_winner_is_offered() -> None:
    begun = found(TESTED, trained(2))
    assert begun.trial is not None
    assert (begun.running, begun.trial.done, begun.offer) == ("confirm", 20, None)
    more = ConfirmStepped(400, steps=200, every=10, rates=RATES, first=2, curves=[[1.9], [1.8], []])
    grown = fold(begun, [more], over=False).trial
    assert grown is not None
    assert [len(curve) for curve in grown.curves] == [3, 3, 2]
    ended = fold(begun, [msgspec.structs.replace(CONFIRMED, winner=5e-3)], over=False)
    assert ended.offer == 5e-3
    assert ended.running == ""


def test_where_every_rate_was_lost_none_is_offered() -> None:
    lost: Confirmed = msgspec.structs.replace(CONFIRMED, winner=None, died=[3, 2, 1])
    assert found(TESTED, lost).offer is None


def test_a_refusal_and_a_dead_worker_end_it_in_words() -> None:
    given_way = found(stepped(0, 8), GAVE_WAY)
    assert (given_way.running, given_way.refused) == ("", GAVE_WAY.reason)
    assert "the worker ended before the range test did" in fold(found(stepped(0, 8)), [], over=True).refused
    assert "before the confirmation did" in found(TESTED, trained(2), RESUMED).refused
    assert fold(given_way, [TESTED], over=True).refused == "", "a later test is not refused"
    other = CommandRejected(400, command="undo", reason="nothing to undo")
    assert found(TESTED, other, Paused(400), RESUMED) == found(TESTED)


@pytest.mark.parametrize(
    ("remedy", "advised"),
    [
        ("raise", Find(1e-6, 100.0, 100, False)),
        ("lower", Find(1e-8, 1.0, 100, False)),
        ("points", Find(1e-6, 1.0, 400, False)),
    ],
)
def test_a_refusal_advises_a_test(remedy: str, advised: Find) -> None:
    assert found(refused(remedy)).advice == advised
    assert fold(found(refused(remedy)), [stepped(0, 8)], over=False).advice is None


def test_an_end_that_was_lowered_in_vain_is_not_lowered_again() -> None:
    once, twice = refused("lower"), refused("lower", low=1e-8)
    vain = found(once, stepped(0, 8), twice)
    assert (vain.in_vain, vain.advice) == (True, None)
    assert found(twice, once).advice == Find(1e-8, 1.0, 100, False), "a wider test was not the answer to this one"
    assert found(once, TESTED, twice).advice == Find(1e-10, 1.0, 100, False)
    assert not found(once, twice, TESTED).in_vain


def test_there_is_no_advice_beyond_the_rates_there_are_nor_where_a_rate_is_suggested() -> None:
    assert found(refused("raise", high=1e9)).advice is None
    assert found(refused("lower", low=1e-12)).advice is None
    assert found(refused("points", points=10_000)).advice is None
    assert found(refused("raise", high=1e8)).advice == Find(1e-6, 1e9, 100, False)
    assert found(TESTED).advice is None
    assert Findings().advice is None
