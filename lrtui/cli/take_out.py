"""`lrtui sample | export`: what a trained run can give."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from lrtui.cli.options import HomeOption, RunArgument, StepOption
from lrtui.errors import UsageError
from lrtui.printable import printable
from lrtui.runs.directory import RunDirectory, open_run
from lrtui.runs.directory import home as home_folder
from lrtui.runs.run_config import read_config


def register(app: typer.Typer) -> None:
    """Adds the commands of this family to the application."""
    app.command("sample")(sample_command)
    app.command("export")(export_command)


def sample_command(
    run: RunArgument,
    prompt: Annotated[str | None, typer.Option("--prompt", metavar="TEXT", help="What to continue.")] = None,
    length: Annotated[int | None, typer.Option("--length", metavar="N", min=1, help="How many tokens.")] = None,
    temperature: Annotated[float | None, typer.Option("--temperature", min=0.0, help="0 takes the likeliest.")] = None,
    top_k: Annotated[int | None, typer.Option("--top-k", min=0, help="Only the k likeliest; 0: all.")] = None,
    top_p: Annotated[float | None, typer.Option("--top-p", help="Only the likeliest that make up this share.")] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, max=2**63 - 1, help="Same seed, same text.")] = 0,
    step: StepOption = None,
    home: HomeOption = None,
) -> None:
    """Let a trained model write. What is left out comes from the run's [sample]."""
    from lrtui.config.load import override
    from lrtui.runs.sweeps import refuse_sweep

    directory = open_run(home_folder(home), run)
    refuse_sweep(directory)
    given = {"length": length, "temperature": temperature, "top_k": top_k, "top_p": top_p, "prompt": prompt}
    config = read_config(directory)
    config = override(config, {"sample": {key: value for key, value in given.items() if value is not None}})
    from lrtui.engine.device import limit_blas  # seconds of PyTorch, which a refusal does not need
    from lrtui.engine.export import load_model
    from lrtui.engine.sample import Sampler, opening_tokens

    model, vocabulary, _, found = load_model(directory, config, step)
    _tell_skipped(found.skipped)
    terminal = sys.stdout.isatty()
    limit_blas(1)
    for piece in Sampler(model, vocabulary, opening_tokens(model, vocabulary)).pieces(config.sample, seed):
        # a pipe gets the text as it is; a terminal never gets a control character, and sees each as it comes
        sys.stdout.write(printable(piece, keep_newlines=True) if terminal else piece)
        if terminal:
            sys.stdout.flush()
    sys.stdout.write("\n")


def export_command(
    run: RunArgument,
    format: Annotated[str, typer.Option("--format", metavar="F", help="torch, safetensors, csv or tensorboard.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File or folder to write (default: RUN.<format>).")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace what is there.")] = False,
    step: StepOption = None,
    home: HomeOption = None,
) -> None:
    """Write a run's newest checkpoint, or its numbers, in another program's format."""
    from lrtui.runs.sweeps import refuse_sweep

    directory = open_run(home_folder(home), run)
    refuse_sweep(directory)
    suffixes = {"torch": ".pt", "safetensors": ".safetensors", "csv": ".csv", "tensorboard": ".tensorboard"}
    if format not in suffixes:
        raise UsageError(f"--format {printable(format)!r} is not known", f"Formats: {', '.join(suffixes)}.")
    path = output or Path(directory.name + suffixes[format])
    if path.exists() and not force:
        raise UsageError(f"{printable(str(path))} is there already", "Give another --output, or --force to replace it.")
    if format == "csv":
        from lrtui.runs.table import export_csv

        _tell(export_csv(directory, path))
    elif format == "tensorboard":
        from lrtui.engine.export import export_tensorboard

        _tell(export_tensorboard(directory, path))
    else:
        _export_checkpoint(directory, format, path, step)
    typer.echo(f"wrote {printable(str(path))}")


def _export_checkpoint(directory: RunDirectory, format: str, path: Path, step: int | None) -> None:
    from lrtui.engine.export import export_safetensors, export_torch, load_model

    config = read_config(directory)
    _, _, flat, found = load_model(directory, config, step)
    _tell_skipped(found.skipped)
    if format == "torch":
        export_torch(path, flat, found, config)
    else:
        export_safetensors(path, flat, found)


def _tell_skipped(sentences: tuple[str, ...]) -> None:
    _tell([f"{sentence}; using the one before" for sentence in sentences])


def _tell(sentences: list[str]) -> None:
    for sentence in sentences:
        typer.echo(f"lrtui: {printable(sentence)}", err=True)
