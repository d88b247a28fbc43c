"""Evaluation: the plain mean over all targets, and training never notices."""

import pytest
import torch
from torch import Tensor

from lrtui.engine.evaluate import evaluate
from lrtui.engine.step import TrainStep
from lrtui.runs.checkpoints import Progress
from lrtui.text.batches import IGNORE, Batch
from tests.small import FAMILIES, small_config, small_workplace

every_kind = pytest.mark.parametrize("kind", FAMILIES)


def naive_mean(step: TrainStep, batches: list[Batch]) -> float:
    """Each target by itself, summed in double precision, the state of streams carried by hand."""
    step.model.eval()
    losses: list[float] = []
    carry: tuple[Tensor, ...] = ()
    with torch.no_grad():
        for x, y, fresh in batches:
            logits, carry = step.model(x, () if fresh else carry)
            log_p = logits.double().log_softmax(-1).flatten(0, -2)
            losses += [-log_p[i, t].item() for i, t in enumerate(y.flatten().tolist()) if t != IGNORE]
    step.model.train()
    return sum(losses) / len(losses)


@every_kind
@pytest.mark.parametrize("mode", ["stream", "lines"])
@pytest.mark.parametrize("split", ["train", "val"])
def test_equals_the_naive_mean_over_targets(kind: str, mode: str, split: str) -> None:
    config = small_config(kind, corpus={"mode": mode}, model={"dropout": 0.3}, train={"eval_batches": 5, "batch": 7})
    place = small_workplace(config)
    for i in range(3):
        place.train(i, 0.01)
    loss = evaluate(place.train, place.evaluation[split])
    assert loss.shape == (1,)
    assert loss.device.type == "cpu"
    assert loss.item() == pytest.approx(naive_mean(place.train, place.evaluation[split]), abs=1e-6)


def test_batches_weigh_by_their_targets() -> None:
    place = small_workplace(small_config("gpt"))
    x, y, _ = place.train.batches.at(0)
    padded = y.clone()
    padded[:, 1:] = IGNORE
    small, large = Batch(x[:1], padded[:1], True), Batch(x, y, True)
    loss = evaluate(place.train, [small, large]).item()
    parts = [evaluate(place.train, [b]).item() for b in (small, large)]
    assert loss == pytest.approx((parts[0] + parts[1] * y.numel()) / (1 + y.numel()), abs=1e-6)
    assert abs(loss - sum(parts) / 2) > 1e-3


@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
def test_blocks_of_a_stream_equal_one_long_text(kind: str) -> None:
    place = small_workplace(small_config(kind, train={"eval_batches": 5}))
    batches = place.evaluation["train"]
    assert [b.fresh for b in batches] == [True] + [False] * 4
    whole = Batch(torch.cat([b.x for b in batches], 1), torch.cat([b.y for b in batches], 1), True)
    carried = evaluate(place.train, batches).item()
    assert carried == pytest.approx(evaluate(place.train, [whole]).item(), abs=1e-6)
    assert abs(carried - evaluate(place.train, [b._replace(fresh=True) for b in batches]).item()) > 1e-4


@every_kind
def test_training_never_notices(kind: str) -> None:
    config = small_config(kind, model={"dropout": 0.3})
    place, plain = small_workplace(config), small_workplace(config).train
    step = place.train
    globally = torch.get_rng_state()
    for i in range(6):
        generator = step.model.dropout_generator.get_state()
        first = evaluate(step, place.evaluation["val"])
        assert torch.equal(first, evaluate(step, place.evaluation["val"]))
        assert torch.equal(generator, step.model.dropout_generator.get_state())
        assert step.model.training
        step(i, 0.01)
        plain(i, 0.01)
    ours, theirs = step.capture(Progress()), plain.capture(Progress())
    assert torch.equal(ours.values, theirs.values)
    assert all(torch.equal(a, b) for a, b in zip(ours.carry, theirs.carry, strict=True))
    assert torch.equal(globally, torch.get_rng_state())


@every_kind
def test_a_lane_each(kind: str) -> None:
    place = small_workplace(small_config(kind), lanes=3)
    for i in range(12):
        place.train(i, torch.tensor([[0.0], [0.01], [0.03]]))
    losses = evaluate(place.train, place.evaluation["val"])
    assert losses.shape == (3,)
    solo = small_workplace(small_config(kind))
    for lane in range(3):
        solo.train.flat.values.copy_(place.train.flat.values[lane])
        assert losses[lane].item() == pytest.approx(evaluate(solo.train, solo.evaluation["val"]).item(), abs=1e-5)
    assert losses.unique().numel() == 3


def test_a_diverged_model_has_no_loss() -> None:
    place = small_workplace(small_config("mlp"))
    place.train.flat.values.fill_(float("nan"))
    assert torch.isnan(evaluate(place.train, place.evaluation["val"])).all()
