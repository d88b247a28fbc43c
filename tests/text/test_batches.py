"""A batch depends on (seed, step) alone, and its targets are the tokens that follow."""

from collections import Counter
from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lrtui.errors import CorpusError
from lrtui.text import batches as module
from lrtui.text.batches import IGNORE, Batch, Layout, eval_batches, make_batches
from lrtui.text.dataset import TextData
from tests.text.samples import COUNTED, ITEMS, lines_of, stream_of

LAYOUTS: list[Layout] = ["windows", "contexts", "items", "streams"]
STREAM, LINES = stream_of(), lines_of(ITEMS * 3 + [f"{a}{b}" for a in "abcde" for b in "fghij"])


def of(layout: Layout, seed: int = 1, batch: int = 4, block: int = 8, data: TextData | None = None) -> module.Batches:
    data = data or (LINES if layout == "items" else STREAM)
    return make_batches(data, "train", layout, batch, block, seed, "cpu")


def same(a: Batch, b: Batch) -> bool:
    return a.x.equal(b.x) and a.y.equal(b.y) and a.fresh == b.fresh


@given(st.sampled_from(LAYOUTS), st.integers(0, 2**63 - 1), st.lists(st.integers(0, 100_000), min_size=1, max_size=4))
def test_a_batch_is_a_pure_function_of_seed_and_step(layout: Layout, seed: int, steps: list[int]) -> None:
    used = of(layout, seed)
    for step in [*steps, *reversed(steps)]:
        assert same(used.at(step), of(layout, seed).at(step))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_how_many_steps_are_gathered_at_once_does_not_matter(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    at_once = of(layout)
    expected = [at_once.at(step) for step in range(600)]
    monkeypatch.setattr(module, "_CHUNK_ELEMENTS", 100 * 4 * 8)
    few = of(layout)
    assert all(same(few.at(step), expected[step]) for step in range(600))


@given(st.sampled_from(LAYOUTS), st.lists(st.integers(0, 2000), min_size=1, max_size=4))
def test_in_one_piece_with_its_neighbours_a_batch_is_the_same(layout: Layout, steps: list[int]) -> None:
    stacked, alone = of(layout), of(layout)
    for step in steps:
        first, x, y, fresh = stacked.around(step)
        assert same(Batch(x[step - first], y[step - first], fresh[step - first]), alone.at(step))
        assert same(stacked.at(step), alone.at(step))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_drawing_leaves_the_global_generator_alone(layout: Layout) -> None:
    before = torch.get_rng_state()
    of(layout).at(300)
    eval_batches(LINES if layout == "items" else STREAM, "val", layout, 2, 4, 3, "cpu")
    assert torch.get_rng_state().equal(before)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_seeds_and_steps_differ(layout: Layout) -> None:
    one, two = of(layout, 1), of(layout, 2)
    assert not one.at(0).x.equal(two.at(0).x)
    assert not one.at(0).x.equal(one.at(1).x)
    # the same place in two blocks of 256 steps
    assert not one.at(0).x.equal(one.at(256).x)


def test_windows_target_the_next_token() -> None:
    x, y, fresh = of("windows").at(7)
    assert x.shape == y.shape == (4, 8)
    # in COUNTED the token number is the place
    assert y.equal(x + 1)
    assert (x.diff() == 1).all()
    assert fresh


def test_windows_reach_both_ends_of_the_text() -> None:
    data = stream_of(COUNTED[:40])
    windows = of("windows", data=data, batch=64)
    assert int(windows.at(0).x.min()) == 0
    assert int(windows.at(0).y.max()) == len(data.train) - 1


def test_contexts_target_one_token() -> None:
    x, y, _ = of("contexts", block=3).at(0)
    assert x.shape == (4, 3)
    assert y.shape == (4,)
    assert y.equal(x[:, -1] + 1)


def test_contexts_of_lines_are_makemores() -> None:
    expected = []
    for item in LINES.vocabulary.decode(LINES.val)[1:-1].split("\n"):
        context = [0] * 3
        for token in [*LINES.vocabulary.encode(item).tolist(), 0]:
            expected.append((tuple(context), token))
            context = [*context[1:], token]
    made = eval_batches(LINES, "val", "contexts", 5, 3, 100, "cpu")
    got = [(tuple(x), y) for b in made for x, y in zip(b.x.tolist(), b.y.tolist(), strict=True)]
    assert Counter(got) == Counter(expected)


def test_items_begin_and_end_with_the_boundary() -> None:
    made = eval_batches(LINES, "train", "items", 8, 64, 100, "cpu")
    words = []
    for x, y in ((x, y) for b in made for x, y in zip(b.x, b.y, strict=True)):
        length = int((y != IGNORE).sum())
        assert x[0] == 0
        assert y[length - 1] == 0
        assert x[1:length].equal(y[: length - 1])
        assert (x[length:] == 0).all()
        assert (y[length:] == IGNORE).all()
        words.append(LINES.vocabulary.decode(y[: length - 1]))
    assert Counter(words) == Counter(LINES.vocabulary.decode(LINES.train)[1:-1].split("\n"))
    assert x.shape == (len("charlotte") + 1,)


def test_long_items_are_cut_at_the_block() -> None:
    data = lines_of(["abcdefg", "gfedcba", "cadbegf"], 0.3)
    x, y, _ = of("items", block=4, batch=32, data=data).at(0)
    assert x.shape == y.shape == (32, 4)
    items = data.vocabulary.decode(data.train)[1:-1].split("\n")
    assert {data.vocabulary.decode(row) for row in y} == {item[:4] for item in items}
    assert {data.vocabulary.decode(row) for row in x} == {"\n" + item[:3] for item in items}


def test_streams_go_on_where_they_stopped() -> None:
    streams = of("streams", batch=3, block=10)
    per_epoch = (len(STREAM.train) - 1 - 9) // 3 // 10
    for step in range(3 * per_epoch):
        now, after = streams.at(step), streams.at(step + 1)
        assert now.fresh == (step % per_epoch == 0)
        assert now.y.equal(now.x + 1)
        if not after.fresh:
            assert after.x[:, 0].equal(now.y[:, -1])


def test_epochs_begin_at_different_places() -> None:
    streams = of("streams", batch=3, block=10)
    per_epoch = (len(STREAM.train) - 1 - 9) // 3 // 10
    begins = {int(streams.at(epoch * per_epoch).x[0, 0]) for epoch in range(30)}
    assert len(begins) > 5
    assert max(begins) < 10


def test_a_stream_may_just_fit() -> None:
    data = stream_of(COUNTED[:44], 0.25)
    assert len(data.train) == 33
    streams = make_batches(data, "train", "streams", 3, 8, 1, "cpu")
    # an epoch is one step here: every offset comes up, and none runs out of the text
    assert {int(streams.at(step).x[0, 0]) for step in range(200)} == set(range(8))
    assert max(int(streams.at(step).y.max()) for step in range(200)) <= 32


def test_evaluation_windows_have_every_target_once() -> None:
    made = eval_batches(STREAM, "val", "windows", 3, 8, 50, "cpu")
    targets = torch.cat([b.y[b.y != IGNORE] for b in made])
    assert targets.sort().values.equal(STREAM.val[1:])
    assert all(b.x.shape[1] == 8 for b in made)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("split", ["train", "val"])
def test_evaluation_is_bounded_and_always_the_same(layout: Layout, split: module.Split) -> None:
    data = LINES if layout == "items" else STREAM
    made = eval_batches(data, split, layout, 2, 4, 3, "cpu")
    assert 1 <= sum(len(b.x) for b in made) <= 3 * 2
    assert all(same(a, b) for a, b in zip(made, eval_batches(data, split, layout, 2, 4, 3, "cpu"), strict=True))


def test_small_batches_are_evaluated_several_together() -> None:
    small, large = (eval_batches(STREAM, "train", "contexts", batch, 2, 80, "cpu") for batch in (5, 300))
    assert [len(b.x) for b in small] == [255, 145]  # 51 batches of 10 tokens are no more than 512, and 29
    assert len(large[0].x) == 300


def test_a_random_choice_has_no_example_twice() -> None:
    made = eval_batches(STREAM, "train", "contexts", 20, 1, 30, "cpu")
    targets = torch.cat([b.y for b in made])
    assert len(targets) == len(set(targets.tolist())) == 600


def test_evaluation_streams_are_carried_and_shrink_with_the_split() -> None:
    made = eval_batches(STREAM, "val", "streams", 50, 30, 10, "cpu")
    assert [tuple(b.x.shape) for b in made] == [(3, 30)]
    made = eval_batches(STREAM, "train", "streams", 2, 30, 5, "cpu")
    assert [b.fresh for b in made] == [True, False, False, False, False]
    assert all(b.x[:, 0].equal(a.y[:, -1]) for a, b in pairwise(made))


@pytest.mark.parametrize("layout", ["windows", "streams"])
def test_a_split_shorter_than_the_block_is_evaluated_with_what_it_has(layout: Layout) -> None:
    made = eval_batches(STREAM, "val", layout, 4, 500, 10, "cpu")
    assert [tuple(b.x.shape) for b in made] == [(1, 99)]


@pytest.mark.parametrize(
    ("layout", "batch", "block", "message", "hint"),
    [
        ("windows", 4, 900, "one example with train.block = 900 needs 901", "Lower train.block,"),
        ("contexts", 4, 900, "one example with model.context = 900 needs 901", "Lower model.context,"),
        ("streams", 30, 30, "train.batch = 30 streams of train.block = 30 tokens needs 930", "Lower train.batch or"),
    ],
)
def test_a_text_that_is_too_short_gets_a_sentence(
    layout: Layout, batch: int, block: int, message: str, hint: str
) -> None:
    with pytest.raises(CorpusError) as caught:
        make_batches(STREAM, "train", layout, batch, block, 1, "cpu")
    assert caught.value.message == f"corpus sample: the training part has 900 tokens, {message}"
    assert caught.value.hint.startswith(hint)


def test_contexts_longer_than_the_validation_part_get_a_sentence() -> None:
    with pytest.raises(CorpusError, match="the validation part has 100 tokens"):
        eval_batches(STREAM, "val", "contexts", 4, 200, 1, "cpu")


def test_items_need_lines() -> None:
    with pytest.raises(ValueError, match="lines"):
        make_batches(STREAM, "train", "items", 4, 8, 1, "cpu")
