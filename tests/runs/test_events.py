"""The log keeps every event, in order, and its reader survives whatever else is in the file."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lrtui.messages import Event, Sampled, encode
from lrtui.runs.directory import RunDirectory, create_run
from lrtui.runs.events import EventLog, EventReader, SampleLine, read_samples
from tests.runs.story import block, evaluated, finished, scaled, started


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    return create_run(tmp_path, "otter")


def test_events_come_back_equal_and_in_order(run: RunDirectory) -> None:
    events: list[Event] = [started(), evaluated(100, None), scaled(200), finished()]
    with EventLog(run) as log:
        for event in events:
            log.append(event)
    assert list(EventReader(run.events).poll()) == events


def test_an_event_is_on_the_disk_when_append_returns(run: RunDirectory, monkeypatch: pytest.MonkeyPatch) -> None:
    synced = []
    monkeypatch.setattr("lrtui.runs.lines.os.fsync", lambda handle: synced.append(run.events.read_bytes()))
    with EventLog(run) as log:
        synced.clear()
        log.append(evaluated(7))
    assert synced == [encode(evaluated(7)) + b"\n"]


def test_samples_have_a_file_of_their_own_in_the_documented_form(run: RunDirectory) -> None:
    with EventLog(run) as log:
        log.append(Sampled(step=5, prompt="a", temperature=0.8, text="line\nbreak \x1b"))
        log.append(evaluated(5))
    assert list(EventReader(run.events).poll()) == [evaluated(5)]
    text = run.samples.read_text()
    assert text == '{"step":5,"lane":0,"prompt":"a","temperature":0.8,"text":"line\\nbreak \\u001b"}\n'
    assert read_samples(run) == [SampleLine(5, 0, "a", 0.8, "line\nbreak \x1b")]


def test_steps_are_refused(run: RunDirectory) -> None:
    with EventLog(run) as log, pytest.raises(AssertionError):
        log.append(block(0))


garbage = st.one_of(
    st.binary(max_size=60),
    st.sampled_from(
        [
            b"null",
            b"[" * 20_000,
            b'{"event":"finished"}',
            b'{"event":"nonsense","step":1}',
            b'{"event":"evaluated","step":"1","train_loss":1,"val_loss":1}',
            b'{"event":"evaluated","step":1e999,"train_loss":1,"val_loss":1}',
            b'{"event":"warned","step":1,"message":"\xff\xfe"}',
            b'{"event":"rate_changed","step":1,"entry":{"step":1,"kind":"explode"},"old":1,"new":1,"cause":"user"}',
            b"\0\0\0\0",
        ]
    ),
)


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=st.lists(st.one_of(st.integers(0, 10**6), garbage), max_size=12), tail=garbage)
def test_garbage_between_events_is_counted_and_skipped(
    run: RunDirectory, pieces: list[int | bytes], tail: bytes
) -> None:
    whole = [encode(evaluated(piece)) if isinstance(piece, int) else piece for piece in pieces]
    run.events.write_bytes(b"".join(line + b"\n" for line in whole) + tail.replace(b"\n", b" "))
    reader = EventReader(run.events)
    assert [event.step for event in reader.poll()] == [piece for piece in pieces if isinstance(piece, int)]
    lines = [line for piece in pieces if isinstance(piece, bytes) for line in piece.split(b"\n") if line]
    assert reader.skipped == len(lines)


def test_garbage_among_samples_is_skipped(run: RunDirectory) -> None:
    run.samples.write_bytes(b'nonsense\n{"step":1,"lane":0,"prompt":"","temperature":1,"text":"x"}\n{"step":')
    assert [sample.text for sample in read_samples(run)] == ["x"]


def test_a_reader_follows_a_log(run: RunDirectory) -> None:
    reader = EventReader(run.events)
    with EventLog(run) as log:
        assert list(reader.poll()) == []
        log.append(started())
        assert list(reader.poll()) == [started()]
        log.append(evaluated(3))
        assert list(reader.poll()) == [evaluated(3)]
