"""What a run shows without a screen: a bar in a terminal, lines in a log, JSON for scripts; errors as sentences.

The three agree on one thing: everything a run tells comes as an event, and whatever is shown of it went through
`words`, so that no text from a corpus or a name reaches the terminal as it is.
"""

import os
import shutil
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, TextIO

from lrtui.console.progress import Progress
from lrtui.errors import LrtuiError
from lrtui.messages import Evaluated, Event, Stepped, encode
from lrtui.printable import ascii_only, printable
from lrtui.runs.closing import Closing
from lrtui.runs.directory import RunDirectory
from lrtui.words import (
    duration_text,
    evaluation_text,
    loss_text,
    news,
    rate_text,
    speed_text,
)

if TYPE_CHECKING:
    from lrtui.console.bar import Bar

Mode = Literal["bar", "lines", "json"]
#: Between two progress lines of a log, where no evaluation tells the same.
_SECONDS_BETWEEN_LINES = 10.0
_CHART_HEIGHT = 24
_WIDEST = 110


class Console(Closing):
    """Shows the events of one run on `out`. Use as a context manager, so that the terminal is whole after an error.

    The mode is `json` where asked for, `bar` on a terminal, else `lines`. A reader that went away is a BrokenPipeError.
    """

    def __init__(
        self,
        out: TextIO,
        *,
        json: bool = False,
        colour: bool | None = None,
        ascii: bool | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        terminal = is_terminal(out)
        self.mode: Mode = "json" if json else "bar" if terminal else "lines"
        self.colour = uses_colour(out) if colour is None else colour
        self.ascii = not writes_unicode(out) if ascii is None else ascii
        self._out, self._clock = out, clock
        self._progress = Progress()
        self._bar = self._make_bar() if self.mode == "bar" else None
        self._lined = clock()
        if not json:
            never_fail_to_encode(out)

    def _make_bar(self) -> "Bar":
        # Rich and plotext are loaded where they draw: a script that reads JSON waits for neither.
        from lrtui.console.bar import Bar

        return Bar(self._out, self._progress, colour=self.colour)

    def show(self, event: Event, *, past: bool = False) -> None:
        """Shows one event, now; `past` where it was told before. Cheap enough to be called between two steps."""
        if self.mode == "json":
            write_json(self._out, event)
            return
        now = self._clock()
        self._progress.update(event, now, past=past)
        if self._bar:
            self._show_in_terminal(self._bar, event, now)
        else:
            self._show_as_lines(event, now)

    def _show_in_terminal(self, bar: "Bar", event: Event, now: float) -> None:
        text = news(event)  # the bar itself tells evaluations
        if text:
            bar.print(self._spelled(text))
        bar.draw(now)

    def _show_as_lines(self, event: Event, now: float) -> None:
        text = news(event)
        if isinstance(event, Evaluated):
            text = self._progress_line(evaluation_text(event))
        elif isinstance(event, Stepped) and now - self._lined >= _SECONDS_BETWEEN_LINES:
            text = self._progress_line(f"loss {loss_text(self._progress.loss)}")
        if text:
            self._write(self._spelled(text))
        if isinstance(event, Evaluated | Stepped) and text:
            self._lined = now

    def _progress_line(self, losses: str) -> str:
        state = self._progress
        pace = f"  {speed_text(state.speed)} it/s  ETA {duration_text(state.eta)}" if state.speed else ""
        return f"step {state.step:,}/{state.total:,}  {losses}  lr {rate_text(state.lr)}{pace}"

    def close(self, run: RunDirectory | None = None) -> None:
        """Ends the bar and, given the run, shows its charts, last sample and figures; JSON says nothing more."""
        if self._bar:
            self._bar.close()
        if run is None or self.mode == "json":
            return
        from lrtui.console.charts import closing
        from lrtui.plot import Look

        columns = shutil.get_terminal_size((80, 24)).columns if self._bar else 80
        look = Look(width=min(columns, _WIDEST), height=_CHART_HEIGHT, colour=self.colour, ascii=self.ascii)
        self._write(f"\n{closing(run, look)}")

    def _spelled(self, text: str) -> str:
        return ascii_only(text) if self.ascii else text

    def _write(self, text: str) -> None:
        write_line(self._out, text)


def write_line(out: TextIO, text: str) -> None:
    """Writes a line, now: a log is followed while it grows, and a script waits for the line."""
    out.write(f"{text}\n")
    out.flush()


def write_json(out: TextIO, event: Event) -> None:
    """Writes an event as a line of JSON, now; it is UTF-8 whatever the locale says."""
    line = encode(event) + b"\n"
    buffer = getattr(out, "buffer", None)
    if buffer is None:
        out.write(line.decode())
    else:
        buffer.write(line)
    out.flush()


def is_terminal(out: TextIO) -> bool:
    """Whether `out` is a terminal that understands escape sequences."""
    return out.isatty() and os.environ.get("TERM") not in ("dumb", "")


def uses_colour(out: TextIO) -> bool:
    """Whether to colour: on a terminal, unless NO_COLOR (no-color.org) is set to anything."""
    return is_terminal(out) and not os.environ.get("NO_COLOR")


def writes_unicode(out: TextIO) -> bool:
    """Whether the stream's encoding has the signs of our charts."""
    try:
        "⣿┤×╌•–→".encode(out.encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def never_fail_to_encode(out: TextIO) -> None:
    """Under LANG=C a sample would raise UnicodeEncodeError; question marks are better than a dead run."""
    reconfigure = getattr(out, "reconfigure", None)
    if reconfigure:
        reconfigure(errors="replace")


def report_error(error: LrtuiError, err: TextIO) -> None:
    """Writes `lrtui: <what is wrong>` and the hint, every line made printable."""
    never_fail_to_encode(err)
    err.write(f"lrtui: {printable(error.message, keep_newlines=True)}\n")
    if error.hint:
        err.write(f"{printable(error.hint, keep_newlines=True)}\n")
    err.flush()
