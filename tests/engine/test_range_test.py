"""The promise of the range test: a run that was interrupted by one ends in the same bits as one that was not."""

import math
from collections.abc import Iterator

import pytest
import torch

from lrtui.engine.inbox import Inbox
from lrtui.engine.range_test import READ_EVERY, RangeTest, find, plan_of
from lrtui.engine.session import Session
from lrtui.errors import UsageError
from lrtui.lr.range_plan import RangePlan
from lrtui.lr.verdict import judge
from lrtui.messages import (
    CommandRejected,
    Event,
    Find,
    RangeStepped,
    RangeTested,
    RateChanged,
    ScriptDone,
    Stepped,
    Stop,
    Stopped,
    decode_event,
    encode,
)
from tests.small import FAMILIES, OPTIMIZERS, script, small_config, small_session, tamper, trained

LN_V = math.log(20)


def config_of(kind: str, optimizer: str = "adam", **sections: dict[str, object]):
    return small_config(
        kind,
        optimizer,
        **{"model": {"dropout": 0.0 if kind == "bigram" else 0.2}, "schedule": {"kind": "cosine"}, **sections},
    )


def losses_of(events: list[Event]) -> list[float | None]:
    return [loss for event in events if isinstance(event, Stepped) for loss in event.loss]


@pytest.mark.parametrize("kind", FAMILIES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_run_equals_find_and_run_fresh_and_mid_run(kind: str, optimizer: str) -> None:
    config = config_of(kind, optimizer)
    plain, tested = small_session(config), small_session(config)
    torch.manual_seed(7)
    events = trained(plain, script("30:decay"))
    told = trained(tested, script("0:find", "17:find", "30:decay", "31:find 1e-3:50 30", "45:find linear"))
    found = [event for event in told if isinstance(event, RangeTested)]
    assert [event.step for event in found] == [0, 17, 31, 45]
    assert all(len(event.losses) > 1 for event in found)
    assert losses_of(told) == losses_of(events)
    assert tested.live.sha256() == plain.live.sha256()
    assert tested.live.capture().progress == plain.live.capture().progress


@pytest.mark.parametrize("kind", FAMILIES)
def test_nothing_of_the_state_is_touched(kind: str) -> None:
    session = small_session(config_of(kind, train={"precision": "bf16"}))
    live = session.live
    events = session.run(script("25:pause"))
    while live.step < 25:
        next(events)
    before, carry, good = live.capture(), live.train.carry, live.good
    chance = torch.get_rng_state()
    list(find(live, Find(high=100.0), LN_V))
    after = live.capture()
    assert torch.equal(after.values, before.values)
    assert after.buffers.keys() == before.buffers.keys()
    assert all(torch.equal(after.buffers[name], before.buffers[name]) for name in before.buffers)
    assert after.progress == before.progress
    assert live.train.carry is carry
    assert live.good is good
    assert torch.equal(torch.get_rng_state(), chance)


def test_it_trains_on_the_batches_training_would_use_next_at_the_rates_of_the_plan() -> None:
    config = config_of("lstm")
    session, other = small_session(config), small_session(config)
    plan = RangePlan(low=1e-4, high=1e-2, points=30)
    seen = [loss for block in RangeTest(session.live, plan, LN_V).blocks() for loss in block]
    train = other.live.train
    expected = [float(train(i, plan.lr(i))[0]) for i in range(30)]
    assert seen == pytest.approx(expected, rel=1e-5)


def test_a_test_that_is_left_early_leaves_nothing_behind() -> None:
    session = small_session(config_of("gru"))
    sha256, carry = session.live.sha256(), session.live.train.carry
    blocks = RangeTest(session.live, RangePlan(low=1e-3, high=1.0), LN_V).blocks()
    assert len(next(blocks)) == READ_EVERY
    assert session.live.sha256() != sha256
    blocks.close()  # type: ignore[attr-defined]
    assert session.live.sha256() == sha256
    assert session.live.train.carry is carry


def test_it_stops_at_the_first_loss_that_is_no_number() -> None:
    session = small_session(config_of("mlp", "sgd"))
    tamper(session, lambda step, loss: loss * math.nan if step >= 21 else loss)
    sha256 = session.live.sha256()
    (tested,) = find(session.live, Find(high=2e-4), LN_V)
    assert isinstance(tested, RangeTested)
    assert len(tested.losses) == 22
    assert tested.losses[-1] is None
    assert tested.stopped == "the loss is nan"
    assert session.live.sha256() == sha256


def test_the_event_travels_and_can_be_judged_again() -> None:
    session = small_session(config_of("mlp", "sgd", train={"steps": 500}))
    (tested,) = find(session.live, Find(points=60), LN_V)
    assert isinstance(tested, RangeTested)
    assert decode_event(encode(tested)) == tested
    assert tested.horizon == 500
    plan = RangePlan(low=tested.low, high=tested.high, points=tested.points, linear=tested.linear)
    again = judge(plan, tested.losses, tested.horizon)
    assert (again.suggestion, again.band) == (tested.suggestion, tested.band)
    assert set(tested.rules) == {"consensus", "valley", "minimum", "slide", "steep", "lightning_linear"}
    assert {name for name, lr in tested.rules.items() if lr is None} == set(tested.refusals)


def test_progress_is_told_only_where_somebody_waits_and_tells_every_point_once() -> None:
    session = small_session(config_of("mlp", "adam"))
    quiet = list(find(session.live, Find(points=300), LN_V))
    assert [type(event) for event in quiet] == [RangeTested]
    *steps, tested = find(session.live, Find(points=300), LN_V, tell=lambda: True)
    assert isinstance(tested, RangeTested)
    assert tested == quiet[0]
    assert 5 < len(steps) <= 20
    told: list[float | None] = []
    for event in steps:
        assert isinstance(event, RangeStepped)
        assert event.first == len(told)
        told += event.losses
    assert told == tested.losses[: len(told)]


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (Find(low=-1.0), "lower end"),
        (Find(low=math.nan), "lower end"),
        (Find(high=math.inf), "upper end"),
        (Find(low=0.5, high=0.6), "at least twice"),
        (Find(low=2.0, high=1.0), "at least twice"),
        (Find(points=3), "20 to 10,000 points"),
        (Find(points=10**9), "20 to 10,000 points"),
    ],
)
def test_a_range_that_cannot_be_is_a_sentence(command: Find, sentence: str) -> None:
    session = small_session(config_of("mlp"))
    with pytest.raises(UsageError, match=sentence):
        plan_of(session.live, command)
    inbox = Inbox()
    inbox.put(command)
    (rejected,) = [e for e in trained(session, inbox) if isinstance(e, CommandRejected)]
    assert rejected.command == "find"
    assert sentence in rejected.reason


def stopping_after_two_blocks(session: Session, inbox: Inbox) -> Iterator[None]:
    for _ in range(2 * READ_EVERY):
        yield
    inbox.put(Stop(), "SIGTERM")
    while True:
        yield


def test_a_stop_does_not_wait_for_a_long_test() -> None:
    session = small_session(config_of("lstm"))
    sha256 = session.live.sha256()
    inbox = script("0:find 1e-6:1e-5 10000")
    clock = stopping_after_two_blocks(session, inbox)
    tamper(session, lambda step, loss: (next(clock), loss)[1])
    events = trained(session, inbox)
    assert [type(event) for event in events] == [CommandRejected, ScriptDone, Stopped]
    assert "the run is to stop" in events[0].reason  # type: ignore[attr-defined]
    assert session.live.sha256() == sha256


def test_the_ledger_stays_as_it_was() -> None:
    session = small_session(config_of("mlp", "sgd"))
    events = trained(session, script("20:find"))
    assert not [event for event in events if isinstance(event, RateChanged)]
    assert session.live.progress.entries == ()
    done = [event for event in events if isinstance(event, ScriptDone)]
    assert [event.script for event in done] == [0]
