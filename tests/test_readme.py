"""The README is tested: its commands run, in their order, and its tables name what there is."""

import re
import shlex
import shutil
from pathlib import Path

from lrtui.command_words import WORDS
from lrtui.config.load import load_config
from lrtui.lr.schedule import KINDS
from tests.processes import Zygote

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def test_every_command_of_the_readme_runs(zygote: Zygote, tmp_path: Path) -> None:
    shutil.copy(ROOT / "README.md", tmp_path)
    blocks = re.findall(r"```console\n(.*?)```", README, re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines() if line.startswith("$ lrtui ")]
    assert len(lines) >= 12
    for line in lines:
        process = zygote.run(*shlex.split(line[len("$ lrtui ") :]), home=tmp_path)
        assert process.code == 0, f"{line}: {process.text()[-1500:]}"


def test_the_configuration_of_the_readme_loads(tmp_path: Path) -> None:
    (block,) = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    (tmp_path / "c.toml").write_text(block)
    assert load_config(tmp_path / "c.toml").schedule.warmup == 100


def test_every_command_word_and_schedule_is_told() -> None:
    for word in (*WORDS, *KINDS):
        assert f"`{word}" in README, word


def test_it_opens_with_a_picture_and_two_commands() -> None:
    opening = README.splitlines()[:35]
    assert any("make run" in line for line in opening)
    assert any("×0.1" in line for line in opening)
