"""`lrtui bench`: this machine's figures, as ratios measured in one run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lrtui.cli.options import JsonOption

if TYPE_CHECKING:
    from lrtui.bench.rows import Row

SCREEN, PRECISION = "screen", "precision"
#: what a screen costs is read off the system's clock ticks: a turn takes so many `--seconds`
_TURNS_ON_SCREEN = 5
_PRESSES = 100


def register(app: typer.Typer) -> None:
    """Adds the command to the application."""
    app.command("bench")(bench_command)


def bench_command(
    rows: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ROW]...",
            help="Rows to measure, by name (default: all of training); `peers`: Lightning, fastai, transformers and "
            "torch-lr-finder where they are installed; `screen`: what the TUI costs, watched training against alone "
            "too; `precision`: what bf16 costs in loss (minutes).",
        ),
    ] = None,
    seconds: Annotated[float, typer.Option("--seconds", min=0.001, max=600, help="Length of one side's turn.")] = 1.0,
    rounds: Annotated[int, typer.Option("--rounds", min=1, max=1000, help="How many turns each side gets.")] = 7,
    threads: Annotated[int, typer.Option("--threads", min=1, max=1024, help="CPU threads of both sides.")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Measure training speed against plain PyTorch loops of the same model, optimizer and batch, in turns."""
    import tempfile

    from lrtui.bench.rows import choose
    from lrtui.runs.directory import disk_errors

    named = rows or []
    chosen = choose([name for name in named if name not in (SCREEN, PRECISION)])
    with disk_errors("use", Path(tempfile.gettempdir())), tempfile.TemporaryDirectory(prefix="lrtui-bench-") as folder:
        if not named or set(named) - {SCREEN, PRECISION}:
            _bench_training(chosen, Path(folder), threads, seconds, rounds, as_json)
        if SCREEN in named:
            _bench_screen(Path(folder), seconds, rounds, as_json)
        if PRECISION in named:
            _bench_precision(Path(folder), threads, as_json)


def _bench_training(
    rows: Sequence[Row], folder: Path, threads: int, seconds: float, rounds: int, as_json: bool
) -> None:
    import torch

    from lrtui.bench import table
    from lrtui.bench.loop_process import LoopError
    from lrtui.bench.peers import PEERS
    from lrtui.bench.sides import measure

    missing = table.missing_json if as_json else table.missing_line
    if not as_json:
        typer.echo(table.preamble(rows, torch.__version__, threads, seconds, rounds))
        typer.echo(table.HEADING)
    for row in rows:
        if row.peer and PEERS[row.peer].version is None:
            typer.echo(missing(row, f"not installed (pip install {row.peer})"))
            continue
        try:
            figures = measure(row, folder, threads, seconds, rounds)
        except LoopError as error:
            if not row.peer:
                raise
            typer.echo(missing(row, error.sentence))  # a library that is broken here spoils no other row
            continue
        typer.echo(table.json_line(figures, torch.__version__, threads, seconds) if as_json else table.line(figures))


def _bench_screen(folder: Path, seconds: float, rounds: int, as_json: bool) -> None:
    from lrtui.bench.measure import HEADING
    from lrtui.bench.screen import measure_screen

    if not as_json:
        typer.echo(HEADING)
    for measure in measure_screen(folder, rounds, _TURNS_ON_SCREEN * seconds, _PRESSES):
        typer.echo(measure.json() if as_json else measure.line())


def _bench_precision(folder: Path, threads: int, as_json: bool) -> None:
    from lrtui.bench.measure import HEADING
    from lrtui.bench.precision import measure_precision

    if not as_json:
        typer.echo(HEADING)
    measure = measure_precision(folder, threads)
    typer.echo(measure.json() if as_json else measure.line())
