"""What a static graph cannot prove: which modules a command really loads."""

import subprocess
import sys

import pytest

HEAVY = ("torch", "textual", "numpy", "plotext", "rich", "pooch", "safetensors")

PROBE = """
import sys
sys.argv = ["lrtui", *{argv}]
from lrtui.cli.app import main
try:
    main()
except SystemExit:
    pass
print("LOADED", *sorted({{name.split(".")[0] for name in sys.modules}}))
"""


def loaded(*argv: str, cwd: str | None = None) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROBE.format(argv=list(argv))], capture_output=True, text=True, cwd=cwd, check=True
    )
    return set(done.stdout.rpartition("LOADED")[2].split())


@pytest.mark.parametrize("argv", [["--help"], ["run", "--help"], ["--version"], ["attach", "--help"]])
def test_help_loads_nothing_heavy(argv: list[str]) -> None:
    assert loaded(*argv) & set(HEAVY) == set()


def test_screens_without_a_terminal_load_neither_them_nor_the_parser() -> None:
    assert loaded() & {*HEAVY, "typer"} == set()


@pytest.mark.parametrize("argv", [["runs"], ["config", "show"], ["presets"], ["corpus", "list"], ["config", "schema"]])
def test_what_only_reads_loads_no_torch(argv: list[str], tmp_path: object) -> None:
    assert "torch" not in loaded(*argv, cwd=str(tmp_path))


def imported(module: str) -> set[str]:
    code = f"import sys, {module}; print(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "module", ["console", "runs.catalog", "runs.metrics", "config.load", "messages", "plot", "cluster.torchrun"]
)
def test_what_screens_are_made_of_loads_no_torch(module: str) -> None:
    assert "torch" not in imported(f"lrtui.{module}")


@pytest.mark.parametrize("module", ["app", "palette", "screens.train", "screens.new_run", "screens.runs"])
def test_screens_load_no_torch_and_what_the_first_paint_needs_not(module: str) -> None:
    assert imported(f"lrtui.tui.{module}") & {"torch", "numpy", "pooch", "safetensors", "typer", "pydantic"} == set()
