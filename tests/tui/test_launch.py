"""The screens on a real terminal: refused where there is none, and whatever ends them leaves the terminal as it was."""

import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.tui.terminal import Terminal

Start = Callable[..., Terminal]

CRASH = """
from textual.app import App
def broken(self): raise RuntimeError("the \\x1b[2J reason")
import lrtui.tui.app
lrtui.tui.app.LrtuiApp.on_ready = broken
"""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    terminals: list[Terminal] = []

    def begin(*argv: str, **more: str) -> Terminal:
        terminals.append(Terminal(tmp_path, *argv, **more))  # type: ignore[arg-type]
        return terminals[-1]

    yield begin
    for terminal in terminals:
        terminal.close()


def painted(output: bytes) -> bool:
    return b" Quit" in output


def is_restored(terminal: Terminal) -> bool:
    """Out of the alternate screen, mouse and paste off, cursor shown, and the line discipline as it was."""
    off = [b"\x1b[?1049l", b"\x1b[?1000l", b"\x1b[?1003l", b"\x1b[?2004l", b"\x1b[?25h"]
    on = [code[:-1] + (b"l" if code.endswith(b"h") else b"h") for code in off]
    last = all(terminal.output.rfind(o) > terminal.output.rfind(n) for o, n in zip(off, on, strict=True))
    return last and termios.tcgetattr(terminal.master)[:4] == terminal.before[:4]


def refused(*argv: str, **streams: object) -> str:
    """What `lrtui ARGV` said before it ended with 64."""
    done = subprocess.run(
        [sys.executable, "-m", "lrtui", *argv], stderr=subprocess.PIPE, text=True, timeout=20, **streams
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
    with (tmp_path / "nohup.out").open("w") as out:
        refused(stdin=subprocess.DEVNULL, stdout=out)


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_terminal_that_moves_no_cursor_is_refused(term: str, start: Start) -> None:
    terminal = start(TERM=term)
    assert terminal.wait() == 64
    assert b"TERM is" in terminal.output
    assert b"\x1b[?1049h" not in terminal.output


@pytest.mark.parametrize("key", [b"q", b"\x11", b"\x03"])
def test_the_keys_that_leave_restore_the_terminal(key: bytes, start: Start) -> None:
    terminal = start()
    terminal.read_until(painted)
    terminal.press(key)
    assert terminal.wait() == 0
    assert is_restored(terminal)


def test_sigterm_restores_the_terminal(start: Start) -> None:
    terminal = start()
    terminal.read_until(painted)
    assert not is_restored(terminal)
    terminal.process.send_signal(signal.SIGTERM)
    assert terminal.wait() == 143
    assert is_restored(terminal)


@pytest.mark.parametrize("first", ["", "signal.signal(signal.SIGHUP, signal.SIG_IGN)"], ids=["plain", "under nohup"])
def test_a_terminal_that_goes_away_ends_it_soon_and_quietly(first: str, start: Start) -> None:
    terminal = start(first=first)
    terminal.read_until(painted)
    terminal.hang_up()
    began = time.monotonic()
    assert terminal.wait() == 129
    assert time.monotonic() - began < 2.0


def test_suspended_and_brought_back_it_paints_everything_again(start: Start) -> None:
    terminal = start()
    terminal.read_until(painted)
    terminal.press(b"\x1a")
    terminal.wait_until_stopped()
    terminal.read_until(lambda output: b"\x1b[?1049l" in output)
    assert is_restored(terminal)
    before = len(terminal.output)
    terminal.process.send_signal(signal.SIGCONT)
    terminal.read_until(lambda output: painted(output[before:]))
    terminal.press(b"q")
    assert terminal.wait() == 0


def test_a_bug_ends_in_a_sentence_and_a_log(start: Start, tmp_path: Path) -> None:
    terminal = start(first=CRASH)
    assert terminal.wait() == 70
    said = terminal.output.rpartition(b"lrtui: ")[2]
    assert is_restored(terminal)
    assert b"trainings go on; the traceback is in" in said
    assert b"\x1b" not in said
    assert b"Traceback" not in terminal.output
    assert "RuntimeError" in (tmp_path / "lrtui-crash.log").read_text()


def test_a_bug_can_be_seen_by_who_looks_for_it(start: Start) -> None:
    terminal = start(first=CRASH, LRTUI_DEBUG="1")
    assert terminal.wait() == 70
    assert b"Traceback" in terminal.output


def test_the_mouse_can_be_left_to_the_terminal(start: Start) -> None:
    terminal = start("--no-mouse")
    terminal.read_until(painted)
    assert b"\x1b[?1000h" not in terminal.output


def test_ascii_is_ascii(start: Start) -> None:
    terminal = start("--ascii")
    terminal.read_until(painted)
    terminal.press(b"q")
    assert terminal.wait() == 0
    assert terminal.output.isascii()


def test_an_unknown_run_is_a_sentence(start: Start) -> None:
    terminal = start("attach", "nobody")
    assert terminal.wait() == 64
    assert b"there is no run 'nobody'" in terminal.output
    assert b"\x1b[?1049h" not in terminal.output


def test_attach_without_a_run_needs_a_live_one(start: Start) -> None:
    terminal = start("attach")
    assert terminal.wait() == 64
    assert b"no run trains in" in terminal.output
