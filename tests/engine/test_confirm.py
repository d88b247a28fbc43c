"""A lane of a confirmation is the run it stands for, and the run itself never notices."""

import math

import pytest
import torch

from lrtui.config.schema import Config
from lrtui.engine.confirm import Confirmation, confirm
from lrtui.engine.inbox import Inbox
from lrtui.errors import UsageError
from lrtui.messages import (
    CommandRejected,
    Confirm,
    Confirmed,
    ConfirmStepped,
    Event,
    RangeTested,
    Stepped,
    Stop,
    Stopped,
    decode_event,
    encode,
)
from tests.small import FAMILIES, OPTIMIZERS, script, small_config, small_session, trained

LN_V = math.log(20)
RATES = [5e-4, 2e-3, 8e-3]
STEPS = 30


def config_of(kind: str, optimizer: str = "adam", **sections: dict[str, object]) -> Config:
    schedule = {"kind": "cosine", "warmup": 10}
    model = {"dropout": 0.0 if kind == "bigram" else 0.2}
    return small_config(kind, optimizer, **{"model": model, "schedule": schedule, **sections})


def losses_of(events: list[Event]) -> list[float]:
    return [math.nan if v is None else v for event in events if isinstance(event, Stepped) for v in event.loss]


def lanes_after(kind: str, optimizer: str, step: int) -> list[list[float]]:
    session = small_session(config_of(kind, optimizer))
    events = session.run(script(f"{step}:pause"))
    while session.live.step < step:
        next(events)
    trial = Confirmation(session.live, RATES, STEPS, LN_V)
    list(trial.train_on())
    assert trial.died == [None] * len(RATES)
    return trial.losses


@pytest.mark.parametrize("kind", FAMILIES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_lane_of_a_fresh_model_is_the_run_with_that_rate(kind: str, optimizer: str) -> None:
    for lr, losses in zip(RATES, lanes_after(kind, optimizer, 0), strict=True):
        base = config_of(kind, optimizer)
        config = base.model_copy(update={"optim": base.optim.model_copy(update={"lr": lr})})
        events = trained(small_session(config), script(f"{STEPS}:stop"))
        assert losses == pytest.approx(losses_of(events), abs=1e-5)


@pytest.mark.parametrize("kind", FAMILIES)
def test_a_lane_of_a_live_run_is_that_run_after_lr(kind: str) -> None:
    for lr, losses in zip(RATES, lanes_after(kind, "adam", 17), strict=True):
        events = trained(small_session(config_of(kind)), script(f"17:lr={lr}", f"{17 + STEPS}:stop"))
        assert losses == pytest.approx(losses_of(events)[17:], abs=1e-5)


@pytest.mark.parametrize("kind", FAMILIES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_run_with_confirmations_ends_in_the_bits_of_one_without(kind: str, optimizer: str) -> None:
    config = config_of(kind, optimizer)
    plain, tested = small_session(config), small_session(config)
    events = trained(plain, script("40:decay"))
    chance = torch.get_rng_state()
    inbox = script("40:decay")
    inbox.put(Confirm(steps=20, rates=RATES))
    told = trained(tested, inbox)
    assert [event.rates for event in told if isinstance(event, Confirmed)] == [RATES]
    assert losses_of(told) == losses_of(events)
    assert tested.live.sha256() == plain.live.sha256()
    assert tested.live.capture().progress == plain.live.capture().progress
    assert torch.equal(torch.get_rng_state(), chance)


def test_without_rates_a_range_test_names_them() -> None:
    config = config_of("mlp", schedule={"kind": "constant", "warmup": 0})
    plain, tested = small_session(config), small_session(config)
    trained(plain)
    told = trained(tested, script("20:confirm 3 20"))
    (found,) = [event for event in told if isinstance(event, RangeTested)]
    (confirmed,) = [event for event in told if isinstance(event, Confirmed)]
    assert found.suggestion is not None, found
    assert len(confirmed.rates) == 3
    assert found.suggestion in confirmed.rates
    assert (found.step, confirmed.step) == (20, 20)
    assert tested.live.sha256() == plain.live.sha256()


def test_rates_that_blow_up_lose_and_the_best_of_the_rest_wins() -> None:
    session = small_session(config_of("mlp", "sgd", optim={"clip": 0.0}, schedule={"kind": "constant", "warmup": 0}))
    rates = [1e-6, 2e-2, 1e6, 1e30]
    (event,) = confirm(session.live, rates, 40, LN_V, session.observer.evaluation["val"])
    assert isinstance(event, Confirmed)
    assert event.winner == 2e-2
    assert event.died[:2] == [None, None]
    assert all(event.died[2:])
    assert event.losses[2:] == event.val_losses[2:] == [None, None]
    assert [len(curve) for curve in event.curves] == [40, 40, *event.died[2:]]
    assert event.losses[1] < event.losses[0]  # type: ignore[operator]
    assert event.val_losses[1] < event.val_losses[0]  # type: ignore[operator]
    assert decode_event(encode(event)) == event


def test_it_ends_early_where_every_rate_is_lost() -> None:
    session = small_session(config_of("mlp", "sgd", optim={"clip": 0.0}, schedule={"kind": "constant", "warmup": 0}))
    (event,) = confirm(session.live, [1e30, 1e35], 10_000, LN_V)
    assert isinstance(event, Confirmed)
    assert event.winner is None
    assert all(event.died)


def test_progress_tells_every_point_once() -> None:
    session = small_session(config_of("mlp"))
    *steps, last = confirm(session.live, RATES, 250, LN_V, tell=lambda: True)
    assert isinstance(last, Confirmed)
    assert 5 < len(steps) <= 20
    told: list[list[float | None]] = [[] for _ in RATES]
    for event in steps:
        assert isinstance(event, ConfirmStepped)
        assert event.first == len(told[0])
        for lane, curve in zip(told, event.curves, strict=True):
            lane += curve
    assert told == [curve[: len(told[0])] for curve in last.curves]
    assert len(last.curves[0]) == 84  # 250 steps, three a point


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (Confirm(lanes=1), "2 to 32 rates"),
        (Confirm(rates=[1.0]), "2 to 32 rates"),
        (Confirm(steps=1), "20 to 100,000 steps"),
        (Confirm(rates=[1.0, math.nan]), "above 0"),
        (Confirm(rates=[1.0, 1.0]), "differ"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(command: Confirm, sentence: str) -> None:
    inbox = Inbox()
    inbox.put(command)
    session = small_session(config_of("mlp"))
    (rejected,) = [event for event in trained(session, inbox) if isinstance(event, CommandRejected)]
    assert rejected.command == "confirm"
    assert sentence in rejected.reason
    assert session.live.step == 60


def test_a_stop_does_not_wait_for_a_long_confirmation() -> None:
    session = small_session(config_of("mlp"))
    sha256 = session.live.sha256()
    inbox = Inbox()
    inbox.put(Confirm(steps=100_000, rates=RATES))
    inbox.put(Stop(), "SIGTERM")
    rejected, stopped = trained(session, inbox)
    assert isinstance(rejected, CommandRejected)
    assert "gave way at step 10 of 100000" in rejected.reason
    assert isinstance(stopped, Stopped)
    assert session.live.sha256() == sha256


def test_no_memory_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_memory(*_: object) -> None:
        raise torch.OutOfMemoryError

    monkeypatch.setattr("lrtui.engine.confirm.lanes_of", no_memory)
    with pytest.raises(UsageError, match="no memory for 3 copies"):
        list(confirm(small_session(config_of("mlp")).live, RATES, 20, LN_V))
