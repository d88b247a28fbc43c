"""Every step comes back as it was measured, small on disk, with ghosts where branches were left behind."""

import math
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lrtui.errors import DiskError
from lrtui.messages import Stepped
from lrtui.runs.directory import RunDirectory, create_run
from lrtui.runs.lines import LineWriter
from lrtui.runs.metrics import MetricsReader, MetricsWriter, Series, last_block, read_metrics
from tests.runs.story import block


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    return create_run(tmp_path, "otter")


def write(run: RunDirectory, start: int, *blocks: Stepped) -> None:
    with MetricsWriter(run, start) as writer:
        for one in blocks:
            writer.write(one)


def test_the_documented_form(run: RunDirectory) -> None:
    columns = Stepped(step=5, n=2, loss=[1.23456789, None], lr=[0.1, 0.1], grad_norm=[None, None])
    write(run, 5, columns)
    header, line = run.metrics(0).read_text().splitlines()
    assert f'"start_step":5,"host":"{os.uname().nodename}","pid":{os.getpid()}' in header
    assert line == '{"step":5,"n":2,"loss":[1.23457,null],"lr":[0.1],"grad_norm":[null]}'


numbers = st.one_of(st.none(), st.floats(width=64), st.sampled_from([math.nan, math.inf, -math.inf, 0.0, 1e-300]))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(numbers, st.floats(0, 1e3), numbers), min_size=1, max_size=6))
def test_what_was_measured_comes_back(run: RunDirectory, rows: list[tuple[float | None, float, float | None]]) -> None:
    loss, lr, norm = (list(column) for column in zip(*rows, strict=True))
    segment = max(run.segments(), default=-1) + 1
    write(run, 3, Stepped(step=3, n=len(rows), loss=loss, lr=lr, grad_norm=norm))  # type: ignore[arg-type]
    assert run.segments()[-1] == segment
    read = read_metrics(run)
    assert list(read.step) == list(range(3, 3 + len(rows)))
    assert list(read.lr) == lr, "the rate logged is the rate used, to the last bit"
    for wrote, got in [*zip(loss, read.loss, strict=True), *zip(norm, read.grad_norm, strict=True)]:
        if wrote is None or not math.isfinite(wrote):
            assert math.isnan(got)
        else:
            assert got == pytest.approx(wrote, rel=5e-6, abs=1e-320)


def test_an_earlier_segment_becomes_a_ghost(run: RunDirectory) -> None:
    write(run, 0, block(0), block(100))
    write(run, 150, block(150, 20, lr=0.01))
    write(run, 150, block(150, 100, lr=0.02))
    write(run, 250, block(250, 10))
    series = read_metrics(run)
    assert list(series.step) == list(range(260))
    assert series.lr[149:151].tolist() == [0.1, 0.02]
    assert [(ghost.step[0], ghost.step[-1], ghost.lr[0]) for ghost in series.ghosts] == [
        (150, 199, 0.1),
        (150, 169, 0.01),
    ]


def test_a_rewind_shows_before_its_first_step(run: RunDirectory) -> None:
    reader, series = MetricsReader(run), Series()
    write(run, 0, block(0))
    for one in reader.poll():
        series.add(one)
    assert len(series.step) == 100
    writer = MetricsWriter(run, 40)
    for one in reader.poll():
        series.add(one)
    assert len(series.step) == 40
    assert len(series.ghosts[0].step) == 60
    writer.write(block(40, 5))
    writer.close()
    assert [(one.segment, one.step, len(one.loss)) for one in reader.poll()] == [(1, 40, 5)]
    assert list(reader.poll()) == []


def test_steps_a_full_disk_refused_are_a_gap(run: RunDirectory, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: LineWriter, line: bytes) -> None:
        raise DiskError("cannot write: no space left on device")

    with MetricsWriter(run, 0) as writer:
        writer.write(block(0))
        with monkeypatch.context() as patch:
            patch.setattr(LineWriter, "append", full)
            with pytest.raises(DiskError):
                writer.write(block(100))
        writer.write(block(200))
    series = read_metrics(run)
    assert list(series.step) == [*range(100), *range(200, 300)]
    assert series.ghosts == []


