"""A sweep drawn and listed from its directory alone: the U, the loss curves, the table."""

from dataclasses import replace

from lrtui.figure import Look, Reference
from lrtui.messages import LaneRow
from lrtui.plot import loss_chart, range_chart
from lrtui.printable import ascii_only
from lrtui.runs.catalog import RunSummary, summarize
from lrtui.runs.directory import RunDirectory
from lrtui.runs.metrics import Series, read_metrics
from lrtui.runs.sweep_table import rate_rows, winner, with_losses
from lrtui.runs.sweeps import SweepHistory, read_sweep
from lrtui.sweep_charts import lane_curves, u_curves, u_marks, u_span
from lrtui.sweep_words import swept_text, table_lines
from lrtui.words import BASELINES


def standing_rows(run: RunDirectory, history: SweepHistory) -> tuple[list[LaneRow], dict[int, Series], int]:
    """The rows as they stand now, the series of every lane, and the step that the farthest has come to."""
    series = {row.lane: read_metrics(run.lane(row.lane)) for row in history.rows}
    rows = with_losses(history.rows, {lane: each.loss for lane, each in series.items()})
    step = max((int(each.step[-1]) + 1 for each in series.values() if each.step), default=0)
    return rows, series, step


def sweep_picture(run: RunDirectory, look: Look) -> str:
    """The charts of a sweep, its table and its verdict. Raises DiskError where it cannot be read."""
    history = read_sweep(run)
    rows, series, step = standing_rows(run, history)
    parts = [
        sweep_charts(history, rows, series, step, look),
        "\n".join(sweep_table(summarize(run), history, rows, step)),
    ]
    parts.append("\n".join(problem for each in series.values() for problem in each.problems))
    told = "\n\n".join(part for part in parts if part)
    return ascii_only(told) if look.ascii else told


def sweep_charts(history: SweepHistory, rows: list[LaneRow], series: dict[int, Series], step: int, look: Look) -> str:
    """Loss against rate above, the curves of all lanes below."""
    if history.started is None:
        return ""
    best = winner(rows)
    marks = u_marks(best.rate if best else None)
    u = range_chart(u_curves(rows, step), look, u_span(history.started.rates), marks=marks)
    known = history.started.baselines
    lines = [Reference(name, known[name]) for name in BASELINES if name in known]
    curves = lane_curves(rows, {lane: (each.step, each.loss) for lane, each in series.items()})
    return f"{u}\n{loss_chart(curves, replace(look, log_x=False), references=lines)}"


def sweep_table(summary: RunSummary, history: SweepHistory, rows: list[LaneRow], step: int) -> list[str]:
    """The table, and the verdict where there is one."""
    halted = "" if summary.state == "live" else summary.state
    best = winner(rows) if history.swept else None
    told = table_lines(rows, rate_rows(rows, step), best.lane if best else None, halted)
    if history.swept:
        verdict = swept_text(history.swept)
        told.append(verdict[0].upper() + verdict[1:])
    return told
