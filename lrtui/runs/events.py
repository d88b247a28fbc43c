"""The log of a run: lifecycle and ledger in `events.jsonl`, generated text in `samples.jsonl`.

An event is on the disk before the step that it changes, because the log is what a resume and a replay trust. Steps go
to the metrics instead, and samples have a file of their own, so that the log stays small and quick to fold.
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from lrtui.errors import LrtuiError
from lrtui.messages import Event, Sampled, Stepped, decode_event, encode
from lrtui.runs.closing import Closing
from lrtui.runs.directory import RunDirectory
from lrtui.runs.lines import LineReader, LineWriter

#: What decoding a line of an untrusted file can raise: no JSON, wrong types, a ledger entry that cannot be.
UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError, TypeError, LrtuiError)


class SampleLine(msgspec.Struct, frozen=True):
    """A line of `samples.jsonl`: what `lane` generated at `step`."""

    step: int
    lane: int
    prompt: str
    temperature: float
    text: str


class EventLog(Closing):
    """Appends events to a run. Whoever holds one must hold the run's lock."""

    def __init__(self, run: RunDirectory) -> None:
        self._events = LineWriter(run.events, sync=True)
        self._samples = LineWriter(run.samples, sync=False)

    def append(self, event: Event) -> None:
        """Writes one event: `Sampled` to the samples, every other to the log, fsynced.

        Raises DiskError where it cannot be written; the file is then as before. `Stepped` belongs to MetricsWriter.
        """
        assert not isinstance(event, Stepped), "steps go to the metrics"
        if isinstance(event, Sampled):
            line = SampleLine(event.step, event.lane, event.prompt, event.temperature, event.text)
            self._samples.append(msgspec.json.encode(line))
        else:
            self._events.append(encode(event))

    def close(self) -> None:
        self._events.close()
        self._samples.close()


class EventReader:
    """Follows a log. `skipped` counts the complete lines that were no event of this version."""

    def __init__(self, path: Path) -> None:
        self._lines = LineReader(path)
        self.skipped = 0

    def poll(self) -> Iterator[Event]:
        """The events since the last poll. Raises DiskError where the file cannot be read."""
        for line in self._lines.poll():
            try:
                event = decode_event(line)
            except UNREADABLE:
                self.skipped += 1
                continue
            yield event


class SampleReader:
    """Follows the samples of a run; a torn tail waits, unreadable lines are left out."""

    def __init__(self, run: RunDirectory) -> None:
        self._lines = LineReader(run.samples)
        self._decoder = msgspec.json.Decoder(type=SampleLine)

    def poll(self) -> Iterator[SampleLine]:
        """The samples since the last poll. Raises DiskError where the file cannot be read."""
        for line in self._lines.poll():
            try:
                sample = self._decoder.decode(line)
            except UNREADABLE:
                continue
            yield sample


def read_samples(run: RunDirectory) -> list[SampleLine]:
    """Every sample of a run, oldest first."""
    return list(SampleReader(run).poll())
