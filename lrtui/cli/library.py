"""`lrtui runs|show|plot|delete`: the runs of a home, read from their directories alone, live or long dead.

Rich, plotext and whatever else is slow to load is imported inside the commands, so that `--help` stays quick.
"""

import shutil
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lrtui.cli.options import HomeOption, JsonOption, RunArgument
from lrtui.errors import UsageError
from lrtui.printable import printable
from lrtui.runs.directory import home as home_folder
from lrtui.runs.directory import open_run
from lrtui.words import size_text

if TYPE_CHECKING:
    from lrtui.lr.diagnose import Diagnosis
    from lrtui.runs.catalog import RunSummary
    from lrtui.runs.directory import RunDirectory
    from lrtui.runs.events import SampleLine
    from lrtui.runs.history import History

RunsArgument = Annotated[list[str], typer.Argument(metavar="RUN...", help="Names of runs, or paths of their folders.")]


def register(app: typer.Typer) -> None:
    """Adds the commands of this family to the application."""
    app.command("runs")(runs_command)
    app.command("show")(show_command)
    app.command("plot")(plot_command)
    app.command("delete")(delete_command)


def runs_command(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List the runs of this home: state, step, losses, size and age."""
    from lrtui.runs.catalog import list_runs

    folder = home_folder(home)
    summaries = list_runs(folder)
    if as_json:
        for summary in summaries:
            _echo_json(summary)
        return
    if not summaries:
        typer.echo(f"No run lives in {printable(str(folder))}. `lrtui run` starts one.")
        return
    heading = ("run", "state", "step", "model", "loss", "val", "best", "lr", "size", "age")
    _echo_table([heading, *(_row(summary) for summary in summaries)], right={2, 4, 5, 6, 7, 8, 9})


def _row(summary: "RunSummary") -> tuple[str, ...]:
    from lrtui.words import duration_text, loss_text, rate_text

    return (
        summary.name,
        summary.state,
        f"{summary.step:,}/{summary.steps:,}",
        printable(summary.model),
        loss_text(summary.loss),
        loss_text(summary.val),
        loss_text(summary.best),
        rate_text(summary.lr),
        size_text(summary.bytes),
        duration_text(summary.age),
    )


def _echo_table(rows: list[tuple[str, ...]], right: set[int]) -> None:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = (cell.rjust(widths[i]) if i in right else cell.ljust(widths[i]) for i, cell in enumerate(row))
        typer.echo("  ".join(cells).rstrip())


def show_command(run: RunArgument, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Tell all about one run: its figures, its changes, its evaluations, its last sample."""
    from lrtui.diagnosis import diagnose_series
    from lrtui.runs.catalog import summarize
    from lrtui.runs.events import read_samples
    from lrtui.runs.history import read_history
    from lrtui.runs.metrics import read_metrics
    from lrtui.runs.sweeps import is_sweep

    directory = open_run(home_folder(home), run)
    if is_sweep(directory):
        _show_sweep(directory, as_json)
        return
    summary, history, samples = summarize(directory), read_history(directory), read_samples(directory)
    series = read_metrics(directory)
    diagnosis, last = diagnose_series(history, series), samples[-1] if samples else None
    for problem in series.problems:
        typer.echo(f"lrtui: {problem}", err=True)
    if as_json:
        _echo_json(_facts(summary, history, diagnosis, last))
        return
    from lrtui.console.charts import figures
    from lrtui.words import generated

    for line in [*_particulars(summary, history), *_story(history), figures(summary, history)]:
        typer.echo(line)
    if diagnosis:
        typer.echo("\n  ".join([diagnosis.line(), *diagnosis.numbers]))
    if last:
        typer.echo(f"\nSample at step {last.step:,}, T {last.temperature:g}\n{generated(last.prompt, last.text)}")


def _show_sweep(directory: "RunDirectory", as_json: bool) -> None:
    from lrtui.console.sweep_charts import standing_rows, sweep_table
    from lrtui.runs.catalog import summarize
    from lrtui.runs.sweep_table import rate_rows
    from lrtui.runs.sweeps import read_sweep
    from lrtui.words import duration_text, sentence

    summary, history = summarize(directory), read_sweep(directory)
    rows, _, step = standing_rows(directory, history)
    if as_json:
        told = {"summary": summary, "started": history.started, "table": rows, "rates": rate_rows(rows, step)}
        _echo_json(told | {"cuts": history.cuts, "swept": history.swept, "stopped": history.stopped})
        return
    typer.echo(f"{summary.name}  {summary.state}, written {duration_text(summary.age)} ago, {size_text(summary.bytes)}")
    for event in (history.started, *history.cuts, history.stopped):
        if event is not None:
            typer.echo(sentence(event))
    typer.echo("\n".join(sweep_table(summary, history, rows, step)))


def _story(history: "History") -> list[str]:
    """What was done to a run and how it ended, in order."""
    from lrtui.words import deed_text, sentence

    ends = [sentence(event) for event in (history.stopped, history.finished) if event is not None]
    told = [deed_text(deed.event, deed.taken_back) for deed in history.deeds] + ends
    return [line for line in told if line]


def _facts(
    summary: "RunSummary", history: "History", diagnosis: "Diagnosis | None", sample: "SampleLine | None"
) -> dict[str, Any]:
    """All that is known of a run, for programs."""
    return {
        "summary": summary,
        "started": history.started,
        "changes": history.changes,
        "rewinds": history.rewinds,
        "evaluations": history.evaluations,
        "finished": history.finished,
        "stopped": history.stopped,
        "diagnosis": diagnosis,
        "unreadable_lines": history.skipped,
        "sample": sample,
    }


def _particulars(summary: "RunSummary", history: "History") -> list[str]:
    from lrtui.words import baselines_text, duration_text

    told = [f"{summary.name}  {summary.state}, written {duration_text(summary.age)} ago, {size_text(summary.bytes)}"]
    if history.started:
        started = history.started
        told.append(f"model {printable(summary.model)}, {started.parameters:,} parameters")
        told.append(f"corpus {printable(started.corpus)}, sha256 {printable(started.corpus_sha256[:16])}…")
        told.append(f"reference lines in nats: {baselines_text(started.baselines)}")
        told.append(", ".join(f"{printable(key)} {printable(value)}" for key, value in started.fingerprint.items()))
    if history.skipped:
        told.append(f"{history.skipped} lines of its log cannot be read")
    return [line for line in told if line]


def plot_command(
    runs: RunsArgument,
    home: HomeOption = None,
    width: Annotated[int, typer.Option(help="Columns (0: the terminal's).", min=0, max=1000)] = 0,
    height: Annotated[int, typer.Option(help="Lines of both charts together.", min=12, max=500)] = 30,
    log_x: Annotated[bool, typer.Option("--log-x", help="Steps on a log axis.")] = False,
    log_y: Annotated[bool, typer.Option("--log-y", help="Loss on a log axis.")] = False,
    ascii_only: Annotated[bool, typer.Option("--ascii", help="No characters beyond ASCII.")] = False,
) -> None:
    """Draw loss and learning rate of one run, with its changes marked, or of several overlaid."""
    from dataclasses import replace

    from lrtui.console.charts import run_charts
    from lrtui.console.front import is_terminal, uses_colour, writes_unicode
    from lrtui.plot import Look
    from lrtui.runs.sweeps import is_sweep

    folder = home_folder(home)
    look = Look(
        width=width or (shutil.get_terminal_size((100, 24)).columns if is_terminal(sys.stdout) else 100),
        height=height,
        colour=uses_colour(sys.stdout),
        ascii=ascii_only or not writes_unicode(sys.stdout),
        log_x=log_x,
        log_y=log_y,
    )
    # Not typer.echo: it would judge anew whether colour is wanted.
    chosen = [open_run(folder, name) for name in dict.fromkeys(runs)]
    sweeps = [run for run in chosen if is_sweep(run)]
    if sweeps and len(chosen) > 1:
        raise UsageError(f"{sweeps[0].name} is a sweep: it is drawn alone")
    if sweeps:
        from lrtui.console.sweep_charts import sweep_picture

        text = sweep_picture(sweeps[0], replace(look, height=max(8, height // 2)))
    else:
        text = run_charts(chosen, look)
    sys.stdout.write(text + "\n")


def delete_command(
    runs: RunsArgument,
    home: HomeOption = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Remove runs for good: metrics, samples and checkpoints. A live run is refused."""
    from lrtui.runs.catalog import delete_run, summarize

    folder = home_folder(home)
    # All are looked up before the first is gone, so that a mistyped name costs nothing.
    summaries = [summarize(open_run(folder, name)) for name in dict.fromkeys(runs)]
    for summary in summaries:
        if not yes:
            _ask(summary)
        delete_run(folder, summary.name)
        typer.echo(f"{summary.name} is deleted: {size_text(summary.bytes)}")


def _ask(summary: "RunSummary") -> None:
    if not sys.stdin.isatty():
        raise UsageError(f"deleting {summary.name} needs a yes", "Add --yes, or run this in a terminal.")
    typer.confirm(f"Delete {summary.name}, {summary.step:,} steps, {size_text(summary.bytes)}?", abort=True)


def _echo_json(value: Any) -> None:
    import msgspec

    typer.echo(msgspec.json.encode(value).decode())
