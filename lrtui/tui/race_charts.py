"""The chart of a race, from what is known of it: pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

from lrtui.figure import Curve, Look
from lrtui.lr.race import POINTS
from lrtui.plot import loss_chart
from lrtui.race_words import factor_text
from lrtui.tui.charts import smoothed
from lrtui.tui.races import RaceView

_SMOOTHING = 0.9
#: how far above the lanes that live a lost one is shown: a share of their range, of so many nats at least
_ROOM, _LEAST_ROOM = 0.5, 0.1


def race_chart(race: RaceView, look: Look) -> str:
    """The losses of all lanes over the steps of the run, smoothed: they share the noise of the batches."""
    curves = [_calmed(race, number) for number in range(1, len(race.lanes) + 1)]
    alive = [
        loss for lane, y in zip(race.lanes, curves, strict=True) if lane.died is None for loss in y if loss == loss
    ]
    ceiling = max(alive) + _ROOM * max(max(alive) - min(alive), _LEAST_ROOM) if alive else math.inf
    drawn = []
    for number, (lane, y) in enumerate(zip(race.lanes, curves, strict=True), 1):
        x, label = race.places(number), f"{number} {factor_text(lane)}"
        # one that is lost may climb a thousand times as high as the others are apart
        y = y if lane.died is None else [loss if loss <= ceiling else math.nan for loss in y]
        drawn.append(Curve(x=x, y=y, label=label, hue=number - 1))
    steps = race.step, race.step + race.steps
    return loss_chart(drawn, look, steps=steps, title=f"Race ~{_SMOOTHING:g}")


def _calmed(race: RaceView, number: int) -> Sequence[float]:
    x, losses = race.places(number), race.curves[number - 1]
    y = [math.nan if loss is None else loss for loss in losses]
    return smoothed(x, y, _SMOOTHING, max(1.0, race.steps / POINTS)) if len(x) > 1 else y
