"""From the story of a run to what its charts show beside the curves: both front ends draw the same.

Marks for every change and every step back, reference lines from the corpus, validation points, and the branches that
were left behind.
"""

import math
from collections.abc import Iterable, Sequence

from lrtui.axes import BEYOND
from lrtui.figure import Curve, Mark, Reference
from lrtui.runs.history import History
from lrtui.words import BASELINES, change_text

#: How a legend calls the ghosts.
LEFT_BEHIND = "left behind"


def changes(history: History, not_numbers: Iterable[int] = ()) -> list[Mark]:
    """Every surviving change, every rewind, and each step in `not_numbers`, where the loss was no number, by step."""
    marks = [Mark(change.step, change_text(change.entry)) for change in history.changes]
    marks += [Mark(to, cause) for to, cause in dict.fromkeys((rewind.to, rewind.cause) for rewind in history.rewinds)]
    marks += [Mark(step, "NaN", alarm=True) for step in dict.fromkeys(not_numbers)]
    return sorted(marks, key=lambda mark: mark.step)


def stumbles(steps: Sequence[int], losses: Sequence[float]) -> list[int]:
    """The first step whose loss is no number; empty where there is none."""
    if abs(sum(losses)) < BEYOND:
        return []
    first = next((index for index, loss in enumerate(losses) if not math.isfinite(loss)), None)
    return [] if first is None else [steps[first]]


def references(history: History) -> list[Reference]:
    """The losses of the models that only count, as far as they are known."""
    known = history.started.baselines if history.started else {}
    return [Reference(name, known[name]) for name in BASELINES if name in known]


def shared_references(histories: Sequence[History]) -> list[Reference]:
    """The reference lines of several runs; none where they differ."""
    lines = [references(history) for history in histories]
    return lines[0] if lines and all(one == lines[0] for one in lines) else []


def validation(history: History, label: str = "val", hue: int = 1) -> Curve:
    """The losses of the evaluations, as points."""
    measured = [(event.step, event.val_loss) for event in history.evaluations if event.val_loss is not None]
    steps, losses = [step for step, _ in measured], [loss for _, loss in measured]
    return Curve(x=steps, y=losses, label=label, style="points", hue=hue)


def ghosts(branches: Iterable[tuple[Sequence[int], Sequence[float]]], label: str = "") -> list[Curve]:
    """Branches that were left behind, as (steps, values); the first has the label of all."""
    return [
        Curve(x=steps, y=values, label="" if number else label, style="dim")
        for number, (steps, values) in enumerate(branches)
    ]
