"""Speed, ETA, loss and end of a run, folded from its events."""

import math

import pytest

from lrtui.console.progress import Progress
from lrtui.lr.ledger import Entry
from lrtui.messages import (
    RateChanged,
    Rewound,
    RunResumed,
    Stepped,
)
from tests.runs.story import block, started


def test_progress_knows_speed_and_eta() -> None:
    progress = Progress()
    progress.update(started(), 0.0)
    assert progress.eta is None
    for second in range(1, 5):
        progress.update(block((second - 1) * 50, 50, lr=0.1 / second), float(second))
    assert (progress.step, progress.total, progress.speed) == (200, 1000, 50.0)
    assert progress.eta == 16.0
    assert progress.lr == 0.025
    assert progress.loss == pytest.approx(3.2, abs=0.2)


def test_progress_forgets_a_slow_past() -> None:
    progress = Progress()
    progress.update(started(), 0.0)
    progress.update(block(0, 10), 100.0)
    for second in range(1, 31):
        progress.update(block(second * 10, 10), 100.0 + second)
    assert progress.speed == pytest.approx(10.0)


def test_progress_goes_back_and_its_end_moves() -> None:
    progress = Progress()
    extension = Entry(step=100, kind="extend", steps=500, shape="keep")
    cool = Entry(step=300, kind="cooldown", steps=50, shape="linear")
    progress.update(started(), 0.0)
    for entry, total in ((extension, 1500), (cool, 350)):
        progress.update(RateChanged(step=entry.step, entry=entry, old=1.0, new=1.0, cause="user"), 1.0)
        assert progress.total == total
    progress.update(Rewound(step=320, to=300, entries=1, cause="undo"), 2.0)
    assert (progress.step, progress.total) == (300, 1500)
    resumed = RunResumed(step=300, run="otter", badge="exact", steps=1500, entries=1, fingerprint={})
    progress.update(resumed, 3.0)
    assert (progress.step, progress.total) == (300, 1500)


def test_a_loss_that_is_no_number_shows_at_once_and_recovers() -> None:
    progress = Progress()
    progress.update(block(0), 1.0)
    progress.update(Stepped(step=100, n=2, loss=[2.0, None], lr=[0.1], grad_norm=[None]), 2.0)
    assert progress.loss is not None
    assert math.isnan(progress.loss)
    progress.update(block(0), 3.0)
    assert math.isfinite(progress.loss)
