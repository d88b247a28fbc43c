"""Whole lines or nothing: torn tails, kills in the middle of a write, full disks, and readers that follow along."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lrtui.errors import DiskError
from lrtui.runs import lines
from lrtui.runs.lines import LineReader, LineWriter


def test_what_is_appended_is_read(tmp_path: Path) -> None:
    path = tmp_path / "log"
    reader = LineReader(path)
    assert list(reader.poll()) == []
    with LineWriter(path, sync=True) as writer:
        writer.append(b"one")
        assert list(reader.poll()) == [b"one"]
        writer.append(b"two")
        writer.append(b"three")
        assert list(reader.poll()) == [b"two", b"three"]
        assert list(reader.poll()) == []


def test_a_torn_tail_is_held_until_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "log"
    reader = LineReader(path)
    path.write_bytes(b"one\ntw")
    assert list(reader.poll()) == [b"one"]
    with path.open("ab") as file:
        file.write(b"o\nth")
    assert list(reader.poll()) == [b"two"]


def test_a_new_writer_cuts_off_the_torn_tail(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b'{"a":1}\n{"b":')
    with LineWriter(path, sync=False) as writer:
        writer.append(b"next")
    assert path.read_bytes() == b'{"a":1}\nnext\n'
    path.write_bytes(b"\0" * 5000)
    LineWriter(path, sync=False).close()
    assert path.read_bytes() == b""


def test_a_full_disk_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "log"
    room = 10

    def write(handle: int, data: bytes | memoryview) -> int:
        nonlocal room
        if not room:
            raise OSError(errno.ENOSPC, "No space left on device")
        written = real(handle, bytes(data)[:room])
        room -= written
        return written

    real = os.write
    with LineWriter(path, sync=False) as writer:
        monkeypatch.setattr(lines.os, "write", write)
        writer.append(b"first")
        with pytest.raises(DiskError, match=r"cannot write .*log: no space left on device") as refusal:
            writer.append(b"second")
        assert "lrtui delete" in refusal.value.hint
        assert path.read_bytes() == b"first\n"
        room = 100
        writer.append(b"third")
    assert path.read_bytes() == b"first\nthird\n"


def test_a_line_that_could_not_be_synced_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "log"
    reader = LineReader(path)
    with LineWriter(path, sync=True) as writer:
        writer.append(b"kept")
        with monkeypatch.context() as patch:
            patch.setattr(lines.os, "fsync", lambda handle: (_ for _ in ()).throw(OSError(errno.EIO, "I/O error")))
            with pytest.raises(DiskError):
                writer.append(b"lost")
        assert list(reader.poll()) == [b"kept"]
        writer.append(b"next")
    assert list(reader.poll()) == [b"next"]


def test_a_reader_ahead_of_a_line_taken_back_goes_on_at_the_next(tmp_path: Path) -> None:
    path = tmp_path / "log"
    reader = LineReader(path)
    path.write_bytes(b"one\ntwo\n")
    assert list(reader.poll()) == [b"one", b"two"]
    path.write_bytes(b"one\n")
    assert list(reader.poll()) == []
    path.write_bytes(b"one\nTWO\n")
    assert list(reader.poll()) == [b"TWO"]


def test_a_folder_in_the_place_of_the_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(DiskError, match="cannot write"):
        LineWriter(tmp_path, sync=True)
    with pytest.raises(DiskError, match="cannot read"):
        list(LineReader(tmp_path).poll())


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.lists(st.binary(min_size=1, max_size=40).filter(lambda line: b"\n" not in line), max_size=12),
    cuts=st.lists(st.integers(0, 500), max_size=8),
    chunk=st.integers(1, 16),
)
def test_however_a_file_grows_each_line_is_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: list[bytes], cuts: list[int], chunk: int
) -> None:
    monkeypatch.setattr(lines, "_CHUNK", chunk)
    path = tmp_path / "grows"
    whole = b"".join(line + b"\n" for line in content)
    reader, seen = LineReader(path), []
    for cut in [*sorted(cuts), len(whole)]:
        path.write_bytes(whole[:cut])
        seen.extend(reader.poll())
    assert seen == content
    path.write_bytes(whole + b"torn")
    LineWriter(path, sync=False).close()
    assert path.read_bytes() == whole


_WRITE_FOR_EVER = """
import sys
from pathlib import Path
from lrtui.runs.lines import LineWriter
writer = LineWriter(Path(sys.argv[1]), sync=False)
number = int(sys.argv[2])
while True:
    writer.append(b"%d:" % number + b"x" * (number * 7919 % 50_000))
    number += 1
    if number % 20 == 0: print(number, flush=True)
"""


def test_a_writer_killed_in_the_middle_leaves_only_whole_lines_behind(tmp_path: Path) -> None:
    path = tmp_path / "log"
    count = 0
    for _ in range(4):
        command = [sys.executable, "-c", _WRITE_FOR_EVER, str(path), str(count)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            acknowledged = int(process.stdout.readline())
            process.send_signal(signal.SIGKILL)
        read = list(LineReader(path).poll())
        for number, line in enumerate(read):
            assert line == b"%d:" % number + b"x" * (number * 7919 % 50_000)
        assert len(read) >= acknowledged
        count = len(read)
