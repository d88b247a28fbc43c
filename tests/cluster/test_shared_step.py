"""A run on several ranks is the solo run, up to rounding, and all ranks end it with the same bits."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from lrtui.config.schema import Config
from lrtui.engine.checkpoint import Origin, read_checkpoint, write_checkpoint
from lrtui.engine.device import difference
from lrtui.engine.inbox import Inbox, Scripted
from lrtui.engine.step import TrainStep
from lrtui.errors import ConfigError, DeviceError, LrtuiError
from lrtui.messages import Confirm, Confirmed, Diverged, Event, RateChanged, Rewound, Stepped
from lrtui.runs.directory import RunDirectory
from tests.cluster.threads import crew
from tests.small import checkpoints, script, small_config, small_session, trained, unlucky

STEPS = 50


def config_of(kind: str, optimizer: str = "adam", **sections: dict[str, object]) -> Config:
    train = {"steps": STEPS, **sections.pop("train", {})}
    return small_config(kind, optimizer, train=train, **sections)


def losses(events: list[Event]) -> list[float | None]:
    return [loss for event in events if isinstance(event, Stepped) for loss in event.loss]


def assert_equal_to_the_solo_run(config: Config, size: int, *lines: str) -> None:
    solo = small_session(config)
    wanted = trained(solo, script(*lines))
    with crew(config, size) as several:
        got = trained(several.session, script(*lines))
    assert len(losses(got)) == len(losses(wanted)) >= STEPS
    torch.testing.assert_close(torch.tensor(losses(got)), torch.tensor(losses(wanted)), atol=1e-5, rtol=0)
    torch.testing.assert_close(several.session.live.train.flat.values, solo.live.train.flat.values, atol=1e-4, rtol=0)
    assert [type(event) for event in got if not isinstance(event, Stepped)] == [
        type(event) for event in wanted if not isinstance(event, Stepped)
    ]
    assert len(several.others) == size - 1
    for other in several.others:
        assert TrainStep.sha256(other) == TrainStep.sha256(several.place.train)


@pytest.mark.parametrize("kind", ["mlp", "lstm", "gpt"])
@pytest.mark.parametrize("dropout", [0.0, 0.2])
def test_two_ranks_equal_one(kind: str, dropout: float) -> None:
    assert_equal_to_the_solo_run(config_of(kind, model={"dropout": dropout}, train={"eval_every": 20}), 2)


@pytest.mark.parametrize("kind", ["lstm", "gpt", "mlp"])
def test_rows_with_fewer_targets_weigh_less(kind: str) -> None:
    config = config_of(kind, "sgd", corpus={"mode": "lines"}, train={"block": 16})
    assert_equal_to_the_solo_run(config, 4)


def test_two_ranks_equal_one_when_steered_undone_and_looked_at() -> None:
    config = config_of("gru", train={"eval_every": 10, "sample_every": 15, "checkpoint_every": 20})
    lines = "5:decay", "9:find 1e-5:1e-3 12", "20:lr=0.01", "25:reset-optimizer", "31:undo", "33:race 1,0.1 6"
    assert_equal_to_the_solo_run(config, 2, *lines, "40:scale=0.5")


def test_a_confirmation_sees_the_whole_batch() -> None:
    config = config_of("lstm")
    command = Scripted(7, 0, Confirm(rates=[1e-3, 4e-3], steps=50))
    wanted = trained(small_session(config), Inbox([command]))
    with crew(config) as several:
        got = trained(several.session, Inbox([command]))
    (ours,), (theirs,) = ([e for e in events if isinstance(e, Confirmed)] for events in (got, wanted))
    assert ours.curves == [pytest.approx(curve, abs=1e-4) for curve in theirs.curves]
    assert losses(got) == pytest.approx(losses(wanted), abs=1e-5)


def test_divergence_is_rolled_back_on_all_ranks() -> None:
    config = config_of("lstm", train={"steps": 130})
    solo = small_session(config)
    unlucky(solo, 115)
    wanted = trained(solo)
    with crew(config) as several:
        unlucky(several.session, 115)
        got = trained(several.session)
    told = (Diverged, Rewound, RateChanged)
    assert [e.step for e in got if isinstance(e, told)] == [e.step for e in wanted if isinstance(e, told)] != []
    assert losses(got)[:100] == pytest.approx(losses(wanted)[:100], abs=1e-4)
    assert several.others[0].flat.values.equal(several.place.train.flat.values)


@pytest.mark.parametrize("kind", ["lstm", "mlp"])
def test_a_checkpoint_holds_the_rows_of_all_ranks_and_resumes_exactly(kind: str, tmp_path: Path) -> None:
    config = config_of(kind, model={"dropout": 0.2}, train={"checkpoint_every": 20})
    with crew(config) as straight:
        dues = checkpoints(straight.session)
        expected = straight.session.live.sha256()
    due = next(due for due in dues if due.snapshot.step == 20)
    run = RunDirectory(tmp_path)
    flat = straight.place.train.flat
    write_checkpoint(run, due.snapshot, flat, Origin(config.lr_schedule(), {}, "", {}))
    snapshot, _ = read_checkpoint(run.checkpoint(20), flat)
    assert all(t.shape[-2] == config.train.batch for t in snapshot.carry)
    with crew(config) as again:
        again.session.live.restore(snapshot)
        trained(again.session)
        assert again.session.live.sha256() == expected
    alone = small_session(config)  # at another world size it goes on, up to rounding
    alone.live.restore(snapshot)
    trained(alone)
    torch.testing.assert_close(alone.live.train.flat.values, flat.values, atol=1e-4, rtol=0)


def test_weights_alone_come_with_a_fresh_optimizer_on_all_ranks() -> None:
    config = config_of("lstm")
    with crew(config) as several:
        snapshot = replace(several.session.live.capture(), buffers={})
        trained(several.session)
        several.session.live.restore(snapshot, weights_only=True)
        assert several.session.live.sha256()
        several.place.train.adopt(snapshot.values * 2)  # as a warm start does
    assert several.others[0].optimizer.updates == 0
    assert several.others[0].flat.values.equal(snapshot.values * 2)


def test_a_batch_that_cannot_be_shared_is_refused_in_a_sentence() -> None:
    sentence = r"train.batch = 4: 3 ranks cannot share it evenly\n.*such as 3 or 6"
    with pytest.raises(ConfigError, match=sentence), crew(config_of("mlp"), size=3):
        raise AssertionError("it began")


def test_ranks_train_with_autograd_and_refuse_another_kernel() -> None:
    with crew(config_of("mlp")) as several:
        assert several.place.fingerprint["kernel"] == "autograd flat-adam"
    by_hand = config_of("mlp", train={"kernel": "hand"})
    with pytest.raises(ConfigError, match="several ranks train with autograd"), crew(by_hand):
        raise AssertionError("it began")


def test_a_device_of_one_rank_alone_is_refused() -> None:
    with pytest.raises(DeviceError, match="ranks cannot share it"), crew(config_of("mlp", train={"device": "cuda:1"})):
        raise AssertionError("it began")


def test_the_fingerprint_names_the_world_size_where_there_is_more_than_one() -> None:
    config = config_of("mlp", train={"steps": 1})
    with crew(config) as two, crew(config, 4) as four:
        pass
    assert two.place.fingerprint["world size"] == "2 (gloo)"
    assert difference(two.place.fingerprint, four.place.fingerprint) == "continued: world size 2 (gloo) → 4 (gloo)"
    alone = {key: value for key, value in two.place.fingerprint.items() if key != "world size"}
    assert difference(alone, two.place.fingerprint) == "continued: world size 1 → 2 (gloo)"
    assert difference(two.place.fingerprint, alone) == "continued: world size 2 (gloo) → 1"
    assert difference(two.place.fingerprint, two.place.fingerprint) == "exact"


def test_a_rank_that_went_astray_is_found() -> None:
    config = config_of("mlp", train={"steps": 3})
    with crew(config) as several:
        step = several.place.train
        assert step.sha256() == TrainStep.sha256(step)
        step.flat.values[0, 0] += 1e-3
        with pytest.raises(LrtuiError, match="rank 1 has another state"):
            step.sha256()
