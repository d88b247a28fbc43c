"""One look after another at a sweep's directory: its log, and the metrics of the lanes that still train."""

from __future__ import annotations

from lrtui.messages import Event, LaneRow, SweepResumed
from lrtui.runs.metrics import MetricsReader, joined
from lrtui.runs.sweep_table import with_losses
from lrtui.runs.sweeps import SweepFold, SweepHistory
from lrtui.tui.directory_watch import DirectoryWatch
from lrtui.tui.lane_curve import LaneCurve, Points
from lrtui.tui.sweep_state import SweepSeen


class SweepWatch(DirectoryWatch):
    """Looks at a sweep, live or long over."""

    def look(self) -> SweepSeen:
        """What is new since the look before. Never raises; what cannot be read is among its problems."""
        anew, live = self._arrive()
        events = self._read()
        return SweepSeen(
            now=self._clock(),
            live=live,
            config=self._config,
            history=self._history,
            rows=self._rows,
            curves=dict(self._points),
            step=max([self._history.last_step, *(lane.curve.end for lane in self._lanes.values())]),
            events=tuple(events),
            ending=self._ended(live),
            problems=tuple(self._problems),
            deleted=self._deleted,
            anew=anew,
        )

    def _begin(self) -> None:
        super()._begin()
        self._fold, self._history = SweepFold(), SweepHistory()
        self._lanes: dict[int, _Lane] = {}
        self._points: dict[int, Points] = {}
        self._rows: tuple[LaneRow, ...] = ()

    def _told_its_end(self) -> bool:
        return self._history.swept is not None or self._history.stopped is not None

    def _read(self) -> list[Event]:
        # Events first: what they speak of is then among the steps.
        trained = {row.lane for row in self._history.rows if row.state == "training"}
        events = self._new_events()
        for event in events:
            self._fold.add(event)
            if isinstance(event, SweepResumed):
                self._rewind(event.step)
        if events or self._history.skipped != self._log.skipped:
            self._history = self._fold.history(self._log.skipped)
        grown = self._read_lanes(trained)
        if grown or events:
            self._rows = tuple(
                with_losses(self._history.rows, {number: lane.curve.tail for number, lane in self._lanes.items()})
            )
        return events

    def _rewind(self, step: int) -> None:
        for number, lane in self._lanes.items():
            lane.curve.rewind(step)
            self._points[number] = lane.curve.points

    def _read_lanes(self, trained: set[int]) -> bool:
        """Whether there were new steps, of lanes that train, did until now, or were never read."""
        grown, total = False, self._history.started.steps if self._history.started else 0
        for row in self._history.rows:
            if row.lane in self._lanes and row.state != "training" and row.lane not in trained:
                continue
            lane = self._lanes.get(row.lane)
            if lane is None:
                lane = self._lanes[row.lane] = _Lane(MetricsReader(self._run.lane(row.lane)), LaneCurve(total))
            block = None
            for block in self._readable(joined(lane.reader.poll())):  # one at a time, however long the lane
                lane.curve.add(block)
            if block is not None:
                grown, self._points[row.lane] = True, lane.curve.points
            self._lost_metrics(lane.reader)
        return grown


class _Lane:
    def __init__(self, reader: MetricsReader, curve: LaneCurve) -> None:
        self.reader, self.curve = reader, curve
