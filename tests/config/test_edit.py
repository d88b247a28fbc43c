"""One number changes and nothing else does, or the file stays as it was and a sentence says why."""

import stat
from pathlib import Path

import pytest

from lrtui.config.edit import with_number, write_number
from lrtui.config.layers import parse_toml
from lrtui.config.load import load_config
from lrtui.config.presets import preset_names, read_preset
from lrtui.config.toml import dump_toml, template_toml
from lrtui.errors import ConfigError, DiskError


def edited(text: str, value: str = "2e-3") -> str:
    return with_number(parse_toml(text, "c.toml"), "optim.lr", value)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[optim]\nlr = 0.1\n", "[optim]\nlr = 2e-3\n"),
        ("[optim]\nlr=1_0.5 # tuned\nkind = 'sgd'\n", "[optim]\nlr=2e-3 # tuned\nkind = 'sgd'\n"),
        ("# a\r\n[optim]  # b\r\n  lr = 1e-2  # c\r\n", "# a\r\n[optim]  # b\r\n  lr = 2e-3  # c\r\n"),
        ("optim.lr = 1\noptim.kind = 'sgd'\n", "optim.lr = 2e-3\noptim.kind = 'sgd'\n"),
        ("[optim]\nkind = 'sgd'\n\n[train]\n", "[optim]\nlr = 2e-3\nkind = 'sgd'\n\n[train]\n"),
        ("preset = 'names-mlp'\n", "preset = 'names-mlp'\n\n[optim]\nlr = 2e-3\n"),
        ("preset = 'names-mlp'", "preset = 'names-mlp'\n\n[optim]\nlr = 2e-3\n"),
        ("[optim] # here", "[optim] # here\nlr = 2e-3\n"),
        ("", "\n[optim]\nlr = 2e-3\n"),
        ("[schedule]\nlow = 0.1\n[optim]\nlr = 0.1\nlr2 = 3\n", "[schedule]\nlow = 0.1\n[optim]\nlr = 2e-3\nlr2 = 3\n"),
    ],
)
def test_one_line_changes(before: str, after: str) -> None:
    assert edited(before) == after


@pytest.mark.parametrize(
    "text",
    [
        "optim = { lr = 0.1, kind = 'sgd' }\n",
        "optim.kind = 'sgd'\n",
        "[optim]\nlr = 'fast'\n",
        "optim = 3\n",
        "[[optim]]\nlr = 0.1\n",
        "a = '''\n[optim]\n'''\noptim = {}\n",
    ],
)
def test_what_one_line_cannot_say_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="by one line") as caught:
        edited(text)
    assert "lr = 2e-3 under [optim]" in caught.value.hint


@pytest.mark.parametrize("name", preset_names())
def test_every_file_of_ours_can_be_edited(name: str, tmp_path: Path) -> None:
    for text in (read_preset(name).text, template_toml(load_config(preset=name)), dump_toml(load_config(preset=name))):
        path = tmp_path / "c.toml"
        path.write_text(text)
        write_number(path, "optim.lr", "3.7e-2")
        assert load_config(path).optim.lr == 0.037
        assert len(set(path.read_text().splitlines()) ^ set(text.splitlines())) == 2


def test_the_file_keeps_its_mode_and_its_place_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    real, link = tmp_path / "real.toml", tmp_path / "link.toml"
    real.write_text("[optim]\nlr = 0.1\n")
    real.chmod(0o600)
    link.symlink_to(real)
    write_number(link, "optim.lr", "2e-3")
    assert link.is_symlink()
    assert real.read_text() == "[optim]\nlr = 2e-3\n"
    assert stat.S_IMODE(real.stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.toml", "real.toml"]


def test_a_file_that_cannot_be_written_is_a_sentence() -> None:
    with pytest.raises((DiskError, ConfigError)):
        write_number(Path("/proc/version"), "optim.lr", "2e-3")
