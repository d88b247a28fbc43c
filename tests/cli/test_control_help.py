"""`lrtui ctl --help` names every command there is."""

from pathlib import Path

from lrtui.command_words import WORDS
from tests.processes import Zygote


def test_every_command_word_is_in_the_help(zygote: Zygote, tmp_path: Path) -> None:
    told = zygote.run("ctl", "--help", home=tmp_path).text()
    unbroken = "".join(told.split())  # a line may end at the hyphen of a word
    assert [word for word in WORDS if word not in unbroken] == []
