"""A look finds what is new, and never fails: not for a run that is torn, forbidden, deleted, replaced or dead."""

import math
import os
import shutil
import time
import tracemalloc
from pathlib import Path

import pytest

from lrtui.lr.ledger import Entry
from lrtui.messages import Rewound, Sampled, Stepped
from lrtui.runs.directory import RunDirectory, create_run
from lrtui.runs.events import EventLog
from lrtui.runs.lock import RunLock
from lrtui.runs.metrics import MetricsReader, MetricsWriter, joined
from lrtui.tui.state import RunView, opening, reduce
from lrtui.tui.watch import Watch
from tests.processes import Zygote, small_flags
from tests.runs.story import block, evaluated, finished, scaled, started, told_run


def looked(watch: Watch, view: RunView | None = None) -> RunView:
    return reduce(view or opening("otter"), watch.look())


def test_a_run_long_over_is_seen_whole(tmp_path: Path) -> None:
    view = looked(Watch(told_run(tmp_path)))
    assert (view.condition, view.step, view.total) == ("finished", 1000, 1000)
    assert view.config["model"]["layers"] == 2
    assert view.lr == 0.01
    assert view.grad_norm == 0.5
    assert view.train_loss == pytest.approx(2.0 + 2.0 * math.exp(-950 / 300), abs=0.01)
    assert view.val_loss == pytest.approx(2.1)
    assert [ghost.step[0] for ghost in view.numbers.ghosts] == [400]
    assert len(view.samples) == 1
    assert view.ending == ()


def test_each_look_finds_only_what_is_new(tmp_path: Path) -> None:
    run = create_run(tmp_path, "otter")
    with RunLock(run), EventLog(run) as log:
        watch = Watch(run)
        view = looked(watch)
        assert view.condition == "opening"
        log.append(started())
        with MetricsWriter(run, 0) as metrics:
            metrics.write(block(0))
            view = looked(watch, view)
            assert (view.condition, view.step) == ("training", 100)
            metrics.write(block(100))
            log.append(Sampled(step=200, prompt="", temperature=0.8, text="a"))
            seen = watch.look()
            assert (seen.step, seen.events, len(seen.samples)) == (200, (), 1)
            assert watch.look().history is seen.history
        log.append(finished(200))
        assert reduce(view, watch.look()).condition == "finished"


def test_an_undo_while_paused_shows_at_once_where_training_stands(tmp_path: Path) -> None:
    run = create_run(tmp_path, "otter")
    with RunLock(run), EventLog(run) as log:
        log.append(started())
        with MetricsWriter(run, 0) as metrics:
            metrics.write(block(0))
            metrics.write(block(100, lr=0.2))
        watch = Watch(run)
        looked(watch)
        log.append(Rewound(step=200, to=100, entries=0, cause="undo"))
        with MetricsWriter(run, 100):
            view = looked(watch)
        assert (view.step, view.lr, view.grad_norm) == (100, 0.1, None)
        assert view.train_loss == pytest.approx(2.0 + 2.0 * math.exp(-99 / 300), abs=0.01)
        assert len(view.numbers.ghosts) == 1


def test_what_a_screen_draws_does_not_change_under_it(tmp_path: Path) -> None:
    run = create_run(tmp_path, "otter")
    watch = Watch(run)
    with MetricsWriter(run, 0) as metrics:
        metrics.write(block(0))
        first = watch.look().numbers
        metrics.write(block(100))
        second = watch.look().numbers
    assert (first.branch.end, second.branch.end) == (100, 200)


def test_small_blocks_are_joined_and_nothing_else(tmp_path: Path) -> None:
    run = create_run(tmp_path, "otter")
    for start, steps in ((0, (0, 10, 20, 50)), (25, (25, 35))):  # a gap, and a branch
        with MetricsWriter(run, start) as metrics:
            for step in steps:
                metrics.write(block(step, 10))
    blocks = list(joined(MetricsReader(run).poll()))
    assert [(one.segment, one.step, len(one.loss)) for one in blocks] == [(0, 0, 30), (0, 50, 10), (1, 25, 20)]
    assert next(joined(MetricsReader(run).poll(), most=15)).loss == blocks[0].loss[:20]
    apart = [value for one in MetricsReader(run).poll() for value in one.loss]
    assert [value for one in blocks for value in one.loss] == apart


def test_torn_and_foreign_lines_are_told_once_and_left_out(tmp_path: Path) -> None:
    run = told_run(tmp_path)
    with run.events.open("ab") as events, run.metrics(1).open("ab") as metrics:
        events.write(b'{"event":"unheard of","step":1}\n\xff\xfe\n{"event":"warn')
        metrics.write(b'nonsense\n{"step":1000,"n":3,"loss":[1,2]}\n{"step":100')
    watch = Watch(run)
    view = looked(watch)
    assert (view.condition, view.step) == ("finished", 1000)
    assert sum("make no sense" in line.text for line in view.log) == 2
    assert looked(watch, view).log == view.log


@pytest.mark.parametrize("where", ["events.jsonl", "samples.jsonl", "metrics-000.jsonl", "config.toml", "worker.lock"])
@pytest.mark.parametrize("what", ["directory", "pipe", "device", "garbage", "endless link"])
def test_anything_in_the_place_of_a_file(tmp_path: Path, where: str, what: str) -> None:
    run = told_run(tmp_path)
    path = run.path / where
    path.unlink(missing_ok=True)
    if what == "directory":
        path.mkdir()
    elif what == "pipe":
        os.mkfifo(path)
    elif what == "device":
        path.symlink_to("/dev/zero")
    elif what == "garbage":
        path.write_bytes(bytes(range(256)) * 50)
    else:
        path.symlink_to(path)
    watch = Watch(run)
    view = looked(watch)
    assert looked(watch, view).log == view.log, "the same problem is not told again"


