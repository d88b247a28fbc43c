"""A run in bounded memory: what the buckets say is exactly what the steps were, whatever the blocks."""

import math
import time
from array import array

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrtui.runs.metrics import Block, Series
from lrtui.tui import buckets
from lrtui.tui.buckets import CAPACITY, GHOSTS, HEAD, Buckets, Numbers


def block(step: int, loss: list[float], lr: float = 0.1) -> Block:
    values = array("d", loss)
    return Block(0, step, values, array("d", [lr]) * len(loss), values)


def folded(blocks: list[Block]) -> Numbers:
    numbers = Numbers()
    for one in blocks:
        numbers.add(one)
    return numbers


def finite(value: float) -> bool:
    return abs(value) < 1e100


losses = st.floats(-10, 10) | st.sampled_from([math.nan, math.inf, -math.inf, 1e200, 1.7e308])


@st.composite
def stories(draw: st.DrawFn) -> list[Block]:
    """Blocks as writers make them: in order, sometimes after a gap, sometimes back at an earlier step."""
    found, at = [], draw(st.integers(0, 5))
    for _ in range(draw(st.integers(0, 30))):
        turn = draw(st.sampled_from(["on", "on", "on", "on", "gap", "back"]))
        if turn == "gap":
            at += draw(st.integers(1, 9))
        if turn == "back":
            at = draw(st.integers(0, at))
            found.append(block(at, []))
        size = draw(st.integers(1, 25))
        values = draw(st.lists(losses, min_size=size, max_size=size)) if draw(st.booleans()) else [float(at)] * size
        found.append(block(at, values, lr=draw(st.floats(1e-6, 1))))
        at += size
    return found


def check(branch: Buckets, series: Series) -> None:
    """The branch is told exactly by its buckets, every step in one of them."""
    columns = (branch.step, branch.last, branch.count, branch.low, branch.high, branch.mean, branch.lr)
    assert len({len(column) for column in columns}) == 1
    index = 0
    for step, last, count, low, high, mean, lr in zip(*columns, strict=True):
        begin = index
        while index < len(series.step) and series.step[index] <= last:
            index += 1
        assert (series.step[begin], series.step[index - 1]) == (step, last)
        known = [value for value in series.loss[begin:index] if finite(value)]
        assert count == len(known)
        assert index - begin <= branch.stride
        if known:
            assert (low, high) == (min(known), max(known))
            assert mean == pytest.approx(sum(known) / len(known), abs=1e-9)
        else:
            assert all(math.isnan(value) for value in (low, high, mean))
        assert lr == series.lr[index - 1]
    assert index == len(series.step)


def lose(series: Series, branch: Buckets, step: int) -> None:
    """What a step back to `step` takes away besides what it supersedes: the beginning of the bucket it falls into."""
    inside = [first for first, last in zip(branch.step, branch.last, strict=True) if first < step <= last]
    for first in inside:
        kept = [index for index, at in enumerate(series.step) if not first <= at < step]
        assert len(series.step) - len(kept) < branch.stride
        for name in ("step", "loss", "lr", "grad_norm"):
            column = getattr(series, name)
            setattr(series, name, array(column.typecode, [column[index] for index in kept]))


def first_stretches(series: Series) -> list[int]:
    bad = [step for step, loss in zip(series.step, series.loss, strict=True) if not finite(loss)]
    return [step for step in bad if step - 1 not in bad]


