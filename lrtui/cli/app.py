"""The `lrtui` command: its families put together, and every error turned into a sentence and an exit code."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from lrtui import __version__
from lrtui.cli import bench, config, control, corpus, library, run, take_out
from lrtui.errors import LrtuiError

app = typer.Typer(
    name="lrtui",
    help="A learning-rate workbench in the terminal: train small language models with the rate under your fingers.",
    rich_markup_mode=None,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"lrtui {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    pass


run.register(app)
control.register(app)
library.register(app)
take_out.register(app)
bench.register(app)
app.add_typer(corpus.app, name="corpus")
app.add_typer(config.app, name="config")
app.command("presets")(config.presets)


def main() -> None:
    """Run the command line and end the process with the exit code that belongs to what happened.

    0 done · 1 diverged, or a replay that differs · 64 usage · 65 configuration or text · 70 a bug · 74 disk ·
    75 saved for requeue · 130, 143 signals
    """
    try:
        code = app(standalone_mode=False)
    except LrtuiError as error:
        from lrtui.console import report_error

        report_error(error, sys.stderr)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(130)
    except BrokenPipeError:
        # whoever read our output went away: nothing to say, and nobody to say it to
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        code = _usage_exit(error)
        if code is None:
            raise
    sys.exit(code or 0)


def _usage_exit(error: Exception) -> int | None:
    """Show a usage error of the parser as it would itself, with our exit code; None for any other exception.

    typer vendors its parser, whose exception classes have no public import path: they are known by their `show`.
    """
    if not hasattr(error, "show") or not hasattr(error, "exit_code"):
        return None
    error.show()
    return 64
