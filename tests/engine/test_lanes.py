"""A lane is its solo run: four rates side by side against four runs, on the same batches."""

import pytest
import torch

from lrtui.config.schema import Config
from lrtui.engine.evaluate import evaluate
from tests.small import FAMILIES, OPTIMIZERS, small_config, small_workplace

RATES = (1e-4, 3e-4, 6e-4, 1e-3)
STEPS = 20
TOLERANCE = 1e-5

every_kind = pytest.mark.parametrize("kind", FAMILIES)


def assert_lanes_equal_solo_runs(config: Config, rates: tuple[float, ...] = RATES) -> None:
    """Losses and gradient norms of all steps, weights, evaluations after them."""
    place = small_workplace(config, lanes=len(rates))
    lanes, evaluation = place.train, place.evaluation["val"]
    solos = [small_workplace(config).train for _ in rates]
    lr = torch.tensor(rates).unsqueeze(1)
    for step in range(STEPS):
        loss, norm = lanes(step, lr)
        alone = [solo(step, rate) for solo, rate in zip(solos, rates, strict=True)]
        close(loss, torch.stack([each for each, _ in alone]))
        close(norm, torch.cat([each for _, each in alone]))
    close(lanes.flat.values, torch.cat([solo.flat.values for solo in solos]))
    close(evaluate(lanes, evaluation), torch.cat([evaluate(solo, evaluation) for solo in solos]))
    # the rates made a difference far above the tolerance
    assert (solos[0].flat.values - solos[-1].flat.values).abs().max().item() > 100 * TOLERANCE


def close(ours: torch.Tensor, wanted: torch.Tensor) -> None:
    torch.testing.assert_close(ours, wanted, atol=TOLERANCE, rtol=0)


@pytest.mark.parametrize("mode", ["stream", "lines"])
@pytest.mark.parametrize(
    ("kind", "dropout"), [(kind, p) for kind in FAMILIES for p in (0.0, 0.2) if kind != "bigram" or not p]
)
def test_four_lanes_equal_four_solo_runs(kind: str, mode: str, dropout: float) -> None:
    assert_lanes_equal_solo_runs(small_config(kind, "adam", corpus={"mode": mode}, model={"dropout": dropout}))


@pytest.mark.parametrize("kind", ["lstm", "gpt"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_with_every_optimizer_and_rates_of_their_own(kind: str, optimizer: str) -> None:
    groups = [{"match": "embed.*", "lr_scale": 2.0}, {"match": "*bias*", "lr_scale": 0.5}]
    rates = tuple(50 * r for r in RATES) if optimizer == "sgd" else RATES
    assert_lanes_equal_solo_runs(small_config(kind, optimizer, optim={"groups": groups, "clip": 0.5}), rates)


@every_kind
def test_a_broken_lane_leaves_the_others_alone(kind: str) -> None:
    lanes = small_workplace(small_config(kind), lanes=2).train
    solo = small_workplace(small_config(kind)).train
    rates = torch.tensor([[float("nan")], [1e-3]])
    for step in range(3):
        loss, _ = lanes(step, rates)
        wanted, _ = solo(step, 1e-3)
        close(loss[1], wanted)
    assert torch.isnan(loss[0])
    close(lanes.flat.values[1], solo.flat.values[0])
