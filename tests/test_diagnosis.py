"""Short real runs that show each sign; and that looking costs training nothing."""

import time
from array import array
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
import torch

from lrtui import diagnosis
from lrtui.diagnosis import diagnose_run, diagnose_series
from lrtui.lr.diagnose import Diagnosis
from lrtui.lr.schedule import Schedule
from lrtui.messages import Evaluated, RunResumed, Stepped
from lrtui.runs.directory import create_run
from lrtui.runs.history import fold_history
from lrtui.runs.metrics import MetricsReader, MetricsWriter, joined, read_metrics
from lrtui.tui.buckets import Numbers
from tests.runs.story import block, started
from tests.short_runs import diagnosed, read_back
from tests.small import TEXT, script, small_config, small_session, trained

FIVE_KB = Path(diagnosis.__file__).parent.joinpath("lr", "rate.py").read_text()[:5000]
GOOD = [("lstm", "adam", 0.01), ("mlp", "sgd", 0.05), ("gpt", "adamw", 0.005)]


def run(
    kind: str, optimizer: str, lr: float, *lines: str, text: str = TEXT, hidden: int = 16, **train: object
) -> Diagnosis | None:
    wanted = {"steps": 300, "eval_every": 100, "on_diverge": "continue", **train}
    config = small_config(
        kind, optimizer, optim={"lr": lr, "weight_decay": 0.0}, train=wanted, model={"hidden": hidden}
    )
    return diagnosed(small_session(config, text), script(*lines), text)


@pytest.mark.parametrize(("kind", "optimizer", "good"), GOOD)
def test_a_hundred_times_the_good_rate_is_too_high(kind: str, optimizer: str, good: float) -> None:
    found = run(kind, optimizer, 100 * good)
    assert found is not None
    assert found.sign == "rate too high"


@pytest.mark.parametrize(("kind", "optimizer", "good"), GOOD)
def test_a_good_rate_is_healthy_and_a_ten_thousandth_of_it_too_low(kind: str, optimizer: str, good: float) -> None:
    assert run(kind, optimizer, good) is None
    found = run(kind, optimizer, good / 10_000)
    assert found is not None
    assert found.sign == "rate too low"


def test_a_rate_that_stays_high_comes_to_a_plateau() -> None:
    found = run("mlp", "sgd", 0.3, steps=2000, batch=64)
    assert found is not None
    assert found.sign == "plateau"
    assert found.advice == (("decay", "decay"),)


def test_five_kilobytes_are_learned_by_heart() -> None:
    found = run("lstm", "adam", 0.01, text=FIVE_KB, hidden=64, steps=900, batch=16, eval_batches=50)
    assert found is not None
    assert found.sign == "overfitting"


def test_a_resume_from_weights_alone_has_a_fresh_optimizer() -> None:
    first = small_session(small_config("lstm", train={"steps": 400}))
    stopped = trained(first, script("200:stop"))
    second = small_session(small_config("lstm", train={"steps": 400}))
    second.live.restore(first.live.capture(), weights_only=True)
    resumed = RunResumed(200, run="short", badge="weights only", steps=400, entries=0, fingerprint={})
    found = diagnose_series(*read_back(second, [*stopped, resumed, *trained(second, script("250:stop"))]))
    assert found is not None
    assert found.sign == "fresh optimizer"
    exact = msgspec.structs.replace(resumed, badge="exact")
    assert diagnose_series(*read_back(second, [*stopped, exact])) is None


def test_an_optimizer_whose_state_was_thrown_away_is_fresh() -> None:
    found = run("mlp", "adam", 0.01, "150:reset-optimizer")
    assert found is not None
    assert found.sign == "fresh optimizer"
    assert run("mlp", "adam", 0.01, "150:reset-optimizer", "160:undo") is None


# -- how far an update moves the weights ------------------------------------------------------------------------------


def test_the_update_is_measured_at_every_hundredth_step_and_is_what_it_says() -> None:
    config = small_config("mlp", train={"steps": 250})
    events = trained(small_session(config), script("30:pause", "30:continue", "130:sample"))
    told = {event.step: event.update for event in events if isinstance(event, Stepped) if event.update is not None}
    train = small_session(config).live.train
    expected = {}
    for step in range(250):
        before = train.flat.values.clone()
        train(step, config.optim.lr)
        if step % 100 == 0:
            expected[step] = float((train.flat.values - before).norm() / before.norm())
    assert told == pytest.approx(expected, rel=1e-5)


def test_measuring_overwrites_nothing() -> None:
    from lrtui.engine.stretch import update_ratio

    values = torch.tensor([[3.0, 4.0]])
    assert float(update_ratio(torch.tensor([[3.0, 0.0]]), values)) == pytest.approx(4 / 3)
    assert values.tolist() == [[3.0, 4.0]]


def measured(step: int, update: float | None) -> Stepped:
    return msgspec.structs.replace(block(step), update=update)


def test_the_metrics_keep_the_update_and_an_old_run_has_none(tmp_path: Path) -> None:
    directory = create_run(tmp_path, "measured")
    with MetricsWriter(directory, 0) as metrics:
        for step in range(0, 500, 100):
            metrics.write(measured(step, None if step == 100 else 1.2345e-3 + step))
        metrics.write(measured(500, float("inf")))
    wanted = [(0, 1.23e-3), (200, 200.0), (300, 300.0), (400, 400.0)]
    assert read_metrics(directory).updates == wanted
    blocks = list(joined(MetricsReader(directory).poll()))
    assert len(blocks) == 1
    numbers = Numbers()
    for each in blocks:
        numbers.add(each)
    assert list(numbers.snapshot().updates) == wanted
    with MetricsWriter(directory, 250):
        pass
    assert read_metrics(directory).updates == wanted[:2]
    for each in list(MetricsReader(directory).poll())[-1:]:
        numbers.add(each)
    assert list(numbers.updates) == wanted[:2]


# -- from a directory -------------------------------------------------------------------------------------------------


def flat_run(**schedule: object):  # type: ignore[no-untyped-def]
    begun = msgspec.structs.replace(started("flat", 4000), schedule=Schedule(base=0.1, steps=4000, **schedule))
    history = fold_history([begun, *(Evaluated(s, train_loss=2.0, val_loss=2.0) for s in (1000, 2000))])
    steps = array("q", range(4000))
    losses = array("d", (2.0 + 0.01 * (step % 7) for step in steps))
    return history, steps, losses, array("d", [0.1]) * 4000, [(0, 1e-2)]


def test_a_schedule_that_has_ended_is_no_plateau() -> None:
    found = diagnose_run(*flat_run())
    assert found is not None
    assert found.sign == "plateau"
    assert diagnose_run(*flat_run(kind="cosine")) is None
    assert diagnose_run(fold_history([]), [], [], [], []) is None


def test_it_is_cheap_enough_for_every_look() -> None:
    history, *numbers = flat_run()
    evaluations = tuple(Evaluated(250 * i, train_loss=2.0, val_loss=2.0) for i in range(40_000))
    began = time.process_time()
    for _ in range(20):
        diagnose_run(replace(history, evaluations=evaluations), *numbers)
    assert (time.process_time() - began) / 20 < 0.025, "about a hundredth of a core, every two seconds"
