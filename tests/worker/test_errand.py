"""A process that only tells: its events come as they are told, its failure is a sentence, and it can be dropped."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lrtui.messages import Event, Paused
from lrtui.worker import errand as errand_module
from lrtui.worker.errand import Errand

PYTHON = sys.executable
PAUSED = '{"event":"paused","step":%d}'


class Heard:
    def __init__(self) -> None:
        self.events: list[Event] = []
        self.endings: list[str] = []
        self.over = threading.Event()

    def ended(self, problem: str) -> None:
        self.endings.append(problem)
        self.over.set()


@contextmanager
def speaking(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, program: str) -> Iterator[tuple[Errand, Heard]]:
    """An errand whose process is this Python program."""
    script = tmp_path / "program.sh"
    script.write_text(f"#!/bin/sh\nexec {PYTHON} -S -c '{program}'\n")
    script.chmod(0o755)
    monkeypatch.setattr(errand_module.sys, "executable", str(script))
    heard = Heard()
    errand = Errand(["find"], told=heard.events.append, ended=heard.ended)
    try:
        yield errand, heard
    finally:
        errand.stop()


def test_what_it_tells_is_heard_and_what_makes_no_sense_is_left_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told = PAUSED % 3
    for code in (0, 1):
        program = f'print("""{told}\\nnonsense"""); raise SystemExit({code})'
        with speaking(monkeypatch, tmp_path, program) as (_, heard):
            assert heard.over.wait(10)
            assert heard.events == [Paused(3)]
            assert heard.endings == [""]


@pytest.mark.parametrize(
    ("program", "told"),
    [
        ('import sys; sys.stderr.write("lrtui: no preset x\\nTry one.\\n"); sys.exit(64)', "no preset x"),
        ("raise SystemExit(1)", "ended with exit code 1"),
        ('import os; print("""' + PAUSED % 1 + '""", flush=True); os.kill(os.getpid(), 9)', "exit code -9"),
    ],
)  # fmt: skip
def test_a_failure_is_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, program: str, told: str) -> None:
    with speaking(monkeypatch, tmp_path, program) as (_, heard):
        assert heard.over.wait(10)
        assert told in heard.endings[0]


def test_what_cannot_be_started_is_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(errand_module.sys, "executable", str(tmp_path / "nothing"))
    heard = Heard()
    Errand(["find"], told=heard.events.append, ended=heard.ended)
    assert heard.over.wait(10)
    assert "cannot be started" in heard.endings[0]


def test_one_that_is_dropped_ends_and_is_heard_no_more(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = f'import time\\nprint("""{PAUSED % 1}""", flush=True)\\ntime.sleep(60)'.replace("\\n", "\n")
    with speaking(monkeypatch, tmp_path, program) as (errand, heard):
        deadline = time.monotonic() + 10
        while not heard.events:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        errand.stop()
        process = errand._process
        assert process is not None
        assert process.wait(10) == -9
        assert heard.endings == []
