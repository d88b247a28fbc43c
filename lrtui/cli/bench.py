"""`lrtui bench`: this machine's figures, as ratios measured in one run."""

from __future__ import annotations

from typing import Annotated

import typer

from lrtui.cli.options import JsonOption


def register(app: typer.Typer) -> None:
    """Adds the command to the application."""
    app.command("bench")(bench_command)


def bench_command(
    rows: Annotated[
        list[str] | None, typer.Argument(metavar="[ROW]...", help="Rows to measure, by name (default: all).")
    ] = None,
    seconds: Annotated[float, typer.Option("--seconds", min=0.001, max=600, help="Length of one side's turn.")] = 1.0,
    rounds: Annotated[int, typer.Option("--rounds", min=1, max=1000, help="How many turns each side gets.")] = 7,
    threads: Annotated[int, typer.Option("--threads", min=1, max=1024, help="CPU threads of both sides.")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Measure training speed against plain PyTorch loops of the same model, optimizer and batch, in turns."""
    import tempfile
    from pathlib import Path

    from lrtui.bench.rows import choose
    from lrtui.runs.directory import disk_errors

    chosen = choose(rows or [])

    import torch

    from lrtui.bench import table
    from lrtui.bench.sides import measure

    if not as_json:
        typer.echo(table.preamble(torch.__version__, threads, seconds, rounds))
        typer.echo(table.HEADING)
    with disk_errors("use", Path(tempfile.gettempdir())), tempfile.TemporaryDirectory(prefix="lrtui-bench-") as folder:
        for row in chosen:
            figures = measure(row, Path(folder), threads, seconds, rounds)
            typer.echo(
                table.json_line(figures, torch.__version__, threads, seconds) if as_json else table.line(figures)
            )
