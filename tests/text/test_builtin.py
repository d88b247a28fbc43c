"""The texts made here are what their descriptions say, and the same every time."""

import argparse
import re
import unicodedata
from pathlib import Path

import pytest

from lrtui.text.builtin import BUILTINS


@pytest.mark.parametrize("name", BUILTINS)
def test_made_twice_is_the_same_and_plain(name: str) -> None:
    text = BUILTINS[name].make()
    assert text == BUILTINS[name].make()
    assert text.isascii()
    assert 100_000 < len(text) <= 2_000_000


def test_count_repeats_one_pattern() -> None:
    assert set(re.findall(r"\d \d \d ", BUILTINS["count"].make())) == {"1 2 3 "}


def test_every_sum_is_right_and_occurs_once() -> None:
    lines = BUILTINS["sums"].make().splitlines()
    assert len(lines) == len(set(lines)) == 160 * 160
    for line in lines:
        a, b, total = map(int, re.fullmatch(r"(\d+)\+(\d+)=(\d+)", line).groups())  # type: ignore[union-attr]
        assert a + b == total


def test_python_is_python() -> None:
    assert Path(argparse.__file__).read_text("utf-8") in BUILTINS["python"].make()


def test_unicode_has_the_names_people_gave() -> None:
    names = set(BUILTINS["unicode"].make().splitlines())
    assert {"SPACE", "LATIN SMALL LETTER A", "GREEK SMALL LETTER ALPHA"} <= names
    assert not any("UNIFIED IDEOGRAPH-" in name or name.startswith("HANGUL SYLLABLE ") for name in names)


def test_unicode_leaves_out_no_name_that_is_not_made_by_rule() -> None:
    everywhere = (unicodedata.name(chr(code), "") for code in range(0x110000))
    given = [name for name in everywhere if name and not re.search(r"-[0-9A-F]{4,6}$|^HANGUL SYLLABLE ", name)]
    assert BUILTINS["unicode"].make().splitlines() == given
