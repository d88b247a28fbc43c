"""One figure of the screens, and what measuring them from outside takes: a terminal, and the system's own counters."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from lrtui.bench.terminal import Terminal

#: as finely as the system counts a process' time
TICK_SECONDS = 1 / os.sysconf("SC_CLK_TCK")
HEADING = f"{'screen':<32}{'median':>9} {'unit':<12}{'min':>9}{'max':>9}{'goal':>10}"


@dataclass(frozen=True)
class Measure:
    """`value` in `unit`, the `goal` (`at_most`, or else at least that), and `all` that was measured for it."""

    name: str
    value: float
    unit: str
    goal: float
    at_most: bool
    all: tuple[float, ...]

    def line(self) -> str:
        """One row of the table under `HEADING`."""
        goal = f"{'≤' if self.at_most else '≥'} {self.goal:g}"
        figures = f"{self.value:>9.2f} {self.unit:<12}{min(self.all):>9.2f}{max(self.all):>9.2f}"
        return f"{self.name:<32}{figures}{goal:>10}"

    def json(self) -> str:
        """The same as one JSON object, with everything that was measured."""
        return json.dumps({"screen": self.name, **{k: v for k, v in asdict(self).items() if k != "name"}})


def screen(home: Path, *arguments: str) -> Terminal:
    """`lrtui ARGUMENTS` on a terminal of 120×40, as a context manager."""
    return Terminal([sys.executable, "-m", "lrtui", *arguments], env={"LRTUI_HOME": str(home)})


def cpu_seconds(pid: int) -> float:
    """Processor time a process has used so far, user and system (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK_SECONDS


def resident_bytes(pid: int) -> int:
    """Memory of a process, as the system counts it (Linux)."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
