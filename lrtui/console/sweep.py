"""A sweep without a screen: lines, or JSON; at its end the U, the loss curves and the table."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from typing import TextIO

from lrtui.console.front import is_terminal, never_fail_to_encode, uses_colour, write_json, write_line, writes_unicode
from lrtui.messages import Event, LanesCut, LanesEvaluated, LanesStepped, SweepResumed, SweepStarted
from lrtui.printable import ascii_only
from lrtui.quantities import counted, duration_text, fine_rate, loss_text
from lrtui.runs.closing import Closing
from lrtui.runs.directory import RunDirectory
from lrtui.words import news

_SECONDS_BETWEEN_LINES = 10.0
_SECONDS_BETWEEN_DRAWINGS = 0.25
_HEIGHT, _WIDEST = 18, 110


class SweepConsole(Closing):
    """Shows the events of one sweep on `out`, as `Console` does those of a run. Use as a context manager."""

    def __init__(self, out: TextIO, *, json: bool = False, clock: Callable[[], float] = time.monotonic) -> None:
        self._json, self._out, self._clock = json, out, clock
        self._terminal = is_terminal(out) and not json
        self._ascii = not writes_unicode(out)
        self._total, self._left, self._step = 0, 0, 0
        self._losses: dict[int, float] = {}
        self._rates: list[float] = []
        self._seeds = 1
        self._began = self._told = clock()
        self._first = 0
        if not json:
            never_fail_to_encode(out)

    def show(self, event: Event, *, past: bool = False) -> None:
        """Shows one event, now; `past` where it was told before. Cheap enough to be called between two boundaries."""
        if self._json:
            write_json(self._out, event)
            return
        self._note(event)
        if past:  # of that nobody knows how long it took
            self._first, self._began = self._step, self._clock()
        text = news(event)
        if text:
            self._erase()
            write_line(self._out, ascii_only(text) if self._ascii else text)
        if isinstance(event, LanesStepped | LanesEvaluated):
            self._progress(isinstance(event, LanesEvaluated))

    def _note(self, event: Event) -> None:
        match event:
            case SweepStarted() | SweepResumed():
                self._total, self._rates, self._seeds = event.steps, event.rates, len(event.seeds)
                self._first = self._step = event.step
                self._left = self._left or len(event.rates) * self._seeds
                self._began = self._clock()
            case LanesEvaluated():
                self._step = event.step
            case LanesStepped():
                self._step, self._left = event.step + event.n, len(event.lanes)
                for lane, losses in zip(event.lanes, event.loss, strict=True):
                    known = [loss for loss in losses if loss is not None]
                    if known:
                        self._losses[lane] = sum(known) / len(known)
            case LanesCut():
                self._left = event.left
                for lane in event.lanes:
                    self._losses.pop(lane, None)

    def _progress(self, evaluated: bool) -> None:
        now = self._clock()
        pause = _SECONDS_BETWEEN_DRAWINGS if self._terminal else _SECONDS_BETWEEN_LINES
        if now - self._told < pause and not (evaluated and not self._terminal):
            return
        self._told = now
        done = self._step - self._first
        left = (self._total - self._step) * (now - self._began) / done if done and self._total else None
        line = (
            f"step {self._step:,}" + (f"/{self._total:,}" if self._total else "") + f"  {counted(self._left, 'lane')}"
        )
        if self._losses:
            lane = min(self._losses, key=lambda lane: (self._losses[lane], lane))
            rate = f" at lr {fine_rate(self._rates[lane // self._seeds])}" if self._rates else ""
            line += f"  least loss {loss_text(self._losses[lane])}{rate}"
        line += f"  ETA {duration_text(left)}" if left is not None else ""
        if self._terminal:
            self._out.write(f"\r\x1b[K{line[: shutil.get_terminal_size((80, 24)).columns - 1]}")
            self._out.flush()
        else:
            write_line(self._out, line)

    def _erase(self) -> None:
        if self._terminal:
            self._out.write("\r\x1b[K")

    def close(self, run: RunDirectory | None = None) -> None:
        """Ends the line and, given the sweep, shows its charts and table; JSON says nothing more."""
        if self._json:
            return
        self._erase()
        if run is None:
            return
        from lrtui.console.sweep_charts import sweep_picture
        from lrtui.plot import Look

        columns = shutil.get_terminal_size((80, 24)).columns if self._terminal else 80
        colour = uses_colour(self._out)
        look = Look(width=min(columns, _WIDEST), height=_HEIGHT, colour=colour, ascii=self._ascii)
        write_line(self._out, f"\n{sweep_picture(run, look)}")
