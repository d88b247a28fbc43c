"""The plateau rule against torch's ReduceLROnPlateau, evaluation by evaluation."""

import math

import msgspec
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lrtui.lr.plateau import PlateauState, update
from lrtui.lr.schedule import Schedule

losses = st.lists(st.sampled_from([1.0, 1.5, 1.99, 2.0, 2.005, 2.01, 3.0, math.nan]), max_size=60)


def our_rates(values: list[float], schedule: Schedule) -> list[float]:
    state, rate, rates = PlateauState(), schedule.base, []
    for value in values:
        state, cut = update(state, value, schedule)
        # a resume in the middle: the state is what its JSON says
        state = msgspec.json.decode(msgspec.json.encode(state), type=PlateauState)
        rate = rate * schedule.factor if cut else rate
        rates.append(rate)
    return rates


def torch_rates(values: list[float], schedule: Schedule) -> list[float]:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=schedule.base)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer,
        factor=schedule.factor,
        patience=schedule.patience,
        threshold=schedule.threshold,
        threshold_mode="abs",
        cooldown=schedule.cooldown,
        eps=0.0,
    )
    rates = []
    for value in values:
        scheduler.step(value)
        rates.append(optimizer.param_groups[0]["lr"])
    return rates


@given(
    values=losses,
    patience=st.integers(0, 4),
    cooldown=st.integers(0, 4),
    threshold=st.sampled_from([0.0, 0.005, 0.5]),
)
def test_cuts_when_torch_cuts(values: list[float], patience: int, cooldown: int, threshold: float) -> None:
    schedule = Schedule(
        kind="plateau", base=1.0, steps=100, factor=0.5, patience=patience, cooldown=cooldown, threshold=threshold
    )
    assert our_rates(values, schedule) == torch_rates(values, schedule)


def test_by_hand() -> None:
    schedule = Schedule(kind="plateau", base=1.0, steps=9, factor=0.1, patience=2, cooldown=1, threshold=0.1)
    #         best  best  bad   bad   cut   rest  bad  bad  cut
    values = [2.00, 1.50, 1.45, 1.41, 1.50, 1.50, 1.5, 1.5, 1.5]
    assert our_rates(values, schedule) == pytest.approx([1, 1, 1, 1, 0.1, 0.1, 0.1, 0.1, 0.01])


def test_a_loss_that_is_not_a_number_is_no_improvement_and_no_best() -> None:
    state, cut = update(PlateauState(), math.nan, Schedule(kind="plateau", base=1.0, steps=9))
    assert (state, cut) == (PlateauState(None, 1, 0), False)
