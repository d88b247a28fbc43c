"""Nothing a terminal obeys may pass `printable`, and nothing a person reads may be lost in it."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrtui.printable import ascii_only, printable

anything = st.text(st.characters())


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain naïve 文字 🙂 e\u0301", "plain naïve 文字 🙂 e\u0301"),
        ("\x1b]0;title\x07", "␛]0;title␇"),
        ("\x1b[31mred", "␛[31mred"),
        ("a\x00b\x7f", "a␀b␡"),
        ("\x9b31m\x85", "\ufffd31m\ufffd"),
        ("user\u202egnp.exe", "user\ufffdgnp.exe"),
        ("\u2066x\u2069\u200f", "\ufffdx\ufffd\ufffd"),
        ("\udcff\ud800", "\ufffd\ufffd"),
        ("a\nb\tc\r", "a␊b␉c␍"),
        ("a\u2028b", "a\ufffdb"),
        ("[/b] [a='b']", "[/b] [a='b']"),
    ],
)
def test_what_is_shown(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_newlines_and_tabs_where_lines_are_wanted() -> None:
    assert printable("a\r\n\tb\x1b", keep_newlines=True) == "a␍\n    b␛"


@given(anything)
def test_no_control_character_and_no_surrogate_passes(text: str) -> None:
    for keep_newlines in (False, True):
        shown = printable(text, keep_newlines=keep_newlines)
        left = {c for c in shown if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")}
        assert left <= ({"\n"} if keep_newlines else set())
        assert not any(unicodedata.bidirectional(c) in ("RLO", "LRO", "RLE", "LRE", "PDF", "RLI", "PDI") for c in shown)
        shown.encode()


@given(anything)
def test_one_character_for_one_and_twice_is_once(text: str) -> None:
    assert len(printable(text)) == len(text)
    assert printable(printable(text)) == printable(text)


@given(st.text(st.characters(categories=("L", "N", "P", "S"))))
def test_what_is_harmless_stays(text: str) -> None:
    assert printable(text) == text


@given(anything)
def test_ascii_only_is_ascii(text: str) -> None:
    ascii_only(text).encode("ascii")


def test_our_own_signs_have_a_spelling_in_ascii() -> None:
    assert ascii_only("×0.1 ── lr 2e-3 → 2e-4 · ┤╌╎ 文") == "x0.1 -- lr 2e-3 -> 2e-4 | |-| ?"


def test_signs_that_are_read_together_stay_as_wide_as_they_are() -> None:
    assert ascii_only("×½ ×2") == "/2 x2"
