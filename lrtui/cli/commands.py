"""The families of commands put together; without a command, the screens."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from lrtui import __version__
from lrtui.cli import bench, config, control, corpus, lab, library, run, sweep, take_out
from lrtui.cli.options import (
    AsciiOption,
    HomeOption,
    HzOption,
    NoMouseOption,
    PaletteOption,
    ThemeOption,
)
from lrtui.cli.screens import open_screens
from lrtui.errors import UsageError
from lrtui.runs.directory import HOME_VARIABLE

app = typer.Typer(
    name="lrtui",
    help="A learning-rate workbench in the terminal: train small language models with the rate under your fingers.\n\n"
    "Without a command: the screens, on the live run if there is one.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"lrtui {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _screens(
    context: typer.Context,
    home: HomeOption = None,
    ascii: AsciiOption = False,
    no_mouse: NoMouseOption = False,
    hz: HzOption = None,
    theme: ThemeOption = None,
    palette: PaletteOption = None,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        raise typer.Exit(
            open_screens(home, ascii=ascii, no_mouse=no_mouse, hz=hz, theme=theme, palette=palette),
        )
    if ascii or no_mouse or hz is not None or theme or palette:
        raise UsageError(
            f"{context.invoked_subcommand} takes no flags of the screens before it",
            "`lrtui` and `lrtui attach` open the screens; attach takes their flags after it.",
        )
    if home is not None:
        os.environ[HOME_VARIABLE] = str(home)


run.register(app)
control.register(app)
lab.register(app)
sweep.register(app)
library.register(app)
take_out.register(app)
bench.register(app)
app.add_typer(corpus.app, name="corpus")
app.add_typer(config.app, name="config")
app.command("presets")(config.presets)
