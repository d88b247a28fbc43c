"""Charts of runs from their directories alone: loss and rate with the changes marked, one run or several overlaid."""

import math
from collections.abc import Sequence
from dataclasses import replace

from lrtui.plot import Curve, Look, loss_chart, rate_chart, span
from lrtui.printable import ascii_only
from lrtui.run_charts import LEFT_BEHIND, changes, ghosts, references, shared_references, stumbles, validation
from lrtui.runs.catalog import RunSummary, summarize
from lrtui.runs.directory import RunDirectory
from lrtui.runs.events import read_samples
from lrtui.runs.history import History, read_history
from lrtui.runs.metrics import Series, read_metrics
from lrtui.words import generated, loss_text, rate_text


def run_charts(runs: Sequence[RunDirectory], look: Look) -> str:
    """Loss above, rate below, `look.height` lines together; the x axes agree.

    One run shows its changes, ghost branches and reference lines; several show their means and validation points.
    Raises DiskError where a run cannot be read.
    """
    read = [(run.name, read_history(run), read_metrics(run)) for run in runs]
    rate_height = max(6, look.height // 3)
    above = replace(look, height=max(6, look.height - rate_height))
    below = replace(look, height=rate_height, log_y=True)
    # The log scale asked for is the loss's: a rate falls by decades, and reads as a line only on a log axis.
    problems = "".join(f"\n{problem}" for _, _, series in read for problem in series.problems)
    if len(read) == 1:
        _, history, series = read[0]
        return _single(history, series, above, below) + problems
    losses, rates = [], []
    for hue, (name, history, series) in enumerate(read):
        losses.append(Curve(x=series.step, y=series.loss, label=name, style="mean", hue=hue))
        losses.append(validation(history, "", hue))
        rates.append(Curve(x=series.step, y=series.lr, label=name, hue=hue))
    shared = shared_references([history for _, history, _ in read])
    # Both charts span the same steps, so that what stands above belongs to what stands below.
    steps = span([*losses, *rates])
    loss = loss_chart(losses, above, references=shared, steps=steps)
    return f"{loss}\n{rate_chart(rates, below, steps=steps)}{problems}"


def _single(history: History, series: Series, above: Look, below: Look) -> str:
    not_numbers = [step for branch in (series, *series.ghosts) for step in stumbles(branch.step, branch.loss)]
    marks = changes(history, not_numbers)
    curves = [Curve(x=series.step, y=series.loss, label="train", style="trend")]
    curves += ghosts([(ghost.step, ghost.loss) for ghost in series.ghosts], LEFT_BEHIND)
    curves.append(validation(history))
    rates = [Curve(x=series.step, y=series.lr, label="lr", hue=2)]
    rates += ghosts([(ghost.step, ghost.lr) for ghost in series.ghosts], LEFT_BEHIND)
    steps = span([*curves, *rates])
    loss = loss_chart(curves, above, marks=marks, references=references(history), steps=steps)
    return f"{loss}\n{rate_chart(rates, below, marks=marks, steps=steps)}"


def closing(run: RunDirectory, look: Look) -> str:
    """What a run says when it ends: the charts, the last sample, and one line of figures."""
    parts = [run_charts([run], look)]
    samples = read_samples(run)
    if samples:
        last = samples[-1]
        heading = f"Sample at step {last.step:,}, T {last.temperature:g}"
        parts.append(f"{heading}\n{generated(last.prompt, last.text)}")
    parts.append(figures(summarize(run), read_history(run)))
    told = "\n\n".join(parts)
    return ascii_only(told) if look.ascii else told


def figures(summary: RunSummary, history: History) -> str:
    """One line: where the run stands, its losses, and how far below the bigram line it is."""
    differs = summary.best is not None and summary.best != summary.val
    best = f" (best {loss_text(summary.best)} at {summary.best_step:,})" if differs else ""
    told = [
        f"{summary.name}: step {summary.step:,}/{summary.steps:,}",
        f"loss {loss_text(summary.loss)}",
        f"val {loss_text(summary.val)}{best}",
        f"lr {rate_text(summary.lr)}",
    ]
    bigram = history.started.baselines.get("bigram") if history.started else None
    if bigram is not None and summary.val is not None and math.isfinite(bigram):
        gain = bigram - summary.val
        told.append(f"{abs(gain):.3f} nats {'below' if gain > 0 else 'above'} bigram")
    return " · ".join(told)