def test_a_segment_without_room_for_its_header_is_not_left_behind(
    run: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: LineWriter, line: bytes) -> None:
        raise DiskError("cannot write: no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(LineWriter, "append", full)
        with pytest.raises(DiskError):
            MetricsWriter(run, 0)
    assert run.segments() == []
    MetricsWriter(run, 0).close()
    assert run.segments() == [0]


def test_a_segment_that_cannot_be_read_hides_no_other(run: RunDirectory) -> None:
    for start in (0, 100, 200):
        write(run, start, block(start))
    unreadable(run, 1)
    series = read_metrics(run)
    assert list(series.step) == [*range(100), *range(200, 300)]
    assert [f"cannot read {run.metrics(1)}: is a directory; its steps are left out"] == series.problems
    reader = MetricsReader(run)
    assert [one.segment for one in reader.poll()] == [0, 0, 2, 2]
    assert list(reader.poll()) == []
    assert list(reader.lost) == [1]


def test_the_newest_segment_is_tried_again(run: RunDirectory) -> None:
    write(run, 0, block(0))
    write(run, 100, block(100))
    aside = unreadable(run, 1)
    reader = MetricsReader(run)
    assert [one.segment for one in reader.poll()] == [0, 0]
    assert list(reader.lost) == [1]
    run.metrics(1).rmdir()
    aside.rename(run.metrics(1))
    assert [one.segment for one in reader.poll()] == [1, 1]
    assert reader.lost == {}


def test_where_no_segment_can_be_read_nothing_is_shown_for_all(run: RunDirectory) -> None:
    assert read_metrics(run).problems == []
    write(run, 0, block(0))
    unreadable(run, 0)
    with pytest.raises(DiskError, match="is a directory"):
        read_metrics(run)


def test_a_damaged_header_costs_no_steps(run: RunDirectory) -> None:
    write(run, 0, block(0), block(100))
    write(run, 150, block(150), block(250))
    data = bytearray(run.metrics(1).read_bytes())
    data[:5] = b"\0\xff{}["
    run.metrics(1).write_bytes(data)
    series = read_metrics(run)
    assert list(series.step) == list(range(350))
    assert len(series.ghosts[0].step) == 50


def unreadable(run: RunDirectory, segment: int) -> Path:
    """Puts a folder in the place of a segment, which goes aside."""
    aside = run.path / "aside"
    run.metrics(segment).rename(aside)
    run.metrics(segment).mkdir()
    return aside


garbage = st.one_of(
    st.binary(max_size=50).map(lambda line: line.replace(b"\n", b"")),
    st.sampled_from(
        [
            b'{"step":0,"n":1000000000000,"loss":[1],"lr":[1],"grad_norm":[1]}',
            b'{"step":0,"n":3,"loss":[1,2],"lr":[1],"grad_norm":[1]}',
            b'{"step":-5,"n":1,"loss":[1],"lr":[1],"grad_norm":[1]}',
            b'{"step":99999999999999999999999,"n":1,"loss":[1],"lr":[1],"grad_norm":[1]}',
            b'{"step":7,"n":0,"loss":[],"lr":[],"grad_norm":[]}',
            b'{"step":7,"n":1,"loss":[NaN],"lr":[1],"grad_norm":[1]}',
            b'{"step":7,"n":1,"loss":["1"],"lr":[1],"grad_norm":[1]}',
            b"{" * 10_000,
            b"\0" * 64,
        ]
    ),
)


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=st.lists(st.one_of(st.just("block"), garbage), max_size=8), tail=garbage)
def test_garbage_between_blocks_is_counted_and_skipped(
    run: RunDirectory, pieces: list[str | bytes], tail: bytes
) -> None:
    content = [b'{"start_step":0,"host":"h","pid":1,"columns":["loss"]}']
    good = 0
    for piece in pieces:
        if isinstance(piece, bytes):
            content.append(piece)
        else:
            content.append(b'{"step":%d,"n":1,"loss":[1.5],"lr":[1],"grad_norm":[1]}' % good)
            good += 1
    run.metrics(0).write_bytes(b"".join(line + b"\n" for line in content) + tail)
    reader, series = MetricsReader(run), Series()
    for one in reader.poll():
        series.add(one)
    assert list(series.step) == list(range(good))
    assert reader.skipped == sum(1 for piece in pieces if isinstance(piece, bytes) and piece)


def test_the_last_block(run: RunDirectory) -> None:
    assert last_block(run) is None
    write(run, 0, *(block(step) for step in range(0, 5000, 100)))
    last = last_block(run)
    assert last is not None
    assert (last.step, len(last.loss)) == (4900, 100)
    with run.metrics(0).open("ab") as file:
        file.write(b'nonsense\n{"step":9')
    assert last_block(run) == last
    for _ in range(2):
        MetricsWriter(run, 5000).close()  # nothing was left to train
        assert last_block(run) == last
    MetricsWriter(run, 4000).close()
    for _ in range(2):
        last = last_block(run)
        assert last is not None
        assert (last.step, len(last.loss)) == (4000, 0)
        MetricsWriter(run, 4000).close()


def test_a_step_costs_at_most_50_bytes(run: RunDirectory) -> None:
    rng = random.Random(0)
    with MetricsWriter(run, 0) as writer:
        for step in range(0, 20_000, 50):
            loss: list[float | None] = [rng.uniform(1, 4) for _ in range(50)]
            lr = [0.1 * 0.5 * (1 + math.cos(math.pi * (step + k) / 20_000)) for k in range(50)]
            writer.write(Stepped(step=step, n=50, loss=loss, lr=lr, grad_norm=loss))
    assert run.metrics(0).stat().st_size <= 50 * 20_000


_WRITE_FOR_EVER = """
import sys
from pathlib import Path
from lrtui.messages import Stepped
from lrtui.runs.directory import RunDirectory
from lrtui.runs.metrics import MetricsWriter
start = int(sys.argv[2])
writer = MetricsWriter(RunDirectory(Path(sys.argv[1])), start)
for step in range(start, 10**9, 100):
    writer.write(Stepped(step=step, n=100, loss=[step + k for k in range(100)], lr=[0.5] * 100, grad_norm=[1.0] * 100))
    if step == start + 1000: print(flush=True)
"""


def test_a_run_killed_again_and_again_is_read_without_a_gap(run: RunDirectory) -> None:
    start = 0
    for attempt in range(4):
        command = [sys.executable, "-c", _WRITE_FOR_EVER, str(run.path), str(start)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            process.send_signal(signal.SIGKILL)
        reader, series = MetricsReader(run), Series()
        for one in reader.poll():
            series.add(one)
        assert reader.skipped == 0
        assert len(series.ghosts) == attempt
        assert list(series.step) == list(range(len(series.step)))
        assert len(series.step) >= start + 1000
        assert all(abs(loss - step) <= 1e-5 * step for step, loss in zip(series.step, series.loss, strict=True))
        start = len(series.step) - 500
