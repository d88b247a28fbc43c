"""The `lrtui` command: every error turned into a sentence and an exit code.

The parser takes a while to load: a plain `lrtui`, which opens the screens, goes without it.
"""

from __future__ import annotations

import contextlib
import os
import sys

from lrtui.engine.processors import wait_politely
from lrtui.errors import LrtuiError


def main() -> None:
    """Run the command line and end the process with the exit code that belongs to what happened.

    0 done · 1 diverged, a replay that differs, or no rate found · 64 usage · 65 configuration or text · 70 a bug ·
    74 disk · 75 saved for requeue · 130, 143 signals
    """
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):  # closed, or replaced by a test
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    wait_politely()
    try:
        code = _run(sys.argv[1:])
        sys.stdout.flush()
    except LrtuiError as error:
        from lrtui.console import report_error

        report_error(error, sys.stderr)
        code = error.exit_code
    except KeyboardInterrupt:
        code = 130
    except BrokenPipeError:
        code = 0  # whoever read our output went away: nothing to say, and nobody to say it to
    except OSError as error:
        code = _output_exit(error)
    except Exception as error:
        code = _usage_exit(error) or _bug_exit(error)
    _let_go_of_output()
    sys.exit(code or 0)


def _run(argv: list[str]) -> int | None:
    if not argv:
        from lrtui.cli.screens import open_screens

        return open_screens()
    from lrtui.cli.commands import app

    code: int | None = app(standalone_mode=False)
    return code


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
    if type(error).__name__ == "Abort":
        return 130
    if not hasattr(error, "show") or not hasattr(error, "exit_code"):
        return None
    error.show()
    return 64
