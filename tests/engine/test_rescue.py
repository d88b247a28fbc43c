"""A rate far too high is noticed in the first steps, and at most three cuts make a good one of it."""

from itertools import pairwise

import pytest

from lrtui.config.load import override
from lrtui.config.schema import Config
from lrtui.engine.build import make_workplace
from lrtui.engine.session import Session
from lrtui.messages import Diverged, Event, Finished, RangeTested, RateChanged, Rewound, Stepped
from lrtui.text.corpus import load_text
from lrtui.text.dataset import make_dataset
from tests.small import SHARED, checkpoints, script, small_config, small_session, trained

MLP = {
    "corpus": {"path": str(SHARED / "names.txt"), "mode": "lines"},
    "model": {"kind": "mlp", "embed": 10, "hidden": 100},
    "optim": {"kind": "sgd"},
    "train": {"steps": 2000, "batch": 32},
}
LSTM = {
    "corpus": {"path": str(SHARED / "shakespeare.txt")},
    "model": {"kind": "lstm", "embed": 32, "hidden": 64},
    "optim": {"kind": "adam", "clip": 5.0},
    "train": {"steps": 600, "batch": 32, "block": 32},
}
QUIET = {"eval_every": 0, "eval_batches": 50, "sample_every": 0, "checkpoint_every": 0, "threads": 1}


def told(base: dict[str, dict[str, object]], lr: float) -> list[Event]:
    """The events of a run at a constant `lr`."""
    sections = base | {"optim": {**base["optim"], "lr": lr}, "train": {**base["train"], **QUIET}}
    sections |= {"corpus": {"name": None, **base["corpus"]}}
    config = Config.model_validate(sections)
    place = make_workplace(config, make_dataset(config.corpus, load_text(config.corpus, SHARED)))
    return trained(Session(place.config, place.train, place.data.vocabulary, place.evaluation))


def final(events: list[Event]) -> float:
    (end,) = (event for event in events if isinstance(event, Finished))
    assert end.val_loss is not None
    return end.val_loss


@pytest.mark.skipif(not SHARED.exists(), reason="the real corpora are not here")
@pytest.mark.parametrize(("base", "good", "mad"), [(MLP, 0.1, 10.0), (LSTM, 5e-3, 0.5)], ids=["mlp-sgd", "lstm-adam"])
def test_a_rate_a_hundred_times_too_high_ends_near_a_good_one(
    base: dict[str, dict[str, object]], good: float, mad: float
) -> None:
    expected, events = told(base, good), told(base, mad)
    assert not any(isinstance(event, Diverged | RateChanged) for event in expected)
    assert 1 <= sum(isinstance(event, RateChanged) for event in events) <= 3
    assert final(events) < final(expected) + 0.1


def thrown_off(**train: object) -> Config:
    return small_config("mlp", "sgd", optim={"lr": 30.0, "momentum": 0.0, "clip": 0.0}, train={"steps": 200, **train})


def test_what_happens_is_told_in_its_order_and_before_the_next_step() -> None:
    events = [e for e in trained(small_session(thrown_off())) if not isinstance(e, Finished)]
    at = next(i for i, e in enumerate(events) if isinstance(e, Diverged))
    block, diverged, rewound, tested, cut, after = events[at - 1 : at + 5]
    assert isinstance(block, Stepped)
    assert isinstance(diverged, Diverged)
    assert (block.n, diverged.step, diverged.action) == (5, 5, "rollback")
    assert isinstance(rewound, Rewound)
    assert (rewound.step, rewound.to, rewound.cause) == (5, 0, "rollback")
    assert isinstance(tested, RangeTested)
    assert tested.suggestion is not None
    assert isinstance(cut, RateChanged)
    assert (cut.cause, cut.entry.kind) == ("rollback", "scale")
    assert cut.new == pytest.approx(0.5 * tested.suggestion, rel=0.05)
    assert cut.new < 15
    assert isinstance(after, Stepped)
    assert after.lr[0] == cut.new


def test_a_rescued_run_replays_and_resumes_to_the_bit() -> None:
    config = thrown_off(checkpoint_every=50)
    straight = small_session(config)
    due = next(due for due in checkpoints(straight) if due.snapshot.step == 50)
    replayed = small_session(config, replay=straight.live.progress.entries, automatic=False)
    trained(replayed)
    resumed = small_session(config)
    resumed.live.restore(due.snapshot)
    trained(resumed)
    assert replayed.live.sha256() == resumed.live.sha256() == straight.live.sha256()


def test_an_undone_rescue_is_made_again() -> None:
    straight, undone = small_session(thrown_off()), small_session(thrown_off())
    trained(straight)
    events = trained(undone, script("60:undo"))
    assert [(e.cause, e.to) for e in events if isinstance(e, Rewound)] == [
        ("rollback", 0),
        ("undo", 0),
        ("rollback", 0),
    ]
    assert undone.live.sha256() == straight.live.sha256()


def test_an_edit_that_was_too_much_is_dropped_and_the_rate_of_before_is_halved() -> None:
    config = override(thrown_off(), {"optim": {"lr": 0.05}})
    events = trained(small_session(config), script("100:scale=1000"))
    changes = [(e.step, e.cause, e.new) for e in events if isinstance(e, RateChanged)]
    assert changes == [(100, "script", 50.0), (100, "rollback", 0.025)]
    assert not any(isinstance(e, RangeTested) for e in events)


@pytest.mark.parametrize("lr", [30.0, 3e3, 3e5])
def test_three_cuts_do_for_any_rate(lr: float) -> None:
    config = override(thrown_off(), {"optim": {"lr": lr}})
    events = trained(small_session(config))
    rates = [event.new for event in events if isinstance(event, RateChanged)]
    assert 1 <= len(rates) <= 3
    assert all(b < a for a, b in pairwise([lr, *rates]))
    assert isinstance(events[-1], Finished)
