"""The headless front end: what a log, a terminal and a script get to see of the same run."""

import io
import json
import os
import pty
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from lrtui.console import Console, report_error
from lrtui.errors import ConfigError, UsageError
from lrtui.messages import (
    CheckpointSaved,
    CommandRejected,
    Diverged,
    Event,
    Sampled,
    Stopped,
    Warned,
    decode_event,
)
from lrtui.runs.directory import create_run
from tests.runs.story import block, evaluated, finished, scaled, started, told_run

HOSTILE = "\x1b]0;evil\x07\x9b2J [bold]x[/] [a='b'] \u202e\x00"
#: What Rich itself sends: colours, cursor up and back, erase a line, hide and show the cursor.
_RICH_SEQUENCES = re.compile(r"\x1b\[[0-9;?]*[mAKhl]")


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def lines_of(events: list[Event], **given: bool) -> list[str]:
    out = io.StringIO()
    with Console(out, clock=Clock(), **given) as console:
        for event in events:
            console.show(event)
    return out.getvalue().splitlines()


def test_json_is_one_event_a_line_and_nothing_else(tmp_path: Path) -> None:
    run = told_run(tmp_path)
    events = [
        started(),
        block(0, 3),
        evaluated(3),
        Sampled(step=3, prompt="", temperature=1.0, text=HOSTILE),
        finished(),
    ]
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    with Console(out, json=True) as console:
        for event in events:
            console.show(event)
        console.close(run)
    out.seek(0)
    lines = out.buffer.read().splitlines()  # type: ignore[attr-defined]
    assert [decode_event(line) for line in lines] == events
    assert json.loads(lines[2])["event"] == "evaluated"


def test_lines_tell_a_run() -> None:
    events = [
        started(),
        block(0),
        evaluated(100, 2.25),
        scaled(100),
        CheckpointSaved(step=100, path="steps/0"),
        finished(),
    ]
    assert lines_of(events) == [
        "quiet-otter: 3,481 parameters, 1,000 steps, corpus names, vocabulary of 27",
        "reference lines in nats: uniform 4.170, unigram 3.300, bigram 2.450",
        "step 100/1,000  val 2.250 train 1.900  lr 1e-1",
        "step 100  ×0.1: lr 1e-1 → 1e-2",
        "finished 1,000 steps in 0:12: train 1.900, val 2.000, state abababababab",
    ]


def test_what_is_past_is_told_without_a_speed_and_what_comes_with_its_own() -> None:
    out, clock = io.StringIO(), Clock()
    console = Console(out, clock=clock)
    for event in (started(), block(0), evaluated(100), block(100), evaluated(200)):
        clock.now += 0.001
        console.show(event, past=True)
    clock.now += 2
    console.show(block(200))
    console.show(evaluated(300))
    assert out.getvalue().splitlines()[2:] == [
        "step 100/1,000  val 2.000 train 1.900  lr 1e-1",
        "step 200/1,000  val 2.000 train 1.900  lr 1e-1",
        "step 300/1,000  val 2.000 train 1.900  lr 1e-1  50 it/s  ETA 0:14",
    ]


def test_without_evaluations_a_log_still_tells_every_ten_seconds() -> None:
    out, clock = io.StringIO(), Clock()
    console = Console(out, clock=clock)
    for number in range(60):
        clock.now += 1
        console.show(block(number * 10, 10))
    lines = out.getvalue().splitlines()
    assert len(lines) == 6
    assert re.fullmatch(r"step 100/0  loss 3\.\d{3}  lr 1e-1  10 it/s  ETA 0:00", lines[0])


def test_lines_have_no_escape_and_close_with_chart_sample_and_figures(tmp_path: Path) -> None:
    out = io.StringIO()
    with Console(out) as console:
        console.show(finished())
        console.close(told_run(tmp_path))
    text = out.getvalue()
    assert "\x1b" not in text
    assert "Loss   ── train" in text
    assert "Learning rate" in text
    assert "bigram 2.45" in text
    assert "×0.1" in text
    assert "undo" in text
    assert "Sample at step 1,000, T 0.8\nemma␛]0;evil␇\n[bold]olivia[/b]\n" in text
    assert text.splitlines()[-1].startswith("quiet-otter: step 1,000/1,000 · loss ")
    assert text.endswith("nats below bigram\n")
    assert max(map(len, text.splitlines())) <= 120


def test_a_run_without_any_steps_closes_too(tmp_path: Path) -> None:
    out = io.StringIO()
    Console(out).close(create_run(tmp_path, "otter"))
    assert "nothing to show yet" in out.getvalue()


