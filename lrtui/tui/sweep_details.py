"""What the list of runs says about a sweep under its cursor: what it tries, how far it is, and what it has found."""

from collections.abc import Callable

from rich.style import Style
from rich.text import Text

from lrtui.errors import LrtuiError
from lrtui.printable import printable
from lrtui.quantities import fine_rate, loss_text, size_text
from lrtui.runs.catalog import RunSummary
from lrtui.runs.directory import RunDirectory
from lrtui.runs.sweep_table import winner
from lrtui.runs.sweeps import SweepHistory, read_sweep
from lrtui.sweep_words import WAYS, pruning_text
from lrtui.tui.run_rows import state_word
from lrtui.tui.seeing import Level
from lrtui.tui.wrapping import cut, wrapped
from lrtui.words import sentence

_LABEL = 12


def sweep_facts(history: SweepHistory, summary: RunSummary, width: int, height: int) -> list[Text]:
    """Label and text, one line each, the most telling first."""
    started, best = history.started, winner(history.rows)
    told = [("state", f"{state_word(summary)}, {size_text(summary.bytes)}")]
    if started is not None:
        rates, seeds = started.rates, len(started.seeds)
        span = f"{len(rates)} from {fine_rate(rates[0])} to {fine_rate(rates[-1])}"
        span = span if len(rates) > 1 else fine_rate(rates[0])
        told.append(("rates" if len(rates) > 1 else "rate", f"{span} × {seeds} seeds" if seeds > 1 else span))
        told.append(("pruning", pruning_text(history.eta, history.rungs)))
        told.append(("best", f"lr {fine_rate(best.rate)}, val {loss_text(best.val)}" if best else "not known yet"))
        told.append(("model", f"{printable(summary.model)}, {started.parameters:,} parameters each"))
        told.append(("corpus", printable(started.corpus)))
        told.append(("training", WAYS.get(started.mode, printable(started.mode))))
    lines = [Text.assemble((f"{label:<{_LABEL}}", "dim"), cut(text, width - _LABEL)) for label, text in told]
    return lines[:height]


def sweep_story(history: SweepHistory, width: int, height: int, style: Callable[[Level], Style]) -> list[Text]:
    """How it ended, and which lanes were cut when."""
    ending = history.swept or history.stopped
    lines = [Text(line) for line in wrapped(sentence(ending) or "", width, most=2)] if ending is not None else []
    for event in history.cuts[-max(1, height - len(lines)) :]:
        lines.append(Text(cut(sentence(event) or "", width), style("change")))
    return lines[:height] or [Text("nothing happened yet", "dim")]


def sweep_history(run: RunDirectory) -> tuple[SweepHistory, str]:
    """The history of a sweep, and what is wrong with it, as a sentence."""
    try:
        history = read_sweep(run)
    except LrtuiError as error:
        return SweepHistory(), error.sentence
    return history, "" if history.started else "It never began: nothing of its log can be read."
