"""The charts of the screens, from what is known of a run: pure, and as quick for 10^7 steps as for 10^3."""

import math
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Self

from lrtui.frame import cells_across
from lrtui.lr.rate import Rate
from lrtui.lr.schedule import Schedule
from lrtui.plot import Curve, Look, Mark, loss_chart, rate_chart
from lrtui.run_charts import LEFT_BEHIND, changes, ghosts, references, shared_references, validation
from lrtui.tui.buckets import Buckets
from lrtui.tui.state import RunView

#: The range of the x axis in units of smoothing: the same share of the chart is averaged however long a run is.
UNITS = 256
#: Ends of the x axis, times a power of ten.
_ROUND = (1.0, 1.5, 2.0, 3.0, 5.0, 7.5, 10.0)
_LEAST_SPAN = 100
SMOOTHINGS = (0.0, 0.6, 0.9, 0.98)


@dataclass(frozen=True, slots=True)
class ChartLook:
    """What keys change of one chart; `smoothing`, the share of the past in the mean, is only the loss's."""

    log_x: bool = False
    log_y: bool = False
    smoothing: float = 0.0

    def smoother(self) -> Self:
        """The next stronger smoothing, and after the strongest none."""
        return replace(self, smoothing=SMOOTHINGS[(SMOOTHINGS.index(self.smoothing) + 1) % len(SMOOTHINGS)])

    def on(self, look: Look) -> Look:
        """How the chart is drawn where `look` is asked for."""
        return replace(look, log_x=self.log_x, log_y=self.log_y)


def view_span(view: RunView) -> tuple[int, int]:
    """The x range both charts share: from 0 to a round step above the present one, the total once that is near."""
    reach = max(view.step, view.numbers.branch.end, *(ghost.end for ghost in view.numbers.ghosts), 1)
    return round_span(reach, view.total)


def round_span(reach: int, total: int) -> tuple[int, int]:
    """From 0 to a round step above `reach` > 0, or to `total` once that is near."""
    least = max(1.1 * reach, _LEAST_SPAN)
    power = 10.0 ** math.floor(math.log10(least))
    end = next(round(power * factor) for factor in _ROUND if power * factor >= least * (1 - 1e-9))
    return 0, total if 2 * end >= total >= reach else end


def loss_lines(view: RunView, look: Look, smoothing: float = 0.0) -> str:
    """The loss: its mean, smoothed as asked, over the band of all values, and everything that happened to it."""
    steps, left = view_span(view), view.numbers.ghosts
    curves = [
        replace(_mean(view.numbers.branch, look, smoothing, steps), label="loss", style="trend"),
        *ghosts([*((ghost.step, ghost.mean) for ghost in left), *view.races.ghosts()], LEFT_BEHIND),
        validation(view.history),
    ]
    lines = references(view.history)
    title = f"Loss ~{smoothing:g}" if smoothing else "Loss"
    return loss_chart(curves, look, marks=_marks(view), references=lines, steps=steps, title=title)


def rate_lines(view: RunView, look: Look) -> str:
    """The learning rate: what was used, what is to come of the schedule and every live edit, and the branches left."""
    steps = view_span(view)
    curves = [_rate(view.numbers.branch, look, "lr", hue=2)]
    if view.rate is not None and view.step < min(steps[1], view.total):
        places = [at for at in _places(steps, look, dots=1) if view.step <= at < view.total]
        to_come = [view.rate(round(at)) for at in places]
        curves.append(Curve(x=places, y=to_come, label="to come", style="future", hue=2))
    curves += ghosts([(ghost.last, ghost.lr) for ghost in view.numbers.ghosts], LEFT_BEHIND)
    return rate_chart(curves, look, marks=_marks(view), steps=steps)