def test_an_old_segment_that_cannot_be_read_is_told_and_the_later_ones_are_shown(tmp_path: Path) -> None:
    run = told_run(tmp_path)
    run.metrics(0).unlink()
    run.metrics(0).mkdir()
    watch = Watch(run)
    view = looked(watch)
    assert (view.numbers.branch.step[0], view.numbers.branch.end) == (400, 1000)
    assert sum("metrics-000.jsonl: is a directory; its steps are left out" in line.text for line in view.log) == 1
    assert looked(watch, view).log == view.log


def test_a_run_that_is_deleted_and_another_in_its_place(tmp_path: Path) -> None:
    run = told_run(tmp_path)
    watch = Watch(run)
    view = looked(watch)
    shutil.move(run.path, tmp_path / "aside")
    view = looked(watch, view)
    assert (view.condition, view.step, view.log[-1].text) == ("deleted", 1000, "the run has been deleted")
    assert looked(watch, view).log == view.log
    again = create_run(tmp_path, "quiet-otter")
    with RunLock(again), EventLog(again) as log, MetricsWriter(again, 0) as metrics:
        log.append(started())
        metrics.write(block(0))
        view = looked(watch, view)
    assert (view.condition, view.step, view.numbers.ghosts) == ("training", 100, [])


def test_a_run_that_never_was(tmp_path: Path) -> None:
    view = looked(Watch(RunDirectory(tmp_path / "checkpoints" / "nobody")))
    assert (view.condition, view.ending) == ("deleted", ("the run has been deleted",))


def test_a_live_run_that_is_deleted(tmp_path: Path) -> None:
    run = create_run(tmp_path, "otter")
    with RunLock(run), EventLog(run) as log:
        log.append(started())
        watch = Watch(run)
        view = looked(watch)
        shutil.rmtree(run.path)
        view = looked(watch, view)
    assert (view.condition, view.ending) == ("deleted", ("the run has been deleted",))


def test_one_look_tells_of_a_killed_worker(zygote: Zygote, tmp_path: Path) -> None:
    flags = small_flags(train__steps=10**7, train__checkpoint_every=50)
    process = zygote.start("run", "--name", "victim", *flags, home=tmp_path)
    run = RunDirectory(tmp_path / "checkpoints" / "victim")
    process.wait_until(lambda: b"checkpoint_saved" in run.events.read_bytes() if run.events.exists() else False)
    watch = Watch(run)
    view = looked(watch)
    assert view.condition == "training"
    process.kill()
    process.wait()
    view = looked(watch, view)
    assert view.condition == "crashed"
    assert f"process {process.pid}" in view.ending[0]
    assert "R resumes from there" in view.ending[-1]
    assert view.log[-1].level == "error"


def long_run(home: Path, steps: int, size: int) -> RunDirectory:
    run = create_run(home, "long")
    with EventLog(run) as log:
        log.append(started(steps=steps))
        for step in range(0, steps, steps // 50):
            log.append(evaluated(step))
            log.append(scaled(step, 0.99))
    loss = [round(2.0 + 0.001 * (k % 97), 4) for k in range(size)]
    with MetricsWriter(run, 0) as metrics:
        for step in range(0, steps, size):
            metrics.write(Stepped(step=step, n=size, loss=list(loss), lr=[0.1] * size, grad_norm=list(loss)))
    return run


def test_a_long_run_is_seen_quickly_and_looked_at_again_for_almost_nothing(tmp_path: Path) -> None:
    watch = Watch(long_run(tmp_path, 200_000, 500))
    before = time.process_time()
    view = looked(watch)
    first = time.process_time() - before
    assert view.step == 200_000
    assert len(view.numbers.branch.step) <= 4096
    assert first < 1.0, "200,000 steps; a million in a second is the goal on an idle machine"
    before = time.process_time()
    for _ in range(10):
        view = looked(watch, view)
    assert (time.process_time() - before) / 10 < min(first / 5, 0.02)


def test_the_memory_of_a_look_does_not_grow_with_the_steps(tmp_path: Path) -> None:
    run = create_run(tmp_path, "long")
    loss: list[float | None] = [2.0] * 10_000  # a short line on the disk: reading it costs the test no time
    with MetricsWriter(run, 0) as metrics:
        for step in range(0, 1_000_000, 10_000):
            metrics.write(Stepped(step=step, n=10_000, loss=loss, lr=[0.1] * 10_000, grad_norm=loss))
    watch = Watch(run)
    tracemalloc.start()
    try:
        assert watch.look().step == 1_000_000
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4e6, "three columns of a million steps are 24 MB"


def test_an_entry_that_cannot_be_is_no_error(tmp_path: Path) -> None:
    run = create_run(tmp_path, "otter")
    with EventLog(run) as log:
        log.append(started())
        for step in (500, 100):
            log.append(scaled(step))
        entry = Entry(step=5, kind="cooldown", steps=-7, shape="bent")
        log.append(scaled(5).__class__(step=5, entry=entry, old=0.1, new=0.1, cause="user"))
    assert looked(Watch(run)).condition == "crashed"
