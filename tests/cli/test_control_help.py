"""`lrtui ctl --help` names every command there is, and what begins with a hyphen is refused for what it is."""

from pathlib import Path

from lrtui.command_words import WORDS
from tests.processes import Zygote


def test_every_command_word_is_in_the_help(zygote: Zygote, tmp_path: Path) -> None:
    told = zygote.run("ctl", "--help", home=tmp_path).text()
    unbroken = "".join(told.split())  # a line may end at the hyphen of a word
    assert [word for word in WORDS if word not in unbroken] == []


def test_a_number_below_zero_is_no_option(zygote: Zygote, tmp_path: Path) -> None:
    refused = zygote.run("ctl", "far", "lr", "-3", home=tmp_path)
    assert "lr needs a finite number above 0, not -3" in refused.text()
    assert refused.wait() == 64
    assert (
        "lr takes 1 value, not 2: 'lr 1e-3 --jsn'"
        in zygote.run("ctl", "far", "lr", "1e-3", "--jsn", home=tmp_path).text()
    )
