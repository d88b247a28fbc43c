"""The numbers of every step on disk: columnar JSON lines, written at 5,000 steps a second, read while they grow.

A segment begins where a process or a branch begins: a killed run that resumes, an undo and a rollback are the same
thing here. Where a later segment starts at an earlier step, what it supersedes is kept as a ghost.
"""

import contextlib
import math
import os
import socket
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import cast

import msgspec

from lrtui.errors import DiskError
from lrtui.messages import Stepped
from lrtui.runs.closing import Closing
from lrtui.runs.directory import RunDirectory, disk_errors
from lrtui.runs.events import UNREADABLE
from lrtui.runs.lines import LineReader, LineWriter
from lrtui.runs.plain_files import open_plain

COLUMNS = ("loss", "lr", "grad_norm")
#: A block of more steps than any writer makes: a constant column must not let one bad line claim all the memory.
_LARGEST_BLOCK = 1_000_000
_TAIL_BYTES = 1 << 16


class Header(msgspec.Struct, frozen=True):
    """The first line of a segment: the step it begins with, and who wrote it."""

    start_step: int
    host: str
    pid: int
    columns: list[str]


class _Line(msgspec.Struct, frozen=True, gc=False):
    step: int
    n: int
    loss: list[float | None] = []
    lr: list[float | None] = []
    grad_norm: list[float | None] = []
    update: float | None = None


_header_decoder = msgspec.json.Decoder(type=Header)
_line_decoder = msgspec.json.Decoder(type=_Line)


class Block(msgspec.Struct, frozen=True, gc=False):
    """Steps `step … step + len(loss) − 1` of a segment; a value that was not finite is NaN.

    A segment's first block is empty, with `step` = `start_step`: it tells that everything from there on is superseded.
    `updates` are (step, |update| / |weights|) where that was measured: at every hundredth step.
    """

    segment: int
    step: int
    loss: "array[float]"
    lr: "array[float]"
    grad_norm: "array[float]"
    updates: tuple[tuple[int, float], ...] = ()


class MetricsWriter(Closing):
    """Writes one new segment. Make another where training rewinds. Whoever holds one must hold the run's lock.

    Raises DiskError where a line cannot be written; the segment then lacks that block and can be written on.
    """

    def __init__(self, run: RunDirectory, start_step: int, columns: Sequence[str] = COLUMNS) -> None:
        self.columns = tuple(columns)
        self.segment = max(run.segments(), default=-1) + 1
        self._lines = LineWriter(run.metrics(self.segment), sync=False, exclusive=True)
        header = Header(start_step, socket.gethostname(), os.getpid(), list(columns))
        try:
            self._lines.append(msgspec.json.encode(header))
        except BaseException:
            # A segment without its header would be unreadable for ever.
            self.close()
            run.metrics(self.segment).unlink(missing_ok=True)
            raise

    def write(self, block: Stepped) -> None:
        """Writes one block as one line: loss and grad norm to 6 digits, the update to 3, the rate exactly."""
        parts = [f'"{name}":[{_column(name, getattr(block, name))}]' for name in self.columns]
        if block.update is not None and math.isfinite(block.update):
            parts.append(f'"update":{block.update:.3g}')
        self._lines.append(f'{{"step":{block.step},"n":{block.n},{",".join(parts)}}}'.encode())

    def close(self) -> None:
        self._lines.close()


def _column(name: str, values: Sequence[float | None]) -> str:
    if len(values) > 1 and values.count(values[0]) == len(values):
        values = values[:1]
    elif name != "lr" and None not in values:
        with contextlib.suppress(OverflowError, ValueError):  # infinities
            if math.isfinite(math.fsum(cast(list[float], values))):  # all at once: this runs for every step of a run
                return ",".join(["%.6g"] * len(values)) % tuple(values)
    show = repr if name == "lr" else "{:.6g}".format
    return ",".join(show(v) if v is not None and math.isfinite(v) else "null" for v in values)