@settings(max_examples=150, deadline=None)
@given(blocks=stories(), capacity=st.sampled_from([2, 4, 8, 64]))
def test_buckets_tell_exactly_what_the_steps_were(blocks: list[Block], capacity: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(buckets, "CAPACITY", capacity)
        numbers, series, cuts, widest = Numbers(), Series(), 0, 1
        for one in blocks:
            if series.step and one.step <= series.step[-1]:
                cuts += 1
                lose(series, numbers.branch, one.step)
            numbers.add(one)
            series.add(one)
            widest = max(widest, numbers.branch.stride)
            assert len(numbers.branch.step) <= capacity
        check(numbers.branch, series)
        assert len(numbers.ghosts) == min(cuts, GHOSTS)
        if widest == 1:
            assert list(numbers.branch.stumbles) == first_stretches(series)
            for ghost, left in zip(numbers.ghosts, series.ghosts[-GHOSTS:], strict=True):
                check(ghost, left)


def test_the_way_a_run_is_cut_into_blocks_changes_nothing() -> None:
    values = [math.sin(step) + (math.nan if step % 997 == 0 else 0) for step in range(20_000)]
    large = folded([block(0, values)])
    small = folded([block(step, values[step : step + 7]) for step in range(0, 20_000, 7)])
    assert large.branch.stride == small.branch.stride == 8
    for name in ("step", "last", "count", "low", "high", "lr", "stumbles"):
        assert getattr(large.branch, name) == getattr(small.branch, name), name
    assert list(large.branch.mean) == pytest.approx(list(small.branch.mean), nan_ok=True)


def test_a_step_back_leaves_a_ghost_and_training_goes_on_from_there() -> None:
    numbers = folded([block(0, [1.0] * 10), block(10, [5.0, math.nan, 6.0]), block(11, []), block(11, [2.0] * 4)])
    assert list(numbers.branch.step) == list(range(15))
    assert list(numbers.branch.mean[10:]) == [5.0, 2.0, 2.0, 2.0, 2.0]
    assert not numbers.branch.stumbles
    (ghost,) = numbers.ghosts
    assert list(ghost.step) == [11, 12]
    assert list(ghost.stumbles) == [11]
    assert ghost.mean[1] == 6.0


def test_a_step_back_inside_a_bucket_takes_all_of_it_away() -> None:
    numbers = folded([block(0, [1.0] * (2 * CAPACITY + 1)), block(101, [9.0])])
    assert numbers.branch.stride == 4
    assert list(numbers.branch.step[-2:]) == [96, 101], "100 was in the bucket of 103, whose loss was superseded"
    assert (numbers.branch.low[-1], numbers.branch.high[-2]) == (9.0, 1.0)
    assert numbers.ghosts[0].step[0] == 100


def test_the_first_steps_stay_single_however_long_the_run_is() -> None:
    numbers = folded([block(at, [float(step) for step in range(at, at + 1000)], 0.5) for at in range(0, 60_000, 1000)])
    shot, whole = numbers.snapshot(), numbers.branch.with_head()
    assert list(whole.step[:HEAD]) == list(whole.last[:HEAD]) == list(whole.mean[:HEAD]) == list(range(HEAD))
    stride = numbers.branch.stride
    assert list(whole.step[HEAD:]) == list(range(HEAD, 60_000, stride))
    assert len({len(getattr(whole, name)) for name in ("step", "last", "count", "low", "high", "mean", "lr")}) == 1
    numbers.add(block(100, []))
    numbers.add(block(100, [9.0] * 1000))
    cut = numbers.branch.with_head()
    assert list(cut.step) == sorted(set(cut.step))
    assert max(step for step in cut.step if step < 100) == 100 // stride * stride - 1
    assert 9.0 in cut.mean
    assert shot.branch.with_head() == whole
    numbers.add(block(0, []))
    assert numbers.branch.head is None


def test_a_bucket_larger_than_the_beginning_comes_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buckets, "CAPACITY", 8)
    monkeypatch.setattr(buckets, "HEAD", 3)
    whole = folded([block(0, [1.0] * 30)]).branch.with_head()
    assert list(whole.step) == [0, 1, 2, 3, 4, 8, 12, 16, 20, 24, 28]


def test_a_step_back_to_the_beginning_and_beyond_what_is_there_leaves_no_trace_in_the_branch() -> None:
    numbers = folded([block(5, [1.0] * 9000), block(0, []), block(0, [2.0])])
    assert list(numbers.branch.step) == [0]
    assert len(numbers.ghosts) == 1
    numbers.add(block(0, []))
    numbers.add(block(0, []))
    assert not numbers.branch.step
    assert numbers.branch.end == 0
    assert len(numbers.ghosts) == 2, "nothing superseded is no ghost"


def test_only_the_newest_ghosts_are_kept() -> None:
    numbers = Numbers()
    for turn in range(GHOSTS + 5):
        numbers.add(block(0, []))
        numbers.add(block(0, [float(turn)] * 3))
    assert [ghost.mean[0] for ghost in numbers.ghosts] == [float(turn) for turn in range(4, GHOSTS + 4)]


def test_a_snapshot_stays_as_it_is() -> None:
    numbers = folded([block(0, [1.0] * 3)])
    shot = numbers.snapshot()
    numbers.add(block(3, [math.nan] * 3))
    numbers.add(block(1, []))
    assert (list(shot.branch.step), shot.branch.end, list(shot.branch.stumbles), shot.ghosts) == ([0, 1, 2], 3, [], [])
    assert numbers.snapshot() == numbers


@pytest.mark.parametrize(("size", "count"), [(500, 2_000), (5, 200_000)])
def test_a_million_steps_are_folded_in_a_moment(size: int, count: int) -> None:
    one = block(0, [2.0 + 0.1 * k for k in range(size)])
    blocks = [Block(0, size * index, one.loss, one.lr, one.loss) for index in range(count)]
    begin = time.process_time()
    numbers = folded(blocks)
    took = time.process_time() - begin
    assert CAPACITY / 2 <= len(numbers.branch.step) <= CAPACITY
    assert took < 3.0, "a loop over steps would need more, and a loop over buckets for each block for ever"