def test_an_ascii_log_is_ascii(tmp_path: Path) -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    with Console(out) as console:
        assert console.ascii
        console.show(started())
        console.show(scaled(5))
        console.show(Sampled(step=5, prompt="é", temperature=1.0, text="文字"))
        console.close(told_run(tmp_path))
    out.flush()
    text = out.buffer.getvalue().decode("ascii")  # type: ignore[attr-defined]
    assert "** train" in text
    assert "step 5  x0.1: lr 1e-1 -> 1e-2" in text


def in_terminal(show: Callable[[Console], None], monkeypatch: pytest.MonkeyPatch, columns: int = 100) -> str:
    """What a terminal of that width receives."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("LINES", "40")
    reader, writer = pty.openpty()
    received = b""
    with os.fdopen(writer, "w", encoding="utf-8") as out:
        assert out.isatty()
        with Console(out) as console:
            assert console.mode == "bar"
            # A pty holds 4 kB: take what there is before the writer would block.
            write = out.write

            def drained(text: str) -> int:
                nonlocal received
                for start in range(0, len(text), 500):
                    write(text[start : start + 500])
                    out.flush()
                    received += os.read(reader, 65536)
                return len(text)

            monkeypatch.setattr(console, "_out", _Drained(drained, out))
            if console._bar:
                console._bar.rich.file = _Drained(drained, out)  # type: ignore[assignment]
            show(console)
    os.close(reader)
    return received.decode()


class _Drained(io.TextIOBase):
    def __init__(self, write: Callable[[str], int], out: io.TextIOBase) -> None:
        self._write, self._terminal = write, out

    def write(self, text: str) -> int:
        return self._write(text)

    def isatty(self) -> bool:
        return self._terminal.isatty()


def a_run(console: Console) -> None:
    for event in (started(), block(0), Sampled(step=100, prompt="", temperature=0.8, text=HOSTILE), scaled(100)):
        console.show(event)


def test_a_terminal_gets_a_bar_with_samples_above_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    text = in_terminal(a_run, monkeypatch)
    assert "━" in text
    shown = _RICH_SEQUENCES.sub("", text)
    assert re.search(r"step 0/1,000 ━+ loss –  val –  lr –  – it/s  ETA –", shown)
    assert "── sample at step 100, T 0.8" in shown
    assert "step 100  ×0.1: lr 1e-1 → 1e-2" in shown
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l"), "the cursor is shown again at the end"


def test_nothing_hostile_reaches_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    def hostile(console: Console) -> None:
        a_run(console)
        for event in (
            Warned(step=1, message=HOSTILE),
            CommandRejected(step=1, command=HOSTILE, reason=HOSTILE),
            Diverged(step=1, loss=None, reason=HOSTILE, action=HOSTILE),
            Stopped(step=1, cause=HOSTILE, state_sha256=HOSTILE, resume=HOSTILE),
        ):
            console.show(event)

    text = in_terminal(hostile, monkeypatch)
    assert "[bold]x[/] [a='b']" in text
    rest = _RICH_SEQUENCES.sub("", text)
    assert not re.search("[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u202e]", rest)


def test_no_color(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    run = told_run(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "38;5" not in in_terminal(lambda console: console.close(run), monkeypatch)
    monkeypatch.delenv("NO_COLOR")
    assert "38;5" in in_terminal(lambda console: console.close(run), monkeypatch)


def test_the_bar_is_one_line_in_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for columns in (50, 78, 80, 120):
        shown = _RICH_SEQUENCES.sub("", in_terminal(a_run, monkeypatch, columns))
        bars = [line for line in re.split(r"[\r\n]+", shown) if "━" in line]
        assert bars
        assert all(len(line.rstrip()) <= columns for line in bars)
        assert all("ETA" in line for line in bars)


def test_the_bar_is_drawn_at_most_four_times_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()

    def many(console: Console) -> None:
        monkeypatch.setattr(console, "_clock", clock)
        for number in range(1000):
            clock.now += 0.001
            console.show(block(number, 1))

    assert in_terminal(many, monkeypatch).count("ETA") <= 6


def test_a_dumb_terminal_gets_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    reader, writer = pty.openpty()
    with os.fdopen(writer, "w") as out:
        assert Console(out).mode == "lines"
    os.close(reader)


def test_a_reader_that_went_away_is_a_broken_pipe() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    out = os.fdopen(writer, "w")
    with pytest.raises(BrokenPipeError):
        Console(out).show(finished())
    with pytest.raises(BrokenPipeError):
        out.close()


def test_errors_are_a_sentence_and_a_hint() -> None:
    err = io.StringIO()
    report_error(UsageError("there is no run '\x1b[2J'", "Did you mean otter?"), err)
    report_error(ConfigError("a.toml:1: x\na.toml:2: y"), err)
    assert err.getvalue() == "lrtui: there is no run '␛[2J'\nDid you mean otter?\nlrtui: a.toml:1: x\na.toml:2: y\n"
