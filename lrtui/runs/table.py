"""The numbers of a run as one CSV table, for spreadsheets and scripts."""

import csv
from pathlib import Path

from lrtui.runs.directory import RunDirectory, disk_errors
from lrtui.runs.history import read_history
from lrtui.runs.metrics import read_metrics

HEADER = ("step", "loss", "lr", "grad_norm", "train_loss", "val_loss")


def export_csv(run: RunDirectory, path: Path) -> list[str]:
    """One row a surviving step; `train_loss` and `val_loss` stand in the row of the step before which they were taken.

    A value that was not finite is `nan`. Returns what could not be read, in sentences. Raises DiskError.
    """
    series = read_metrics(run)
    evaluations = {e.step: e for e in read_history(run).evaluations}
    last = series.step[-1] + 1 if len(series.step) else 0
    with disk_errors("write", path), path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for row in zip(series.step, series.loss, series.lr, series.grad_norm, strict=True):
            evaluated = evaluations.get(row[0])
            losses = (evaluated.train_loss, evaluated.val_loss) if evaluated else ("", "")
            writer.writerow((*row, *losses))
        if last in evaluations:
            writer.writerow((last, "", "", "", evaluations[last].train_loss, evaluations[last].val_loss))
    return series.problems
