"""The screens on a real terminal: refused where there is none, and whatever ends them leaves the terminal as it was."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from lrtui.bench.terminal import Terminal
from tests.tui.terminal import PAINTED, lrtui_on_terminal

Start = Callable[..., Terminal]

CRASH = """
from textual.app import App
def broken(self): raise RuntimeError("the \\x1b[2J reason")
import lrtui.tui.app
lrtui.tui.app.LrtuiApp.on_ready = broken
"""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    with ExitStack() as terminals:
        yield lambda *argv, **more: terminals.enter_context(lrtui_on_terminal(tmp_path, *argv, **more))


def is_restored(terminal: Terminal) -> bool:
    """Out of the alternate screen, mouse and paste off, cursor shown, and the line discipline as it was."""
    off = [b"\x1b[?1049l", b"\x1b[?1000l", b"\x1b[?1003l", b"\x1b[?2004l", b"\x1b[?25h"]
    on = [code[:-1] + (b"l" if code.endswith(b"h") else b"h") for code in off]
    output = terminal.output()
    last = all(output.rfind(o) > output.rfind(n) for o, n in zip(off, on, strict=True))
    return last and terminal.modes() == terminal.modes_before


def refused(*argv: str, **streams: object) -> str:
    """What `lrtui ARGV` said before it ended with 64."""
    done = subprocess.run(
        [sys.executable, "-m", "lrtui", *argv], stderr=subprocess.PIPE, text=True, timeout=10, **streams
    )  # type: ignore[call-overload]
    assert done.returncode == 64
    said: str = done.stderr
    assert len(said.splitlines()) == 2
    return said


@pytest.mark.parametrize("argv", [(), ("--ascii",)])
def test_without_a_terminal_it_is_refused_in_a_sentence(argv: tuple[str, ...]) -> None:
    said = refused(*argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    assert said.startswith("lrtui: the screens need a terminal, and stdin is none")


def test_nohup_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with Terminal(["nohup", sys.executable, "-m", "lrtui"], cwd=str(tmp_path)) as terminal:
        assert terminal.wait(10) == 64
    said = (tmp_path / "nohup.out").read_text()
    assert said.startswith("lrtui: the screens need a terminal, and ")
    assert len(said.splitlines()) == 2


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_terminal_that_moves_no_cursor_is_refused(term: str, start: Start) -> None:
    terminal = start(TERM=term)
    assert terminal.wait(10) == 64
    assert b"TERM is" in terminal.output()
    assert b"\x1b[?1049h" not in terminal.output()


@pytest.mark.parametrize("key", ["q", "\x11", "\x03"])
def test_the_keys_that_leave_restore_the_terminal(key: str, start: Start) -> None:
    terminal = start()
    terminal.wait_for(PAINTED)
    terminal.press(key)
    assert terminal.wait() == 0
    assert is_restored(terminal)


def test_sigterm_restores_the_terminal(start: Start) -> None:
    terminal = start()
    terminal.wait_for(PAINTED)
    assert not is_restored(terminal)
    terminal.process.send_signal(signal.SIGTERM)
    assert terminal.wait() == 143
    assert is_restored(terminal)


def test_an_exported_size_does_not_hide_the_real_one(start: Start) -> None:
    """Some shells export COLUMNS once and for all: Textual would paint 60 columns of 120, whatever becomes of them."""
    terminal = start(columns=120, lines=40, COLUMNS="60", LINES="20")
    terminal.wait_for(PAINTED)
    assert b"\x1b[40;" in terminal.output(), "the last row is painted"


@pytest.mark.parametrize("first", ["", "signal.signal(signal.SIGHUP, signal.SIG_IGN)"], ids=["plain", "under nohup"])
def test_a_terminal_that_goes_away_ends_it_soon_and_quietly(first: str, start: Start) -> None:
    terminal = start(first=first)
    terminal.wait_for(PAINTED)
    terminal.hang_up()
    began = time.monotonic()
    assert terminal.wait() == 129
    assert time.monotonic() - began < 2.0


def test_suspended_and_brought_back_it_paints_everything_again(start: Start) -> None:
    terminal = start()
    terminal.wait_for(PAINTED)
    terminal.press("\x1a")
    terminal.wait_until_stopped()
    terminal.wait_for("\x1b[?1049l")
    assert is_restored(terminal)
    continued = time.monotonic()
    terminal.process.send_signal(signal.SIGCONT)
    terminal.wait_for(PAINTED, since=continued)
    terminal.press("q")
    assert terminal.wait() == 0


def test_a_bug_ends_in_a_sentence_and_a_log(start: Start, tmp_path: Path) -> None:
    terminal = start(first=CRASH)
    assert terminal.wait() == 70
    said = terminal.output().rpartition(b"lrtui: ")[2]
    assert is_restored(terminal)
    assert b"trainings go on; the traceback is in" in said
    assert b"\x1b" not in said
    assert b"Traceback" not in terminal.output()
    assert "RuntimeError" in (tmp_path / "lrtui-crash.log").read_text()


def test_a_bug_can_be_seen_by_who_looks_for_it(start: Start) -> None:
    terminal = start(first=CRASH, LRTUI_DEBUG="1")
    assert terminal.wait() == 70
    assert b"Traceback" in terminal.output()


def test_the_mouse_can_be_left_to_the_terminal(start: Start) -> None:
    terminal = start("--no-mouse")
    terminal.wait_for(PAINTED)
    assert b"\x1b[?1000h" not in terminal.output()


def test_ascii_is_ascii(start: Start) -> None:
    terminal = start("--ascii")
    terminal.wait_for(PAINTED)
    terminal.press("q")
    assert terminal.wait() == 0
    assert terminal.output().isascii()


def test_an_unknown_run_is_a_sentence(start: Start) -> None:
    terminal = start("attach", "nobody")
    assert terminal.wait() == 64
    assert b"there is no run 'nobody'" in terminal.output()
    assert b"\x1b[?1049h" not in terminal.output()


def test_attach_without_a_run_needs_a_live_one(start: Start) -> None:
    terminal = start("attach")
    assert terminal.wait() == 64
    assert b"no run trains in" in terminal.output()
