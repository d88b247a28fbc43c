"""Reading TOML files and `--set`, and finding the lines of keys."""

import os

import pytest
import tomli
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from lrtui.config.layers import MOST_BYTES, key_lines, parse_set, read_toml
from lrtui.errors import ConfigError


def value_of(text: str, text_keys: frozenset[str] = frozenset()) -> object:
    return parse_set(f"a.b={text}", text_keys).data["a"]["b"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.002", 0.002),
        ("2e-3", 0.002),
        ("1_000", 1000),
        ("true", True),
        ("[1, 2]", [1, 2]),
        ('{ x = "y" }', {"x": "y"}),
        ('"quoted"', "quoted"),
        ("cosine", "cosine"),
        ("../shared/data/names.txt", "../shared/data/names.txt"),
        ("C:\\texts\\a.txt", "C:\\texts\\a.txt"),
        ("a = b", "a = b"),
        ("", ""),
        ("cuda:0", "cuda:0"),
        ("1\nother = 2", "1\nother = 2"),
        ("[" * 5000, "[" * 5000),
        ("9" * 5000, "9" * 5000),
    ],
    ids=lambda v: ascii(v)[:30],
)
def test_right_side_is_a_toml_value_or_a_string_as_it_stands(text, value):
    assert value_of(text) == value


def test_text_keys_take_numbers_as_they_stand():
    keys = frozenset({"a.b"})
    assert value_of("1 2", keys) == "1 2"
    assert value_of("2024", keys) == "2024"
    assert value_of("2024-01-01", keys) == "2024-01-01"
    assert value_of('"2024"', keys) == "2024"


def test_spaces_around_the_key_are_no_part_of_it():
    assert parse_set("train.steps = 5").data == {"train": {"steps": 5}}


plain = st.recursive(
    st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)


@given(plain)
def test_any_toml_value_arrives_as_it_is(value):
    text = tomli_w.dumps({"v": value}).removeprefix("v = ").removesuffix("\n")
    assert value_of(text) == value


@given(st.text())
def test_no_right_side_can_raise_or_reach_another_key(text):
    layer = parse_set(f"a.b={text}")
    assert list(layer.data) == ["a"]
    assert list(layer.data["a"]) == ["b"]


def label_or_sentence(text: str) -> tuple[bool, str]:
    try:
        return True, parse_set(text).label
    except ConfigError as error:
        return False, error.message


@given(st.text() | st.from_regex(r"[a-z.]*=.*"))
def test_any_text_is_a_layer_or_a_sentence_on_one_line(text):
    parsed, line = label_or_sentence(text)
    assert line.startswith("--set ")
    assert line.isprintable()
    assert "=" in text or not parsed


def test_lines_of_keys():
    source = '''# a comment
preset = "x"
top.inner = 1

[optim] # lr = 3
lr = 0.1
betas = [
  0.9,  # first = 1
  0.99,
]
text = """
lr = 5
[train]
"""
[[optim.groups]]
match = "a"
[[optim.groups]]
match = "b"
[train]
"steps" = 3
inline = { a = 1, b = [2] }
'''
    lines = key_lines(source)
    expected = {
        ("preset",): 2,
        ("top", "inner"): 3,
        ("optim",): 5,
        ("optim", "lr"): 6,
        ("optim", "betas"): 7,
        ("optim", "betas", 1): 7,
        ("optim", "text"): 11,
        ("optim", "groups", 0): 15,
        ("optim", "groups", 0, "match"): 16,
        ("optim", "groups", 1, "match"): 18,
        ("train",): 19,
        ("train", "steps"): 20,
        ("train", "inline", "b", 0): 21,
    }
    assert {key: lines.get(key) for key in expected} == expected


def test_lines_are_right_with_windows_line_ends():
    assert key_lines("[a]\r\nx = 1\r\ny = 2\r\n")[("a", "y")] == 3


def _unix(value):
    if isinstance(value, dict):
        return {key: _unix(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_unix(inner) for inner in value]
    return value.replace("\r\n", "\n") if isinstance(value, str) else value


names = st.sampled_from(["a", "b", "c"])


@given(st.dictionaries(names, st.dictionaries(names, plain | st.dictionaries(names, plain))))
def test_every_key_of_a_file_has_the_line_that_names_it(data):
    source = tomli_w.dumps(data, multiline_strings=True)
    lines = key_lines(source)
    # TOML reads a line end inside a text of several lines as \n, however it was written
    assert _unix(tomli.loads(source)) == _unix(data)
    for table, values in data.items():
        for key in values:
            line = source.split("\n")[lines[(table, key)] - 1]
            assert key in line


def test_a_bom_and_utf8_are_read(tmp_path):
    path = tmp_path / "a.toml"
    path.write_bytes('[sample]\nprompt = "é"\n'.encode("utf-8-sig"))
    assert read_toml(path).data == {"sample": {"prompt": "é"}}


def refused(path) -> str:
    with pytest.raises(ConfigError) as caught:
        read_toml(path)
    return caught.value.message.removeprefix(str(path))


def test_files_that_cannot_be_read_get_a_sentence(tmp_path):
    assert refused(tmp_path / "none.toml") == ": there is no such file"
    assert refused(tmp_path) == ": is a folder, not a configuration file"
    latin = tmp_path / "latin.toml"
    latin.write_bytes(b'[sample]\nprompt = "\xe9"\n')
    assert refused(latin) == ": is not UTF-8 text (byte 19)"
    large = tmp_path / "large.toml"
    large.write_bytes(b"#" * (MOST_BYTES + 1))
    assert refused(large) == ": is larger than 1,000,000 bytes, so it is no configuration file"
    deep = tmp_path / "deep.toml"
    deep.write_text("a = " + "[" * 20_000 + "]" * 20_000)
    assert refused(deep).startswith(": is not valid TOML") or ":1:" in refused(deep)
    below = latin / "below.toml"
    assert refused(below) == ": cannot be read: Not a directory"


def test_a_hostile_file_name_prints_on_one_line(tmp_path):
    with pytest.raises(ConfigError) as caught:
        read_toml(tmp_path / "a\x1b[2J\nb.toml")
    assert caught.value.message.isprintable()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_forbidden_file_gets_a_sentence(tmp_path):
    path = tmp_path / "a.toml"
    path.write_text("")
    path.chmod(0)
    assert refused(path) == ": cannot be read: Permission denied"
