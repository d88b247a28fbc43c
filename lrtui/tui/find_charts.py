"""The charts of the Find screen, from what was found: pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

from lrtui.figure import Curve, Look, Mark
from lrtui.lr.confirm import POINTS
from lrtui.plot import loss_chart, range_chart
from lrtui.range_charts import curves, marks
from lrtui.tui.charts import smoothed
from lrtui.tui.findings import Findings, Trial
from lrtui.words import rate_text

_SMOOTHING = 0.9
#: cells in which the labels of all rules have room
_ROOMY = 64


def range_lines(findings: Findings, now: float | None, look: Look) -> str:
    """Loss against log rate, as far as the test has come, with every suggestion and the rate there is `now`."""
    plan, tested = findings.plan, findings.tested
    if plan is None:
        return range_chart([], look, (1e-6, 1.0))
    known = marks(tested) if tested is not None else []
    if look.width < _ROOMY:  # the suggestion is what must be read
        known = [mark for mark in known if tested is not None and mark.step == tested.suggestion]
    if now is not None and plan.low <= now <= plan.high:
        known.append(Mark(now, f"now {rate_text(now)}"))
    drawn = curves(plan, findings.losses, tested.band if tested is not None else None)
    return range_chart(drawn, look, (plan.low, plan.high), marks=known, linear=plan.linear)


def trial_lines(trial: Trial, look: Look) -> str:
    """The losses of a confirmation's rates over the steps of it, smoothed: all share the noise of the batches."""
    drawn = []
    for hue, (rate, losses) in enumerate(zip(trial.rates, trial.curves, strict=True)):
        x = [min(trial.steps, (i + 1) * trial.every) for i in range(len(losses))]
        y: Sequence[float] = [math.nan if loss is None else loss for loss in losses]
        y = smoothed(x, y, _SMOOTHING, trial.steps / POINTS)
        drawn.append(Curve(x=x, y=y, label=rate_text(rate), hue=hue))
    return loss_chart(drawn, look, steps=(0, trial.steps), title=f"Confirmation ~{_SMOOTHING:g}")
