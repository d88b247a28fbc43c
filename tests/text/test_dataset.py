"""The two parts of a text: together the whole, apart in content, and the same for every run."""

from collections import Counter

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lrtui.errors import CorpusError
from lrtui.text.dataset import longest_item, make_dataset
from lrtui.text.vocabulary import Vocabulary
from tests.text.samples import ITEMS, Settings, lines_of, stream_of, text_of

WORDS = st.lists(st.text("abcdé\r", min_size=1, max_size=6), min_size=2, max_size=40)


def test_a_stream_is_cut_once() -> None:
    data = stream_of("abcdefghij" * 10, 0.25)
    assert data.vocabulary.decode(data.train) == ("abcdefghij" * 10)[:75]
    assert data.vocabulary.decode(data.val) == ("abcdefghij" * 10)[75:]


@given(WORDS, st.floats(0.01, 0.49))
def test_every_line_lies_in_one_part_as_often_as_it_occurs(words: list[str], fraction: float) -> None:
    assume(len(set(words)) > 1)
    data = lines_of(words, fraction)
    train, val = (data.vocabulary.decode(part) for part in (data.train, data.val))
    assert all(part.startswith("\n") and part.endswith("\n") for part in (train, val))
    in_train, in_val = (part[1:-1].split("\n") for part in (train, val))
    assert Counter(in_train + in_val) == Counter(words)
    assert not set(in_train) & set(in_val)


def test_carriage_returns_are_kept_and_empty_lines_dropped() -> None:
    data = make_dataset(Settings(mode="lines"), text_of("ab\r\n\ncd\r\n"))
    whole = data.vocabulary.decode(data.train) + data.vocabulary.decode(data.val)
    assert Counter(whole) == Counter("\nab\r\n\ncd\r\n")


def test_lines_of_bytes_split_as_lines_of_characters() -> None:
    characters = lines_of()
    raw = make_dataset(Settings(mode="lines", vocab="byte", val_fraction=0.2), text_of("\n".join(ITEMS).encode()))
    assert raw.vocabulary.decode(raw.val) == characters.vocabulary.decode(characters.val)
    assert raw.vocabulary.size == 257


def test_what_a_run_records_comes_along() -> None:
    data = stream_of("abcdefghij" * 10)
    assert (data.name, data.bytes, len(data.sha256), data.mode) == ("sample", 100, 64, "stream")
    assert data.split("train") is data.train
    assert data.split("val") is data.val


def test_the_longest_item_of_both_parts_counts() -> None:
    assert longest_item(lines_of()) == len("charlotte")


@pytest.mark.parametrize(
    ("settings", "text", "sentence"),
    [
        (Settings(), "a" * 100, "corpus sample is one character repeated: there is nothing to learn"),
        (
            Settings(val_fraction=0.01),
            "ab" * 50,
            "corpus sample: of its 100 tokens corpus.val_fraction = 0.01 leaves 1 "
            "for validation, at least 2 are needed",
        ),
        (
            Settings(mode="lines"),
            "one line",
            'corpus sample: corpus.mode = "lines" needs at least 2 different lines, there are 1',
        ),
        (
            Settings(mode="lines"),
            "same\n" * 20,
            'corpus sample: corpus.mode = "lines" needs at least 2 different lines, there are 1',
        ),
    ],
)
def test_a_text_that_cannot_be_split_gets_a_sentence(settings: Settings, text: str, sentence: str) -> None:
    with pytest.raises(CorpusError) as caught:
        make_dataset(settings, text_of(text))
    assert caught.value.message == sentence
    assert caught.value.hint


def test_a_warm_start_keeps_its_vocabulary() -> None:
    vocabulary = Vocabulary.of("abcdefgh", lines=False)
    data = make_dataset(Settings(), text_of("abc" * 40), vocabulary)
    assert data.vocabulary is vocabulary
    assert data.train[:3].tolist() == [0, 1, 2]
    with pytest.raises(CorpusError, match=r"no character 'z' \(U\+007A\)"):
        make_dataset(Settings(), text_of("abz" * 40), vocabulary)


@pytest.mark.parametrize(
    ("settings", "text"), [(Settings(mode="lines"), "ab\nabc\n" * 20), (Settings(vocab="byte"), b"abc" * 40)]
)
def test_a_vocabulary_of_another_kind_is_refused(settings: Settings, text: str | bytes) -> None:
    with pytest.raises(CorpusError, match=r'trained with corpus\.vocab = "char" and corpus\.mode = "stream"'):
        make_dataset(settings, text_of(text), Vocabulary.of("abc\n", lines=False))
