"""Keys are keys; what a terminal answers or sends torn is not, and what follows it is not lost."""

from pathlib import Path

import pytest
from textual._xterm_parser import XTermParser
from textual.events import Key

from lrtui.tui.terminal_input import TerminalParser
from tests.tui.terminal import PAINTED, lrtui_on_terminal

#: to questions about colours, name, features, keyboard, state, size, theme, capabilities, and a key that is let go
ANSWERS = [
    "\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\",
    "\x1b]11;rgb:1e1e/1e1e/2e2e\x07",
    "\x1bP>|ghostty 1.2.0\x1b\\",
    "\x1bP1+r696e646e=1b5b25703125643335343633ddddss\x1b\\",
    "\x1b_Gi=31;OK\x1b\\",
    "\x1b[?62;1;4c",
    "\x1b[>0;276;0c",
    "\x1b[?0u",
    "\x1b[0n",
    "\x1b[8;40;120t",
    "\x1b[?997;1n",
    "\x1b[?1;0;256S",
    "\x1b[115;1:3u",
    "\x1b[99999999999999999999",
]
KNOWN = [
    "d", "é", "日", "\r", "\t", "\x7f", "\x11", "\x1b[A", "\x1bOA", "\x1bOP", "\x1b[[A", "\x1b[15~", "\x1b[1;2C",
    "\x1b[7$", "\x1b[Z", "\x1b[115u", "\x1b[115;5u", "\x1b[97;;97u", "\x1b[<35;12;5M", "\x1b[<0;1;1m", "\x1b[I",
    "\x1b[O", "\x1b[?2026;2$y", "\x1b[12;40R", "\x1b[48;40;120;800;1200t", "\x1b[200~ab\x1b[201~",
]  # fmt: skip


def keys(*pieces: str) -> list[str]:
    parser = TerminalParser()
    return [token.key for piece in pieces for token in parser.feed(piece) if isinstance(token, Key)]


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_presses_no_key_and_swallows_none(answer: str) -> None:
    cut_off = not answer.endswith(("\\", "\x07")) and answer[-1].isdigit()
    after = "\x1b[A" if cut_off else "d"
    assert keys(f"h{answer}{after}") == ["h", "up" if cut_off else "d"]
    assert keys("h", answer, after) == keys(f"h{answer}{after}")


@pytest.mark.parametrize("answer", ANSWERS[:-1])
@pytest.mark.parametrize("at", [2, 3, 5])
def test_an_answer_in_two_pieces_presses_none_either(answer: str, at: int) -> None:
    assert keys(*filter(None, (answer[:at], answer[at:])), "d") == ["d"]


@pytest.mark.parametrize("sequence", KNOWN)
def test_what_textual_knows_it_is_given(sequence: str) -> None:
    wanted = [str(token) for token in XTermParser().feed(sequence + "a")]
    assert wanted
    assert [str(token) for token in TerminalParser().feed(sequence + "a")] == wanted
    parser = TerminalParser()
    torn = [str(token) for character in sequence + "a" for token in parser.feed(character)]
    assert torn == wanted


def test_escape_is_a_key_still() -> None:
    parser = TerminalParser()
    assert list(parser.feed("\x1b")) == []
    parser._timeout_time = 0.0
    assert [token.key for token in parser.tick() if isinstance(token, Key)] == ["escape"]
    assert keys("\x1b\x1b[A") == ["escape", "up"]
    assert keys("\x1b", "\x1b[A") == ["escape", "up"]


def test_a_string_that_never_ends_does_not_keep_the_keyboard(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("lrtui.tui.terminal_input.time.monotonic", lambda: now)
    parser = TerminalParser()
    assert list(parser.feed("\x1b]11;rgb:")) == []
    now = 1.5
    assert [token.key for token in parser.feed("d") if isinstance(token, Key)] == ["d"]


def test_a_real_terminal_may_answer_what_it_likes(tmp_path: Path) -> None:
    with lrtui_on_terminal(tmp_path) as terminal:
        terminal.wait_for(PAINTED)
        for answer in ANSWERS[:-1]:
            terminal.press(answer)
        terminal.press("q")
        assert terminal.wait() == 0
