"""A real `lrtui` on a real terminal."""

import sys
from pathlib import Path

from lrtui.bench.terminal import Terminal

#: what stands on every screen as soon as it is painted: the last entry of the key bar
PAINTED = " Quit"
#: does something first, then becomes `lrtui`
_AFTER = """
import signal, sys
{first}
sys.argv = ["lrtui", *sys.argv[1:]]
from lrtui.cli.app import main
main()
"""


def lrtui_on_terminal(
    home: Path, *argv: str, first: str = "", columns: int = 120, lines: int = 40, **env: str
) -> Terminal:
    """`lrtui ARGV` in `home`, after the Python statements `first`; begins as a context manager."""
    program = ["-c", _AFTER.format(first=first)] if first else ["-m", "lrtui"]
    return Terminal(
        [sys.executable, *program, *argv],
        columns,
        lines,
        env={"LRTUI_HOME": str(home), "XDG_CONFIG_HOME": str(home), **env},
    )
