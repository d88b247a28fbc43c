"""The charts of a sweep on a screen: the losses of all lanes, and loss against rate. Pure, from a view."""

from array import array
from collections.abc import Sequence
from dataclasses import replace

from lrtui.figure import Curve, Look, Mark, Reference
from lrtui.messages import LaneRow
from lrtui.plot import loss_chart, range_chart
from lrtui.quantities import fine_rate
from lrtui.sweep_charts import LASTING, ranked, u_curves, u_marks, u_span
from lrtui.tui.charts import UNITS, ChartLook, round_span, smoothed
from lrtui.tui.lane_curve import Points
from lrtui.tui.sweep_state import SweepView
from lrtui.words import BASELINES

#: the hues of the best rates, of the other lanes that train, and of the lane under the cursor: that of its mark
_BEST, _OTHERS, _CHOSEN = (0, 2, 3), 4, 1
_U_TITLES, _CORNERS = ("Loss by learning rate", "By rate"), 2
_NONE = Points(array("q"), array("d"))


def lanes_lines(view: SweepView, look: Look, own: ChartLook, chosen: LaneRow | None = None) -> str:
    """The losses of all lanes: the best of a few rates by name, the chosen one before all, those that were cut dim."""
    steps = round_span(max(1, view.step), view.total)
    unit = max(1.0, (steps[1] - steps[0]) / UNITS)
    curves = [_smooth(curve, own.smoothing, unit) for curve in _curves(view, chosen)]
    known = view.history.started.baselines if view.history.started else {}
    lines = [Reference(name, known[name]) for name in BASELINES if name in known]
    # on a log axis they stand close together: only the first has the word, so that each is beside its own line
    marks = [Mark(rung, f"{number}" if number > 1 else "rung 1") for number, rung in enumerate(view.history.rungs, 1)]
    title = f"Lanes ~{own.smoothing:g}" if own.smoothing else "Lanes"
    return loss_chart(curves, own.on(look), marks=marks, references=lines, steps=steps, title=title)


def _curves(view: SweepView, chosen: LaneRow | None) -> list[Curve]:
    drawn, names = list[Curve](), dict[float, int]()
    for row in ranked(view.rows):
        steps, losses = view.curves.get(row.lane, _NONE)
        curve = Curve(x=steps, y=losses, style="dim")
        if chosen is not None and row.lane == chosen.lane:
            curve = replace(curve, label=f"{fine_rate(row.rate)} here", style="mean", hue=_CHOSEN)
        elif row.state in LASTING:
            named = row.rate not in names and len(names) < len(_BEST)
            hue = names.setdefault(row.rate, _BEST[len(names)]) if named else _OTHERS
            curve = replace(curve, label=fine_rate(row.rate) if named else "", style="mean", hue=hue)
        drawn.append(curve)
    # what is drawn last is seen best: the named ones over the others, of them the best, the chosen one over all
    drawn.sort(key=lambda curve: bool(curve.label))
    on_top = [curve for curve in drawn if curve.label and curve.hue in (_BEST[0], _CHOSEN)]
    return drawn + [replace(curve, label="") for curve in sorted(on_top, key=lambda curve: curve.hue)]


def _smooth(curve: Curve, smoothing: float, unit: float) -> Curve:
    return replace(curve, y=smoothed(curve.x, curve.y, smoothing, unit)) if smoothing else curve


def rates_lines(view: SweepView, look: Look, own: ChartLook, chosen: LaneRow | None = None) -> str:
    """Loss against rate, the U, with the best rate and the chosen one marked."""
    rates: Sequence[float] = view.history.started.rates if view.history.started else ()
    best = view.best
    marks = u_marks(best.rate if best else None)
    if chosen is not None and (best is None or chosen.rate != best.rate):
        marks.append(Mark(chosen.rate, f"{fine_rate(chosen.rate)} here"))
    asked = replace(look, log_y=own.log_y)
    curves = u_curves(view.rows, view.step)
    return range_chart(curves, asked, u_span(rates), marks=marks, title=_u_title(curves, look.width))


def _u_title(curves: Sequence[Curve], width: int) -> str:
    """Short where what stands beside it, the steps of all rungs, would else be cut."""
    legend = sum(len(f"   ── {curve.label}") for curve in curves if curve.label)
    return next((title for title in _U_TITLES if len(title) + legend + _CORNERS <= width), _U_TITLES[-1])
