"""The reference lines are the textbook's, on any alphabet."""

import math
from collections import Counter
from itertools import pairwise

import pytest
import torch

from lrtui.text import baselines as module
from lrtui.text.baselines import baselines
from lrtui.text.corpus import load_text
from lrtui.text.dataset import TextData, make_dataset
from tests.text.samples import Settings, lines_of, shared, stream_of

TEXT = "the cat sat on the mat and the dog sat on the cat " * 6 + "zebras quiz " * 2


def by_hand(data: TextData) -> dict[str, float]:
    train, val, size = data.train.tolist(), data.val.tolist(), data.vocabulary.size
    ones, twos = Counter(train[1:]), Counter(pairwise(train))
    firsts = Counter(train[:-1])
    one = [-math.log((ones[b] + 1) / (len(train) - 1 + size)) for b in val[1:]]
    two = [-math.log((twos[a, b] + 1) / (firsts[a] + size)) for a, b in pairwise(val)]
    return {"uniform": math.log(size), "unigram": sum(one) / len(one), "bigram": sum(two) / len(two)}


@pytest.mark.parametrize(
    "data", [stream_of(TEXT), lines_of(), stream_of(TEXT.encode())], ids=["chars", "lines", "bytes"]
)
@pytest.mark.parametrize("table", [0, 1_000_000], ids=["sorted", "table"])
def test_agrees_with_counting_by_hand(data: TextData, table: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_TABLE", table)
    assert baselines(data) == pytest.approx(by_hand(data), rel=1e-12)


def test_a_huge_alphabet_needs_no_square_table() -> None:
    # 40,000² counts would be 12.8 GB
    text = "".join(chr(0x10000 + (i * 7919) % 40_000) for i in range(120_000))
    lines = baselines(stream_of(text))
    assert lines["uniform"] == pytest.approx(math.log(40_000))
    assert lines["bigram"] < lines["unigram"]


def test_the_bigram_line_of_the_names() -> None:
    settings = Settings(path=str(shared("names.txt")), mode="lines")
    data = make_dataset(settings, load_text(settings, shared("names.txt").parent))
    assert data.vocabulary.size == 27
    assert baselines(data)["bigram"] == pytest.approx(2.453, abs=0.01)


def test_counting_leaves_the_tokens_alone() -> None:
    data = stream_of(TEXT)
    before = data.train.clone()
    baselines(data)
    assert torch.equal(before, data.train)