def schedule_lines(
    curves: Sequence[tuple[str, Schedule | Rate, int]], look: Look, title: str = "Learning rate", begin: int = 0
) -> str:
    """Rates that are planned, as (label, rate, number of steps): previews before a run begins or goes on.

    They are drawn from step `begin` on.
    """
    steps = begin, max((count for _, _, count in curves), default=1)
    drawn = []
    for hue, (label, rate, count) in enumerate(curves):
        places = [at for at in _places(steps, look, dots=2) if at < count]
        drawn.append(Curve(x=places, y=[rate(round(at)) for at in places], label=label, hue=hue))
    return rate_chart(drawn, look, steps=steps, title=title)


def compare_lines(
    views: Sequence[RunView], loss_look: Look, rate_look: Look, smoothing: float = 0.0
) -> tuple[str, str]:
    """Losses and rates of several runs, each with its own hue, over the same steps."""
    spans = [view_span(view) for view in views]
    steps = 0, max((end for _, end in spans), default=1)
    losses, rates = [], []
    for hue, view in enumerate(views):
        branch = view.numbers.branch
        losses.append(replace(_mean(branch, loss_look, smoothing, steps), label=view.name, hue=hue))
        losses.append(validation(view.history, "", hue))
        rates.append(_rate(branch, rate_look, view.name, hue))
    lines = shared_references([view.history for view in views])
    return loss_chart(losses, loss_look, references=lines, steps=steps), rate_chart(rates, rate_look, steps=steps)


def _marks(view: RunView) -> list[Mark]:
    branches = (view.numbers.branch, *view.numbers.ghosts)
    return changes(view.history, (branch.stumbles[0] for branch in branches if branch.stumbles))


def _mean(branch: Buckets, look: Look, smoothing: float, steps: tuple[int, int]) -> Curve:
    if look.log_x:
        branch = branch.with_head()
    y = _calmed(branch, look, smoothing, steps) if smoothing else branch.mean
    return Curve(x=branch.step, y=y, low=branch.low, high=branch.high, style="mean")


def _rate(branch: Buckets, look: Look, label: str, hue: int) -> Curve:
    if look.log_x:
        branch = branch.with_head()
    return Curve(x=branch.last, y=branch.lr, label=label, hue=hue)


def _calmed(branch: Buckets, look: Look, smoothing: float, steps: tuple[int, int]) -> "array[float]":
    """The means smoothed on the axes they are drawn on: elsewhere a fast fall would leave its line above its band."""
    places: Sequence[float] = branch.step
    unit = max(1.0, (steps[1] - steps[0]) / UNITS)
    if look.log_x:
        places = [math.log(step + 1) for step in branch.step]
        unit = math.log(steps[1] + 1) / UNITS
    if not look.log_y:
        return smoothed(places, branch.mean, smoothing, unit)
    logarithms = [math.log(mean) if mean > 0 else math.nan for mean in branch.mean]
    return array("d", map(math.exp, smoothed(places, logarithms, smoothing, unit)))


def smoothed(places: Sequence[float], values: Sequence[float], smoothing: float, unit: float) -> "array[float]":
    """The running mean that forgets a share 1 − `smoothing` every `unit` along, without the bias of its beginning.

    Values that are no numbers stay so and count for nothing. What is smoothed stays when more values come.
    """
    found = array("d")
    value, weight, gap, keep = 0.0, 0.0, 0.0, 1.0
    before = 2 * places[0] - places[1] if len(places) > 1 else -1
    for place, new in zip(places, values, strict=True):
        if place - before != gap:
            gap = place - before
            keep = smoothing ** (gap / unit)
        if new == new:
            value, weight, before = keep * value + (1 - keep) * new, keep * weight + 1 - keep, place
            found.append(value / weight)
        else:
            found.append(new)
    return found


def _places(steps: tuple[int, int], look: Look, dots: int) -> Iterable[float]:
    """Steps at the centres of the chart's dots, so many a cell: they stay where they are while a run moves on."""
    low, high = (float(step) for step in steps)
    last = 2 * cells_across(look) - 1
    if look.log_x:
        low, high = math.log10(max(1.0, low)), math.log10(max(2.0, high))
    places = (low + (high - low) * dot / last for dot in range(0, last + 1, 2 // dots))
    return (10**place for place in places) if look.log_x else places
