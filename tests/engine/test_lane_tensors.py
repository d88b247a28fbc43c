"""Selecting, forking and naming lanes leaves every other bit where it was."""

import pytest
import torch

from lrtui.engine.lanes import captured, gathered, make_lanes, named_tensors, put, solo, take
from lrtui.engine.step import TrainStep
from lrtui.runs.checkpoints import Progress
from tests.small import FAMILIES, small_config, small_workplace

RATES = torch.tensor([[1e-3], [2e-3], [5e-3], [8e-3]])


def trained_lanes(kind: str, steps: int = 6) -> tuple[TrainStep, TrainStep]:
    """Four lanes after a few steps, and a solo model of the same configuration."""
    place = small_workplace(small_config(kind), lanes=4)
    for step in range(steps):
        place.train(step, RATES)
    return place.train, small_workplace(small_config(kind)).train


@pytest.mark.parametrize("kind", FAMILIES)
@pytest.mark.parametrize("places", [[0, 2, 3], [3, 1], [2]])
def test_the_lanes_that_are_left_train_on_as_before(kind: str, places: list[int]) -> None:
    config = small_config(kind)
    four, _ = trained_lanes(kind)
    fewer = make_lanes(config, four.model.vocabulary, four.batches, len(places), torch.device("cpu"))
    put(take(captured(four), places), fewer)
    rates = RATES[places]
    for step in range(6, 12):
        wanted, norms = four(step, RATES)
        lr = rates if len(places) > 1 else float(rates[0, 0])
        loss, norm = fewer(step, lr)
        torch.testing.assert_close(loss.view(-1), wanted[places], atol=1e-5, rtol=0)
        torch.testing.assert_close(norm, norms[places], atol=1e-5, rtol=0)


@pytest.mark.parametrize("kind", FAMILIES)
def test_a_fork_is_one_lane_several_times(kind: str) -> None:
    """What a race does with a live run."""
    solo_step = small_workplace(small_config(kind)).train
    for step in range(4):
        solo_step(step, 2e-3)
    three = make_lanes(small_config(kind), solo_step.model.vocabulary, solo_step.batches, 3, torch.device("cpu"))
    put(take(captured(solo_step), [0, 0, 0]), three)
    loss, _ = three(4, torch.tensor([[2e-3], [2e-3], [8e-3]]))
    wanted, _ = solo_step(4, 2e-3)
    torch.testing.assert_close(loss, wanted.expand(3), atol=1e-5, rtol=0)
    torch.testing.assert_close(three.flat.values[1], solo_step.flat.values[0], atol=1e-5, rtol=0)
    assert not three.flat.values[2].equal(three.flat.values[1])


@pytest.mark.parametrize("kind", FAMILIES)
def test_names_give_the_same_tensors_back(kind: str) -> None:
    four, one = trained_lanes(kind)
    tensors = captured(four)
    named = named_tensors(tensors, one.flat)
    assert all(len(tensor) == 4 for tensor in named.values())
    back = gathered({name: tensor.clone() for name, tensor in named.items()}, one.flat, 4, tensors.updates)
    assert back.values.equal(tensors.values)
    assert back.buffers.keys() == tensors.buffers.keys()
    assert all(back.buffers[name].equal(buffer) for name, buffer in tensors.buffers.items())
    assert all(a.equal(b) for a, b in zip(back.carry, tensors.carry, strict=True))
    assert back.updates == 6


def test_one_lane_is_the_state_of_a_run() -> None:
    four, one = trained_lanes("lstm")
    snapshot = solo(captured(four), 2, Progress(step=6))
    assert (snapshot.step, snapshot.progress.updates) == (6, 6)
    one.restore(snapshot)
    loss, _ = one(6, 5e-3)
    wanted, _ = four(6, RATES)
    torch.testing.assert_close(loss, wanted[2], atol=1e-5, rtol=0)
