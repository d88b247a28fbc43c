"""What the process that talks to Ray tells, as the sweep hears it; without Ray."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lrtui.cluster.ray_cluster import RayCluster
from lrtui.cluster.wire import Done, Evaluate, Joined, Reply, Setup
from lrtui.messages import LanesStepped, Warned
from lrtui.worker.sweep_begin import SweepOptions, begin_sweep
from tests.small import small_config

SETUP = Setup("{}", "")


class Scripted:
    """The process: it says these frames, whatever it hears."""

    frames: Iterator[Any] = iter(())

    def __init__(self, *_: object) -> None:
        pass

    def send(self, message: Any) -> None:
        pass

    def receive(self, kind: type[Any]) -> Any:
        frame = next(self.frames)
        assert isinstance(frame, kind)
        return frame

    def close(self) -> None:
        pass


def test_news_come_before_the_answer_that_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = Reply(1, Done(losses=[1.0])), Reply(0, news="all is well"), Reply(0, Done(losses=[0.0]))
    Scripted.frames = iter([Joined(cpus=2), Done(), Reply(0, news="it waits"), *answers])
    monkeypatch.setattr("lrtui.cluster.ray_cluster.FrameProcess", Scripted)
    cluster = RayCluster("", 2, 0)
    try:
        first, second = cluster.hire(SETUP, 2, 1, 0)
        first.post(Evaluate(0))
        assert not first.ready()
        assert first.news() == ["it waits"]
        assert not first.ready(), "an answer, and not to what is waited for"
        assert second.ready()
        assert second.take().losses == [1.0]
        assert first.take().losses == [0.0]
        assert first.news() == ["all is well"]
        assert second.news() == [], "each is told once"
    finally:
        cluster.close()


class Herald:
    """A pool whose packs are ready when it has told why they are not."""

    def __init__(self) -> None:
        self.untold: list[str] = []
        self.told = False

    def ready(self) -> bool:
        if not self.told:
            self.untold.append("it waits")
        return self.told

    def news(self) -> list[str]:
        self.told = self.told or bool(self.untold)
        untold, self.untold = self.untold, []
        return untold

    def close(self) -> None:
        pass


def test_a_sweep_says_why_it_waits_while_it_does(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    config = small_config("bigram", corpus={"name": "sums"}, train={"steps": 20, "threads": 1, "device": "cpu"})
    host = begin_sweep(config, tmp_path, SweepOptions(rates=[0.01, 0.1]), "s")
    herald = Herald()
    monkeypatch.setattr(host, "pool", herald)
    monkeypatch.setattr(host.sweep.field.packs[0], "ready", herald.ready)
    events = list(host.events())
    kinds = [type(event) for event in events]
    assert kinds.index(Warned) < kinds.index(LanesStepped)
    assert [event.message for event in events if isinstance(event, Warned)] == ["it waits"]
