"""Text → tokens → text is the identity, and what cannot be encoded is named."""

import json

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lrtui.errors import CorpusError
from lrtui.text.vocabulary import Vocabulary


@given(st.text(min_size=1), st.booleans())
def test_characters_round_trip(text: str, lines: bool) -> None:
    vocabulary = Vocabulary.of(text, lines=lines)
    ids = vocabulary.encode(text)
    assert ids.dtype == torch.int64
    assert len(ids) == len(text)
    assert vocabulary.decode(ids) == text
    assert int(ids.max()) < vocabulary.size


@given(st.text(), st.booleans())
def test_bytes_know_every_text(text: str, lines: bool) -> None:
    vocabulary = Vocabulary.of(b"any", lines=lines)
    ids = vocabulary.encode(text)
    assert vocabulary.decode(ids) == text
    assert vocabulary.size == 256 + lines
    assert ids.tolist() == vocabulary.encode(text.encode()).tolist()


@given(st.text(min_size=1), st.booleans())
def test_survives_json(text: str, lines: bool) -> None:
    vocabulary = Vocabulary.of(text, lines=lines)
    again = Vocabulary.from_dict(json.loads(json.dumps(vocabulary.to_dict())))
    assert again == vocabulary
    assert again.encode(text).equal(vocabulary.encode(text))


def test_ids_follow_code_points() -> None:
    vocabulary = Vocabulary.of("cab\n", lines=False)
    assert vocabulary.chars == ("\n", "a", "b", "c")
    assert vocabulary.encode("abc\n").tolist() == [1, 2, 3, 0]
    assert vocabulary.boundary is None


def test_the_boundary_is_id_0_and_reads_as_a_newline() -> None:
    vocabulary = Vocabulary.of("cab\nab", lines=True)
    assert vocabulary.size == 4
    assert vocabulary.boundary == 0
    assert vocabulary.encode("\na\n").tolist() == [0, 1, 0]
    assert vocabulary.decode([0, 3, 0]) == "\nc\n"


def test_bytes_shift_by_one_behind_the_boundary() -> None:
    vocabulary = Vocabulary.of(b"", lines=True)
    assert vocabulary.encode("A\n").tolist() == [66, 0]


def test_broken_bytes_become_replacement_characters() -> None:
    vocabulary = Vocabulary.of(b"", lines=False)
    assert vocabulary.decode([0x61, 0xC3, 0x62]) == "a\ufffdb"


def test_nothing_encodes_to_nothing() -> None:
    ids = Vocabulary.of("ab", lines=False).encode("")
    assert ids.shape == (0,)
    assert ids.dtype == torch.int64


@pytest.mark.parametrize(
    ("prompt", "named"),
    [
        ("aéb", r"'\xe9' (U+00E9)"),
        ("a\U0010ffff", r"'\U0010ffff' (U+10FFFF)"),
        ("\udc9f", r"'\udc9f' (U+DC9F)"),
        ("a\x1b[31m", r"'\x1b' (U+001B)"),
        ("123456789", "and 4 more"),
    ],
)
def test_unknown_characters_are_named_and_harmless(prompt: str, named: str) -> None:
    with pytest.raises(CorpusError) as caught:
        Vocabulary.of("ab", lines=False).encode(prompt)
    assert named in caught.value.message
    assert str(caught.value).isprintable() or "\n" in str(caught.value)
    assert "\x1b" not in str(caught.value)
    assert "'ab'" in caught.value.hint


@given(data=st.binary(max_size=40), lines=st.booleans())
def test_token_by_token_is_the_same_text(data: bytes, lines: bool) -> None:
    vocabulary = Vocabulary.of(b"abc\n", lines=lines)
    ids = [byte + int(lines) for byte in data if not lines or byte != ord("\n")]
    assert "".join(vocabulary.decode_each(iter(ids))) == vocabulary.decode(ids)


def test_characters_come_as_soon_as_they_are_whole() -> None:
    vocabulary = Vocabulary.of(b"any", lines=False)
    assert list(vocabulary.decode_each("aé".encode())) == ["a", "", "é", ""]
    assert list(Vocabulary.of("cab", lines=True).decode_each([3, 0, 1])) == ["c", "\n", "a"]
