"""Flags and arguments that several commands share, declared once."""

from pathlib import Path
from typing import Annotated

import typer

HomeOption = Annotated[
    Path | None,
    typer.Option("--home", help="Folder of corpora and checkpoints (default: LRTUI_HOME, else the current folder)."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object a line, nothing else.")]
RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="A run's name, or the path of its folder.")]
ConfigArgument = Annotated[Path | None, typer.Argument(metavar="[CONFIG.toml]", help="A configuration file.")]
PresetOption = Annotated[str | None, typer.Option("--preset", metavar="P", help="Start from this preset.")]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Override one key, such as optim.lr=0.002.")
]
StepOption = Annotated[int | None, typer.Option("--from", metavar="STEP", help="The checkpoint (default: the newest).")]
AsciiOption = Annotated[bool, typer.Option("--ascii", help="Draw the screens with ASCII alone.")]
NoMouseOption = Annotated[bool, typer.Option("--no-mouse", help="Leave the mouse to the terminal.")]
HzOption = Annotated[
    float | None, typer.Option("--hz", metavar="N", help="How often a second the screens look (0.2 to 10; default: 2).")
]
ThemeOption = Annotated[str | None, typer.Option("--theme", metavar="NAME", help="The colours of the screens.")]
PaletteOption = Annotated[
    str | None, typer.Option("--palette", metavar="P", help="standard, or colour-blind: no red against green.")
]
