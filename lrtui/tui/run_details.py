"""What the list says about the run under its cursor: its particulars, its checkpoints, its changes, its last sample."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.style import Style
from rich.text import Text

from lrtui.errors import LrtuiError
from lrtui.printable import printable
from lrtui.runs.catalog import RunSummary, last_sample
from lrtui.runs.checkpoints import checkpoint_folders
from lrtui.runs.config_table import read_config_table
from lrtui.runs.directory import RunDirectory
from lrtui.runs.events import SampleLine
from lrtui.runs.history import History, read_history
from lrtui.runs.sweeps import SweepHistory
from lrtui.tui.buckets import Numbers
from lrtui.tui.run_rows import state_word
from lrtui.tui.seeing import Level
from lrtui.tui.state import RunView, badge_of, rate_of
from lrtui.tui.sweep_details import sweep_facts, sweep_history, sweep_story
from lrtui.tui.widgets.particulars import particulars
from lrtui.tui.wrapping import cut, wrapped
from lrtui.words import generated, sentence, size_text

_LABEL = 12


@dataclass(frozen=True, slots=True)
class Details:
    """Read from the directory alone. `steps` are those of the checkpoints, newest first; `problem` a sentence.

    `sweep` is the history of a sweep, None for a run.
    """

    summary: RunSummary
    view: RunView
    steps: tuple[int, ...] = ()
    sample: SampleLine | None = None
    problem: str = ""
    sweep: SweepHistory | None = None


def read_details(run: RunDirectory, summary: RunSummary) -> Details:
    """Everything the lower panes show. What cannot be read is left out; `problem` says why."""
    if summary.kind == "sweep":
        sweep, problem = sweep_history(run)
        return Details(summary, _view(run, summary, History()), problem=problem, sweep=sweep)
    try:
        history = read_history(run)
        steps = tuple(int(folder.name) for folder in checkpoint_folders(run))
    except LrtuiError as error:
        return Details(summary, _view(run, summary, History()), problem=error.sentence)
    problem = "" if history.started else "It never began: nothing of its log can be read."
    return Details(summary, _view(run, summary, history), steps, last_sample(run), problem)


def _view(run: RunDirectory, summary: RunSummary, history: History) -> RunView:
    return RunView(
        name=run.name,
        config=read_config_table(run),
        numbers=Numbers(),
        history=history,
        rate=rate_of(history),
        step=summary.step,
        total=summary.steps,
        lr=summary.lr,
        badge=badge_of(history),
    )


def fact_lines(details: Details, width: int, height: int) -> list[Text]:
    """Label and text, one line each, the most telling first."""
    if details.sweep is not None:
        return sweep_facts(details.sweep, details.summary, width, height)
    told = list(particulars(details.view))
    told.insert(0, ("state", f"{state_word(details.summary)}, {size_text(details.summary.bytes)}"))
    if details.steps:
        told.insert(3, ("checkpoints", _listed([f"{step:,}" for step in details.steps], width - _LABEL)))
    lines = [Text.assemble((f"{label:<{_LABEL}}", "dim"), cut(text, width - _LABEL)) for label, text in told]
    return lines[:height]


def _listed(items: Sequence[str], width: int) -> str:
    """As many whole items as there is room for: half a number would be another number."""
    for count in range(min(len(items), width), 0, -1):
        shown = ", ".join(items[:count]) + (", …" if count < len(items) else "")
        if len(shown) <= width:
            return shown
    return "…"


def story_lines(details: Details, width: int, height: int, style: Callable[[Level], Style]) -> list[Text]:
    """How it ended, its newest changes, and as much of its last sample as there is room for."""
    history, lines = details.view.history, []
    if details.problem:
        lines += [Text(line, style("error")) for line in wrapped(details.problem, width)]
    if details.sweep is not None:
        return (lines + sweep_story(details.sweep, width, max(1, height - len(lines)), style))[:height]
    ending = history.finished or history.stopped
    if ending is not None and details.summary.state != "live":
        lines += [Text(line) for line in wrapped(sentence(ending) or "", width, most=2)]
    changes = [sentence(change) or "" for change in history.changes]
    for told in changes[-max(1, height // 3) :]:
        lines.append(Text(cut(told, width), style("change")))
    if details.sample is not None:
        sample = details.sample
        lines.append(Text(cut(f"sample at step {sample.step:,}, T {sample.temperature:g}", width), "dim"))
        lines += [Text(line) for line in wrapped(generated(sample.prompt, sample.text), width, most=max(1, height))]
    return lines[:height] or [Text(printable("nothing happened yet"), "dim")]
