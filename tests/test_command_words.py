"""Numbers and commands as people write them."""

import pytest

from lrtui.command_words import WORDS, parse_command, whole_number
from lrtui.errors import UsageError
from lrtui.messages import Command, Confirm, Find, ResetOptimizer, Reshape, Sample, SetRate


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("find", Find()),
        ("find 1e-5:1", Find(1e-5, 1.0)),
        ("find=1e-5:1", Find(1e-5, 1.0)),
        ("find 1e-5:1 200", Find(1e-5, 1.0, 200)),
        ("find linear 200 1e-5:1", Find(1e-5, 1.0, 200, True)),
    ],
)
def test_find(text: str, command: Find) -> None:
    assert parse_command(text) == command


@pytest.mark.parametrize(
    ("text", "command"),
    [("confirm", Confirm(5, 200)), ("confirm 8", Confirm(8, 200)), ("confirm 8 500", Confirm(8, 500))],
)
def test_confirm(text: str, command: Confirm) -> None:
    assert parse_command(text) == command


@pytest.mark.parametrize("text", ["confirm x", "confirm 3 0", "confirm 3 4 5", "confirm 2.5"])
def test_a_confirmation_that_cannot_be_meant(text: str) -> None:
    with pytest.raises(UsageError):
        parse_command(text)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("reset-optimizer", ResetOptimizer()),
        ("schedule cosine", Reshape({"kind": "cosine"})),
        ("schedule=cosine end=1e-5", Reshape({"kind": "cosine", "end": 1e-5})),
        ("schedule warmup=10 base=0.5", Reshape({"warmup": 10, "base": 0.5})),
        ("lr=0.002", SetRate(0.002)),
        ("lr = 0.002", SetRate(0.002)),
        ("sample a=b", Sample("a=b")),
    ],
)
def test_words_become_commands(text: str, command: Command) -> None:
    assert parse_command(text) == command


@pytest.mark.parametrize("text", ["find 1e-5:", "find 1:2 3 4 5", "find -3", "find some", "find 1.5"])
def test_a_range_test_that_cannot_be_meant(text: str) -> None:
    with pytest.raises(UsageError):
        parse_command(text)


def test_every_word_makes_a_command_or_asks_for_values() -> None:
    for word, (least, _, _) in WORDS.items():
        if least == 0:
            assert parse_command(word) is not None
        else:
            with pytest.raises(UsageError, match=word):
                parse_command(word)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        *(("5000", 5000), (" 5,000 ", 5000), ("5_000", 5000), ("5k", 5000), ("5K", 5000), ("5000.0", 5000)),
        *(("1.5M", 1_500_000), ("1e4", 10_000), ("+1,234,567", 1_234_567), ("-3", -3), ("9" * 24, 10**24 - 1)),
    ],
)
def test_a_whole_number_as_it_is_written_and_shown(text: str, number: int) -> None:
    assert whole_number(text) == number


@pytest.mark.parametrize(
    "text", ["", "k", "5,00", "1,2345", "1.5", "1.5e0", "0.0001k", "5kk", "5m", "five", "nan", "٣", "1" * 5000, "1__0"]
)
def test_what_is_no_whole_number(text: str) -> None:
    with pytest.raises(UsageError, match="is no whole number"):
        whole_number(text)
