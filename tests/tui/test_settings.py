"""Settings are read whole, or every problem of them is told in sentences, however hostile the file."""

from pathlib import Path
from typing import Any

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from lrtui.errors import ConfigError, UsageError
from lrtui.tui.keys import KEYS
from lrtui.tui.settings import Settings, read_settings, settings_folder

FULL = """
[keys]
decay = "g"
quit = "Q, ctrl+q"
undo = "["
halve = "u"
[tui]
theme = "nord"
palette = "colour-blind"
hz = 4
mouse = false
ascii = true
"""


def read(text: str | bytes, folder: Path, **flags: Any) -> Settings:
    path = folder / "lrtui.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_settings(path, **flags)


def test_without_a_file_all_is_default(tmp_path: Path) -> None:
    assert read_settings(tmp_path / "none.toml") == Settings()
    assert read_settings(tmp_path / "none" / "none.toml") == Settings()


def test_everything_is_read(tmp_path: Path) -> None:
    keys = {
        "decay": "g",
        "quit": "Q,ctrl+q",
        "undo": "left_square_bracket",
        "halve": "u",
        "stop": "W",
        "sweep_stop": "W",
    }
    assert read(FULL.replace("[tui]", 'stop = "W"\nsweep_stop = "W"\n[tui]'), tmp_path) == Settings(
        keys=keys, theme="nord", palette="colour-blind", hz=4, mouse=False, ascii=True
    )


def test_flags_win_and_none_says_nothing(tmp_path: Path) -> None:
    text = "[tui]\nhz = 4\nmouse = false\n"
    assert read(text, tmp_path, hz=1.0, mouse=None, theme="nord") == Settings(hz=1.0, mouse=False, theme="nord")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[key]\n", "key: unknown table, there are [keys] and [tui]"),
        ("theme = 'nord'", "theme: put it under [tui]"),
        ("decay = 'g'", "decay: put it under [keys]"),
        ("tui = 3", "tui: must be a table: [tui]"),
        ("[keys]\ndecai = 'g'", "keys.decai: unknown action, did you mean decay?"),
        ("[keys]\ndecay = 3", "keys.decay: must be a key in quotes"),
        ("[keys]\ndecay = 'ctrl+s'", "keys.decay: ctrl+s cannot be re-mapped: terminals stop their output at it"),
        ("[keys]\ndecay = 'alt+d'", "keys.decay: alt+d cannot be a key"),
        ("[keys]\ndecay = 'u'", "keys.decay: u is the key of undo already"),
        ("[keys]\ndecay = '?'", "keys.decay: ? is the key of help already"),
        ("[keys]\ndecay = 'g'\nundo = 'g'", "g is the key of"),
        ("[tui]\ntheem = 'nord'", "tui.theem: unknown setting, did you mean theme?"),
        ("[tui]\ntheme = 'nrd'", "did you mean nord?"),
        ("[tui]\ntheme = []", "tui.theme: must be one of"),
        ("[tui]\npalette = 'color-blind'", "must be one of standard, colour-blind, did you mean colour-blind?"),
        ("[tui]\nhz = 0", "tui.hz: must be a number from 0.2 to 10"),
        ("[tui]\nhz = nan", "tui.hz: must be a number"),
        ("[tui]\nhz = true", "tui.hz: must be a number"),
        ("[tui]\nmouse = 1", "tui.mouse: must be true or false"),
        ("[tui", "is not TOML"),
        (b"\xff\xfe", "is not TOML"),
        ("a = " + "[" * 10_000, "lrtui.toml"),
        (b"# " + b"x" * (1 << 20), "larger than any settings"),
        ('"\\u001b[2J\\u202e" = 1', "unknown table"),
    ],
)  # fmt: skip
def test_problems_are_sentences(text: str | bytes, said: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read(text, tmp_path)
    assert said in str(caught.value)
    assert str(tmp_path / "lrtui.toml") in caught.value.message
    assert caught.value.exit_code == 65
    assert str(caught.value).replace("\n", "").isprintable()


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read("[keys]\nnope = 'g'\n[tui]\nhz = 99\nmouse = 'no'\n", tmp_path)
    assert str(caught.value).count("\n  ") == 3


def test_one_way_out_stays(tmp_path: Path) -> None:
    assert read('[keys]\nquit = "Z"', tmp_path).keys == {"quit": "Z,ctrl+q"}


def test_a_key_may_keep_what_it_had(tmp_path: Path) -> None:
    form_edit = next(key for key in KEYS if "enter" in key.keys.split(","))
    assert read(f'[keys]\n{form_edit.id} = "enter,f9"', tmp_path).keys == {form_edit.id: "enter,f9"}


@pytest.mark.parametrize("flags", [{"hz": 99.0}, {"theme": "nrd"}, {"palette": "red"}])
def test_a_flag_that_cannot_be_meant_is_usage(flags: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        read_settings(tmp_path / "none.toml", **flags)
    assert caught.value.message.startswith(f"--{next(iter(flags))}: must be")


def test_a_folder_in_its_place_is_told(tmp_path: Path) -> None:
    (tmp_path / "lrtui.toml").mkdir()
    with pytest.raises(ConfigError, match="cannot be read"):
        read_settings(tmp_path / "lrtui.toml")


def test_it_is_the_users_own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = settings_folder()
    assert folder.is_relative_to(tmp_path)
    folder.mkdir(parents=True)
    (folder / "lrtui.toml").write_text("[tui]\nhz = 5\n")
    assert read_settings().hz == 5


text = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
scalars = text | st.integers(-(2**62), 2**62) | st.floats() | st.booleans() | st.sampled_from(["d", "ctrl+s", "nord"])
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3))
ids = st.sampled_from([key.id for key in KEYS]) | text
tables = st.fixed_dictionaries(
    {},
    optional={
        "keys": st.dictionaries(ids, values, max_size=4) | values,
        "tui": st.dictionaries(st.sampled_from(["hz", "theme", "mouse", "ascii", "palette"]) | text, values) | values,
    },
)


@given(tables | st.dictionaries(text, values, max_size=3))
def test_any_toml_is_settings_or_a_sentence(tmp_path_factory: pytest.TempPathFactory, table: dict[str, Any]) -> None:
    _settings_or_sentence(tomli_w.dumps(table).encode(), tmp_path_factory)


@given(st.binary(max_size=200))
def test_any_bytes_are_settings_or_a_sentence(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    _settings_or_sentence(content, tmp_path_factory)


def _settings_or_sentence(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    said = ""
    try:
        made = read(content, tmp_path_factory.getbasetemp())
    except ConfigError as error:
        said, made = str(error), Settings()
    assert said.replace("\n", "").isprintable()
    assert 0.2 <= made.hz <= 10
    assert set(made.keys) <= {key.id for key in KEYS}
