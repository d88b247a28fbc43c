"""Charts of runs from their directories alone: loss and rate with the changes marked, one run or several overlaid."""

import math
from collections.abc import Sequence
from dataclasses import replace

from lrtui.plot import Curve, Look, Mark, Reference, loss_chart, rate_chart, span
from lrtui.printable import ascii_only
from lrtui.runs.catalog import RunSummary, summarize
from lrtui.runs.directory import RunDirectory
from lrtui.runs.events import read_samples
from lrtui.runs.history import History, read_history
from lrtui.runs.metrics import Series, read_metrics
from lrtui.words import BASELINES, change_text, generated, loss_text, rate_text


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
    if len(read) == 1:
        _, history, series = read[0]
        return _single(history, series, above, below)
    losses, rates = [], []
    for hue, (name, history, series) in enumerate(read):
        losses.append(Curve(x=series.step, y=series.loss, label=name, style="mean", hue=hue))
        losses.append(_validation(history, "", hue))
        rates.append(Curve(x=series.step, y=series.lr, label=name, hue=hue))
    shared = [history.started.baselines if history.started else {} for _, history, _ in read]
    references = _references(shared[0]) if shared and all(one == shared[0] for one in shared) else []
    # Both charts span the same steps, so that what stands above belongs to what stands below.
    steps = span([*losses, *rates])
    return f"{loss_chart(losses, above, references=references, steps=steps)}\n{rate_chart(rates, below, steps=steps)}"


def _single(history: History, series: Series, above: Look, below: Look) -> str:
    marks = _marks(history, series)
    curves = [Curve(x=series.step, y=series.loss, label="train", style="trend")]
    for number, ghost in enumerate(series.ghosts):
        curves.append(Curve(x=ghost.step, y=ghost.loss, label="" if number else "left behind", style="dim"))
    curves.append(_validation(history, "val", 1))
    references = _references(history.started.baselines if history.started else {})
    rates = [Curve(x=ghost.step, y=ghost.lr, style="dim") for ghost in series.ghosts]
    rates.append(Curve(x=series.step, y=series.lr, label="lr", hue=2))
    steps = span([*curves, *rates])
    loss = loss_chart(curves, above, marks=marks, references=references, steps=steps)
    return f"{loss}\n{rate_chart(rates, below, marks=marks, steps=steps)}"


def _validation(history: History, label: str, hue: int) -> Curve:
    measured = [(event.step, event.val_loss) for event in history.evaluations if event.val_loss is not None]
    steps, losses = [step for step, _ in measured], [loss for _, loss in measured]
    return Curve(x=steps, y=losses, label=label, style="points", hue=hue)


def _references(baselines: dict[str, float]) -> list[Reference]:
    return [Reference(name, baselines[name]) for name in BASELINES if name in baselines]


def _marks(history: History, series: Series) -> list[Mark]:
    """Every surviving change, every rewind, and where the loss first was no number, by step."""
    marks = [Mark(change.step, change_text(change.entry)) for change in history.changes]
    marks += [Mark(to, cause) for to, cause in dict.fromkeys((rewind.to, rewind.cause) for rewind in history.rewinds)]
    for branch in (series, *series.ghosts):
        if not math.isfinite(sum(branch.loss)):
            first = next(i for i, loss in enumerate(branch.loss) if not math.isfinite(loss))
            marks.append(Mark(branch.step[first], "NaN"))
    return sorted(marks, key=lambda mark: mark.step)


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
