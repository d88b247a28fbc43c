"""The `lrtui` command: its families put together, and every error turned into a sentence and an exit code."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Annotated

import typer

from lrtui import __version__
from lrtui.cli import bench, config, control, corpus, lab, library, run, take_out
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
lab.register(app)
library.register(app)
take_out.register(app)
bench.register(app)
app.add_typer(corpus.app, name="corpus")
app.add_typer(config.app, name="config")
app.command("presets")(config.presets)


def main() -> None:
    """Run the command line and end the process with the exit code that belongs to what happened.

    0 done · 1 diverged, a replay that differs, or no rate found · 64 usage · 65 configuration or text · 70 a bug ·
    74 disk · 75 saved for requeue · 130, 143 signals
    """
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):  # closed, or replaced by a test
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        code = app(standalone_mode=False)
        sys.stdout.flush()
    except LrtuiError as error:
        from lrtui.console import report_error

        report_error(error, sys.stderr)
        code = error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        code = 130
    except BrokenPipeError:
        code = 0  # whoever read our output went away: nothing to say, and nobody to say it to
    except OSError as error:
        code = _output_exit(error)
    except Exception as error:
        code = _usage_exit(error) or _bug_exit(error)
    _let_go_of_output()
    sys.exit(code or 0)


def _let_go_of_output() -> None:
    """What could not be written now cannot be written while Python ends either; it would only complain."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError, AttributeError):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _output_exit(error: OSError) -> int:
    if error.filename is not None:
        return _bug_exit(error)  # a file of ours: its reader should have made a sentence of it
    print(f"lrtui: the output cannot be written: {error.strerror or error}", file=sys.stderr)
    return 74


def _bug_exit(error: Exception) -> int:
    """70: not the user's mistake; but a machine that is too small gets its sentence."""
    import traceback

    text = str(error).lower()
    if isinstance(error, MemoryError) or "out of memory" in text or "can't allocate memory" in text:
        print("lrtui: there is not enough memory for this model and batch", file=sys.stderr)
        print("Lower model.hidden, train.batch or train.block, then resume or start again.", file=sys.stderr)
        return 70
    traceback.print_exception(error)
    print("lrtui: this is a bug of lrtui, not of yours; the run, if there is one, can be resumed", file=sys.stderr)
    return 70


def _usage_exit(error: Exception) -> int | None:
    """Show a usage error of the parser as it would itself, with our exit code; None for any other exception.

    typer vendors its parser, whose exception classes have no public import path: they are known by their `show`.
    """
    if not hasattr(error, "show") or not hasattr(error, "exit_code"):
        return None
    error.show()
    return 64