@dataclass(slots=True)
class Series:
    """The surviving steps of a run, ascending, one value a step and column; `ghosts` are the superseded branches.

    `updates` are as in `Block`. Steps may be missing where the disk was full, and for `problems`, told in sentences.
    """

    step: "array[int]" = field(default_factory=lambda: array("q"))
    loss: "array[float]" = field(default_factory=lambda: array("d"))
    lr: "array[float]" = field(default_factory=lambda: array("d"))
    grad_norm: "array[float]" = field(default_factory=lambda: array("d"))
    ghosts: "list[Series]" = field(default_factory=list)
    updates: list[tuple[int, float]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def add(self, block: Block) -> None:
        """Appends a block; steps it supersedes become a ghost first."""
        if self.step and block.step <= self.step[-1]:
            self._supersede(block.step)
        self.step.extend(range(block.step, block.step + len(block.loss)))
        self.loss.extend(block.loss)
        self.lr.extend(block.lr)
        self.grad_norm.extend(block.grad_norm)
        self.updates.extend(block.updates)

    def _supersede(self, step: int) -> None:
        cut = bisect_left(self.step, step)
        self.ghosts.append(Series(self.step[cut:], self.loss[cut:], self.lr[cut:], self.grad_norm[cut:]))
        del self.step[cut:], self.loss[cut:], self.lr[cut:], self.grad_norm[cut:]
        self.updates = [measured for measured in self.updates if measured[0] < step]


def joined(blocks: Iterable[Block], most: int = 8192) -> Iterator[Block]:
    """The same steps in fewer blocks, of about `most` steps where they follow on each other: quicker to fold."""
    held: Block | None = None
    end = 0
    for block in blocks:
        if held is not None:
            if block.step == end and block.segment == held.segment and len(held.loss) < most:
                held.loss.extend(block.loss)
                held.lr.extend(block.lr)
                held.grad_norm.extend(block.grad_norm)
                if block.updates:
                    held = msgspec.structs.replace(held, updates=held.updates + block.updates)
                end += len(block.loss)
                continue
            yield held
        held, end = block, block.step + len(block.loss)
    if held is not None:
        yield held


class MetricsReader:
    """Follows the metrics of a run through all its segments. `skipped` counts unreadable complete lines.

    `lost` are the segments that could not be read, or not to their ends, each by its number with a sentence.
    """

    def __init__(self, run: RunDirectory) -> None:
        self.skipped = 0
        self.lost: dict[int, str] = {}
        self._run = run
        self._segment = -1
        self._lines: LineReader | None = None
        self._begun = False

    def poll(self) -> Iterator[Block]:
        """The blocks since the last poll, in the order they were written.

        What cannot be read of a segment is tried again while it is the newest, and then left out. Raises DiskError
        where nothing can be read.
        """
        # A segment is finished before the next one is made: list first, then read what is left of the present one.
        with disk_errors("read", self._run.path):
            ahead = [segment for segment in self._run.segments() if segment > self._segment]
        yield from self._rest_of_segment()
        for segment in ahead:
            self._segment, self._begun = segment, False
            self._lines = LineReader(self._run.metrics(segment))
            yield from self._rest_of_segment()

    def _rest_of_segment(self) -> Iterator[Block]:
        decode = _decode_block if self._begun else _decode_first
        try:
            for line in self._lines.poll() if self._lines else ():
                try:
                    block = decode(self._segment, line)
                except UNREADABLE:
                    self.skipped += 1
                    continue
                decode, self._begun = _decode_block, True
                yield block
        except DiskError as error:
            self.lost[self._segment] = f"{error.message}; its steps are left out"
        else:
            self.lost.pop(self._segment, None)


def _decode_first(segment: int, line: bytes) -> Block:
    """The header; a block, where that is damaged: its step tells nearly the same."""
    try:
        return _decode_header(segment, line)
    except UNREADABLE:
        return _decode_block(segment, line)


def _decode_header(segment: int, line: bytes) -> Block:
    header = _header_decoder.decode(line)
    _check_range(header.start_step, 1)
    return Block(segment, header.start_step, array("d"), array("d"), array("d"))


def _decode_block(segment: int, line: bytes) -> Block:
    block = _line_decoder.decode(line)
    n = block.n
    _check_range(block.step, n)
    updates = () if block.update is None else ((block.step, block.update),)
    loss, lr, grad_norm = _values(block.loss, n), _values(block.lr, n), _values(block.grad_norm, n)
    return Block(segment, block.step, loss, lr, grad_norm, updates)


def _check_range(step: int, n: int) -> None:
    if not (0 <= step < 1 << 62 and 1 <= n <= _LARGEST_BLOCK):
        raise ValueError("a block beyond what a writer makes")


def _values(values: list[float | None], n: int) -> "array[float]":
    """The `n` values of a column, where one value stands for all and none for nothing measured."""
    try:
        full = array("d", cast(list[float], values))
    except TypeError:  # a null: building the list anew costs more than this attempt, which is nearly never in vain
        full = array("d", [math.nan if value is None else value for value in values])
    if len(full) == n:
        return full
    if len(full) > 1:
        raise ValueError(f"a column of {len(full)} values in a block of {n}")
    return (full or array("d", [math.nan])) * n


def read_metrics(run: RunDirectory) -> Series:
    """Every step of a run, live or dead, that can be read. Raises DiskError where none can be."""
    reader, series = MetricsReader(run), Series()
    for block in reader.poll():
        series.add(block)
    series.problems = list(reader.lost.values())
    if series.problems and not series.step:
        raise DiskError(series.problems[0])
    return series


def last_block(run: RunDirectory) -> Block | None:
    """The newest block, read from the end of its segment; empty where nothing before it leads up to its step.

    A segment without steps, as a resume with nothing left to train makes it, gives way to the one that it goes on from.
    """
    empty: Block | None = None
    for segment in reversed(run.segments()):
        block = _last_of(run, segment)
        if block is None:
            continue
        if empty is not None and block.step + len(block.loss) != empty.step:
            break
        if block.loss:
            return block
        empty = block
    return empty


def _last_of(run: RunDirectory, segment: int) -> Block | None:
    path = run.metrics(segment)
    with disk_errors("read", path), open(open_plain(path, os.O_RDONLY), "rb") as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL_BYTES))
        lines = file.read().split(b"\n")[:-1]
    for line in reversed(lines):
        for decode in (_decode_block, _decode_header):
            try:
                return decode(segment, line)
            except UNREADABLE:
                continue
    return None
