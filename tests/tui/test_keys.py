"""Every key is defined once, possible on a terminal, and told in the README."""

import asyncio
import string
from collections import Counter

import pytest
from textual.binding import Binding
from textual.keys import _character_to_key, format_key

from lrtui.errors import UsageError
from lrtui.tui.key_names import character_key, parse_keys, shown_key
from lrtui.tui.keys import KEYS, PLACES, bindings, key_of, keys_table, shown_keys
from tests.test_readme import README, ROOT
from tests.tui.stage import Stage


def test_ids_are_unique_and_every_place_is_named() -> None:
    assert [id for id, count in Counter(key.id for key in KEYS).items() if count > 1] == []
    assert {key.scope for key in KEYS} == set(PLACES)


@pytest.mark.parametrize("scope", PLACES)
def test_no_key_does_two_things_in_one_place(scope: str) -> None:
    keys = [one for key in KEYS if key.scope == scope for one in key.keys.split(",")]
    assert [key for key, count in Counter(keys).items() if count > 1] == []


def test_every_default_key_is_one_a_terminal_can_send() -> None:
    fixed = {"enter", "escape", "ctrl+q", "tab", "shift+tab"}
    for key in KEYS:
        for one in set(key.keys.split(",")) - fixed:
            assert parse_keys(one) == one, key.id


@pytest.mark.parametrize("sign", string.punctuation + string.ascii_letters + string.digits)
def test_characters_have_textuals_names_and_are_shown_as_themselves(sign: str) -> None:
    assert character_key(sign) == _character_to_key(sign)
    assert shown_key(character_key(sign)) == sign


@pytest.mark.parametrize("key", ["space", "left", "right", "up", "down", "pageup", "pagedown", "f1", "delete"])
def test_named_keys_are_shown_as_textual_shows_them(key: str) -> None:
    assert shown_key(key) == format_key(key)


def test_the_changelog_counts_the_keys_of_a_training() -> None:
    count = sum(key.scope == "train" for key in KEYS)
    assert f"under {count} keys that steer it" in (ROOT / "CHANGELOG.md").read_text()


def test_bindings_are_those_of_the_scopes_with_their_ids_and_re_mapped_keys() -> None:
    made = [binding for binding in bindings("train", keymap={"decay": "g"}) if isinstance(binding, Binding)]
    assert [binding.id for binding in made] == [key.id for key in KEYS if key.scope == "train"]
    assert made[0].key == "g"
    assert (made[0].action, made[0].show) == ("decay", True)


def test_a_re_mapped_key_does_what_the_old_one_did() -> None:
    done: list[str] = []

    class Trained(Stage, inherit_bindings=False):
        BINDINGS = bindings("train")

        def action_decay(self) -> None:
            done.append("decay")

        def action_undo(self) -> None:
            done.append("undo")

    async def scenario() -> None:
        app = Trained()
        app.set_keymap({"decay": "u", "undo": "left_square_bracket,f5", "halve": "d"})
        async with app.run_test() as pilot:
            await pilot.press("u", "left_square_bracket", "f5", "d")

    asyncio.run(scenario())
    assert done == ["decay", "undo", "undo"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("g", "g"), ("G", "G"), ("shift+g", "G"), ("[", "left_square_bracket"), (",", "comma"), ("+", "plus"),
        ("a, b", "a,b"), ("a,a", "a"), ("Space", "space"), ("ctrl+G", "ctrl+g"), ("F5", "f5"),
        ("shift+left", "shift+left"), ("-", "minus"), ("ö", "ö"), ("left_square_bracket", "left_square_bracket"),
    ],
)  # fmt: skip
def test_keys_as_people_write_them(written: str, meant: str) -> None:
    assert parse_keys(written) == meant


@pytest.mark.parametrize(
    "written",
    ["", " ", "a,,b", "ctrl+s", "ctrl+j", "ctrl+enter", "alt+d", "enter", "tab", "ctrl+c", "ctrl+é", "f25", "nokey",
     "\x1b", "\ud800", "ctrl+", "+a", "ctrl+ctrl+a", "x" * 1000],
)  # fmt: skip
def test_keys_that_cannot_be_had(written: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_keys(written)
    assert caught.value.sentence.isprintable()
    assert len(caught.value.sentence) < 200


def test_the_table_names_each_key() -> None:
    table = keys_table()
    assert "| `d` | multiply the rate by train.decay_factor (0.1) |" in table
    assert "| `q` `ctrl+q` | leave; the training goes on |" in table
    assert all(line.replace("\\|", "").count("|") == 3 for line in table.splitlines())
    assert shown_keys(KEYS[0], {"decay": "left"}) == "←"


def test_the_readme_has_the_table() -> None:
    told = README.partition("<!-- keys -->\n")[2].partition("\n<!-- /keys -->")[0]
    assert told == keys_table(), "write lrtui.tui.keys.keys_table() between the markers of the README"


def test_a_sentence_names_the_key_as_it_is_mapped() -> None:
    assert key_of("quit", {}) == "q"
    assert key_of("decay", {"decay": "left,f5"}) == "←"
