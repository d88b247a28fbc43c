"""What another worker is asked to do again makes the packs that were lost."""

import importlib.util

import pytest

from lrtui.cluster.journal import Journal
from lrtui.cluster.ray_cluster import ray_address
from lrtui.cluster.wire import Capture, Done, Evaluate, Frame, Keep, Make, Restore, Steer, Train, encoded, job_of
from lrtui.errors import UsageError
from lrtui.lr.ledger import Rate
from lrtui.lr.schedule import Schedule

RATES = [Rate.of(Schedule(base=lr, steps=100)) for lr in (1e-3, 1e-2, 1e-1)]


def test_a_pack_is_made_as_it_was_at_its_last_known_state_and_trained_on() -> None:
    journal = Journal()
    made: list[Frame] = [Make(0, 7, [0, 1, 2], RATES), Train(0, 0, 10), Keep(0, [0, 2]), Steer(0, 1, RATES[1])]
    for job in (*made, Evaluate(0)):
        journal.note(job, Done(), 4.0)
    assert journal.jobs() == made
    assert journal.unsaved(0) == 12.0
    journal.note(Capture(0), Done(tensors=b"state", updates=10))
    assert journal.unsaved(0) == 0.0
    journal.note(Train(0, 10, 20), Done())
    known = [Make(0, 7, [0, 2], [RATES[0], RATES[1]]), Restore(0, b"state", 10), Train(0, 10, 20)]
    assert journal.jobs() == known
    journal.note(Make(1, 8, [1], RATES[:1]), Done())
    journal.note(Restore(1, b"other", 5), Done())
    assert journal.jobs() == [*known, Make(1, 8, [1], RATES[:1]), Restore(1, b"other", 5)]
    assert [job_of(encoded(job)) for job in journal.jobs()] == journal.jobs()
    journal.note(Keep(0, []), Done())
    assert {job.pack for job in journal.jobs()} == {1}  # type: ignore[union-attr]


def test_an_engine_is_named_or_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    there: object = object()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: there)
    assert [ray_address(name) for name in ("local", "ray", "ray:box:6379")] == [None, "", "box:6379"]
    for wrong in ("", "ray:", "dask", "local:1"):
        with pytest.raises(UsageError, match="there is no engine"):
            ray_address(wrong)
    there = None
    with pytest.raises(UsageError) as refused:
        ray_address("ray")
    assert "pip install 'lrtui[ray]'" in refused.value.sentence
