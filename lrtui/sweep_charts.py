"""From a sweep to what its charts show: loss against rate, and the loss curves of its lanes; for every front end.

No drawing and no disk here but the metrics of lanes, so that the same curves serve a terminal and a screen.
"""

import math
from collections.abc import Iterable, Sequence

from lrtui.figure import Curve, Mark
from lrtui.messages import LaneRow, RateRow
from lrtui.quantities import fine_rate
from lrtui.runs.sweep_table import rate_rows

LASTING = ("done", "training")
#: curves with a colour and a name of their own; the rest step back
NAMED = 4


def u_curves(rows: Sequence[LaneRow], step: int) -> list[Curve]:
    """Loss against rate, the U: the rates that last, and the losses of those that were cut, rung by rung.

    Where every lasting rate has been evaluated, theirs are validation losses; each seed is a point beside the mean.
    """
    rates = rate_rows(rows, step)
    lasting = [row for row in rates if row.state in LASTING]
    by_val = bool(lasting) and all(row.val is not None for row in lasting)
    curves = [_cut(died, cut, place + 1) for place, (died, cut) in enumerate(_by_death(rates))]
    means = [(row.rate, row.val if by_val else row.loss) for row in lasting]
    label = "val" if by_val else "train"
    curves.append(_curve(means, label, "line", 0))
    single = len({row.seed for row in rows}) == 1
    points = [(row.rate, row.val if by_val else row.loss) for row in rows if row.state in LASTING]
    curves.append(_curve(points, "" if single else "each seed", "points", 0))
    return curves


def _by_death(rates: Sequence[RateRow]) -> list[tuple[int, list[RateRow]]]:
    """The rates that were cut, by the step of their cut; those that were lost have no loss worth showing."""
    cut: dict[int, list[RateRow]] = {}
    for row in rates:
        if row.state in ("pruned", "killed"):
            cut.setdefault(row.steps, []).append(row)
    return sorted(cut.items())


def _cut(died: int, rows: list[RateRow], hue: int) -> Curve:
    return _curve([(row.rate, row.loss) for row in rows], f"at {died:,}", "mean", hue)


def _curve(pairs: Iterable[tuple[float, float | None]], label: str, style: str, hue: int) -> Curve:
    known = [(x, y) for x, y in pairs if y is not None and math.isfinite(y)]
    return Curve(
        x=[x for x, _ in known],
        y=[y for _, y in known],
        label=label,
        style=style,  # type: ignore[arg-type]
        hue=hue,
    )


def u_span(rates: Sequence[float]) -> tuple[float, float]:
    """The ends of the axis of rates, which ascend: a rate that is alone stands in the middle of two decades."""
    if not rates:
        return 1e-4, 1.0
    return (rates[0], rates[-1]) if rates[0] < rates[-1] else (rates[0] / 10, rates[0] * 10)


def u_marks(winner: float | None) -> list[Mark]:
    """The winning rate."""
    return [] if winner is None else [Mark(winner, f"lr {fine_rate(winner)}")]


def ranked(rows: Sequence[LaneRow]) -> list[LaneRow]:
    """Lanes from best to worst: those that came farthest first, then the least loss."""

    def key(row: LaneRow) -> tuple[float, float, int]:
        loss = row.val if row.state in LASTING and row.val is not None else row.loss
        lost = row.state == "diverged"
        far = math.inf if row.died is None else row.died
        return (math.inf if lost else -far, math.inf if loss is None else loss, row.lane)

    return sorted(rows, key=key)


def lane_curves(rows: Sequence[LaneRow], series: dict[int, tuple[Sequence[int], Sequence[float]]]) -> list[Curve]:
    """The loss curves of lanes from their (steps, losses): the best lane of each of a few rates, all others dim."""
    curves, told = list[Curve](), dict[float, int]()
    for row in ranked(rows):
        steps, losses = series.get(row.lane, ((), ()))
        named = row.state != "diverged" and row.rate not in told and len(told) < NAMED
        hue = told.setdefault(row.rate, len(told)) if named else 0
        label, style = (fine_rate(row.rate), "mean") if named else ("", "dim")
        curves.append(Curve(x=steps, y=losses, label=label, style=style, hue=hue))  # type: ignore[arg-type]
    return curves
