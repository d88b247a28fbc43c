"""A run told again from its files: the same events in the same order as when they happened."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from lrtui.messages import Event, Finished, Rewound, RunResumed, RunStarted, Sampled, Stepped, Stopped
from lrtui.runs.directory import RunDirectory, create_run
from lrtui.runs.events import EventLog, EventReader
from lrtui.runs.follow import follow
from lrtui.runs.lock import RunLock
from lrtui.runs.metrics import MetricsWriter
from tests.runs.story import block, evaluated, finished, scaled, started


def sampled(step: int) -> Sampled:
    return Sampled(step=step, prompt="", temperature=1.0, text=f"at {step}")


def resumed(step: int) -> RunResumed:
    return RunResumed(step=step, run="otter", badge="exact", steps=1000, entries=0, fingerprint={})


def back(step: int, to: int, cause: str = "rollback") -> Rewound:
    return Rewound(step=step, to=to, entries=0, cause=cause)


class Teller:
    """Writes events where a worker would: a new segment where one begins, and after each that goes back."""

    def __init__(self, run: RunDirectory) -> None:
        self.run = run
        self.log = EventLog(run)
        self.metrics: MetricsWriter | None = None

    def tell(self, events: Sequence[Event]) -> None:
        for event in events:
            if isinstance(event, RunStarted | RunResumed):
                self.segment(event.step)
            if isinstance(event, Stepped):
                assert self.metrics is not None
                self.metrics.write(event)
                continue
            self.log.append(event)
            if isinstance(event, Rewound):
                self.segment(event.to)

    def segment(self, step: int) -> None:
        if self.metrics:
            self.metrics.close()
        self.metrics = MetricsWriter(self.run, step)

    def close(self) -> None:
        self.log.close()
        if self.metrics:
            self.metrics.close()


def steered() -> list[Event]:
    return [
        started(),
        block(0),
        evaluated(100),
        sampled(100),
        block(100, 50),
        scaled(150),
        block(150, 50, lr=0.01),
        evaluated(200),
        sampled(200),
        block(200, 50, lr=0.01),
        back(250, 100),
        block(100),
        evaluated(200),
        sampled(200),
        block(200),
    ]


def twice_back() -> list[Event]:
    return [*steered(), back(300, 100), block(100), evaluated(200), sampled(200), block(200, 20), sampled(220)]


def went_on() -> list[Event]:
    """Killed at 300, resumed at 200; then from 100."""
    again = [resumed(200), block(200), evaluated(300), sampled(300)]
    return [*steered(), *again, back(300, 100, "resume"), resumed(100), block(100), evaluated(200), finished(200)]


@pytest.mark.parametrize("story", [steered, twice_back, went_on])
def test_a_run_is_told_in_the_order_in_which_it_happened(tmp_path: Path, story: type) -> None:
    run, events = create_run(tmp_path, "otter"), story()
    teller = Teller(run)
    teller.tell(events)
    teller.close()
    assert list(map(_place, follow(run))) == list(map(_place, events))


@pytest.mark.parametrize("story", [steered, twice_back, went_on])
def test_a_run_followed_while_it_trains_is_told_in_the_same_order(tmp_path: Path, story: type) -> None:
    run, events = create_run(tmp_path, "otter"), story()
    teller, rest = Teller(run), iter(events)
    lock = RunLock(run).acquire()

    def go_on(seconds: float) -> None:
        event = next(rest, None)
        if event is None:
            lock.release()
        else:
            teller.tell([event])

    try:
        told = list(follow(run, go_on))
    finally:
        lock.release()
        teller.close()
    assert list(map(_place, told)) == list(map(_place, events))


def test_what_is_written_while_the_log_is_read_waits_for_the_event_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = create_run(tmp_path, "otter")
    teller, lock = Teller(run), RunLock(run).acquire()
    teller.tell([started(), block(0)])
    late: list[Event] = [evaluated(100), sampled(100), block(100)]

    class Busy(EventReader):
        def poll(self) -> Iterator[Event]:
            yield from list(super().poll())
            for event in late:
                assert teller.metrics
                teller.metrics.write(event) if isinstance(event, Stepped) else teller.log.append(event)
            late.clear()

    monkeypatch.setattr("lrtui.runs.follow.EventReader", Busy)
    told = list(follow(run, lambda seconds: lock.release()))
    teller.close()
    expected = [started(), block(0), evaluated(100), sampled(100), block(100)]
    assert list(map(_place, told)) == list(map(_place, expected))


def test_an_end_is_told_last_and_only_the_one_that_stands(tmp_path: Path) -> None:
    run = create_run(tmp_path, "otter")
    teller = Teller(run)
    stop = Stopped(step=100, cause="stop", state_sha256="", resume="")
    teller.tell([started(), block(0), stop, resumed(100), block(100), sampled(200), finished(200)])
    teller.close()
    told = list(follow(run))
    assert isinstance(told[-1], Finished)
    assert stop not in told


def _place(event: Event) -> tuple[str, int]:
    return type(event).__name__, event.step
