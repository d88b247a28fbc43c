"""Numbers and commands as people write them."""

import pytest

from lrtui.command_words import whole_number
from lrtui.errors import UsageError


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
