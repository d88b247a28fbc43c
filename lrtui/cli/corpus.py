"""`lrtui corpus`: the texts there are, and adding one.

What reads and fetches texts is imported inside the commands, so that `--help` stays quick.
"""

import json
import sys
from typing import Annotated

import typer

from lrtui.cli.options import HomeOption
from lrtui.errors import CorpusError
from lrtui.printable import printable
from lrtui.runs.directory import home as home_folder
from lrtui.words import size_text

app = typer.Typer(no_args_is_help=True, help="Texts to learn: list what there is, add your own.")


def show_progress(name: str, done: int, total: int) -> None:
    """Rewrites one line on stderr with how much of a text has come; silent where stderr is no terminal."""
    if sys.stderr.isatty():
        share = f"{done / total:4.0%} of {size_text(total)}" if total else size_text(done)
        typer.echo(f"\r{printable(name)}  {share}  ", nl=bool(total) and done >= total, err=True)


@app.command("list")
def list_command(
    home: HomeOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """List the texts that corpus.name can name."""
    from dataclasses import asdict

    from lrtui.text.shelf import CorpusEntry, list_corpora

    def state(entry: CorpusEntry) -> str:
        if entry.source == "catalogue":
            return "downloaded" if entry.ready else "to download"
        return entry.source

    entries = list_corpora(home_folder(home))
    if as_json:
        for entry in entries:
            typer.echo(json.dumps(asdict(entry)))
        return
    rows = [
        (e.name, state(e), "" if e.bytes is None else size_text(e.bytes), printable(e.description)) for e in entries
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for name, what, size, description in rows:
        typer.echo(f"{name:<{widths[0]}}  {what:<{widths[1]}}  {size:>{widths[2]}}  {description}")


@app.command("add")
def add_command(
    source: Annotated[str, typer.Argument(help="A name of the catalogue, a file, a folder or an http(s) address.")],
    name: Annotated[str | None, typer.Option("--name", help="What to call it (default: the file's name).")] = None,
    home: HomeOption = None,
) -> None:
    """Add a text, so that corpus.name can name it."""
    from lrtui.text.corpus import decoded
    from lrtui.text.shelf import add_corpus

    path = add_corpus(source, home_folder(home), name, show_progress)
    train = f"lrtui run --set corpus.name={path.stem}"
    typer.echo(f"{path.stem} is ready: {size_text(path.stat().st_size)} in {printable(str(path))}")
    try:
        decoded(path.stem, path.read_bytes(), "char")
        typer.echo(f"Train on it: {train}")
    except CorpusError as error:
        typer.echo(f"{error.message}. Train on its bytes: {train} --set corpus.vocab=byte")
