"""A run told again from its files: the same events in the same order as when they happened."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from lrtui.messages import Event, Finished, Rewound, RunResumed, Sampled, Stepped, Stopped
from lrtui.runs.directory import RunDirectory, create_run
from lrtui.runs.events import EventLog
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
            if isinstance(event, Stepped):
                assert self.metrics is not None
                self.metrics.write(event)
                continue
            if event is events[0] or isinstance(event, RunResumed):
                self.segment(event.step)
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
    teller.segment(0)

    def go_on(seconds: float) -> None:
        event = next(rest, None)
        if event is None:
            lock.release()
        elif isinstance(event, RunResumed):
            teller.segment(event.step)
            teller.log.append(event)
        else:
            teller.tell([block(0), event][1:] if isinstance(event, Stepped) else [event])

    try:
        told = list(follow(run, go_on))
    finally:
        lock.release()
        teller.close()
    assert list(map(_place, told)) == list(map(_place, events))


def test_steps_written_between_two_readings_wait_for_what_came_before_them(tmp_path: Path) -> None:
    run = create_run(tmp_path, "otter")
    teller = Teller(run)
    teller.tell([started(), block(0)])

    def rest() -> Iterator[Event]:
        """What is written while the log is read."""
        with RunLock(run):
            seen = follow(run, lambda seconds: None)
            yield next(seen)
            teller.tell([])
            teller.log.append(evaluated(100))
            assert teller.metrics
            teller.metrics.write(block(100))
            yield next(seen)
            yield next(seen)
            yield next(seen)

    assert list(map(_place, rest())) == list(map(_place, [started(), block(0), evaluated(100), block(100)]))
    teller.close()


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
