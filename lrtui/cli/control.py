"""`lrtui ctl | attach`: a hand on a run that trains in another process."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from lrtui.cli.options import (
    AsciiOption,
    HomeOption,
    HzOption,
    JsonOption,
    NoMouseOption,
    PaletteOption,
    RunArgument,
    ThemeOption,
)
from lrtui.errors import UsageError
from lrtui.runs.directory import RunDirectory, open_run
from lrtui.runs.directory import home as home_folder


def register(app: typer.Typer) -> None:
    """Adds the commands of this family to the application."""
    # a number below zero is no option: it is refused for what it is
    app.command("ctl", context_settings={"ignore_unknown_options": True})(ctl_command)
    app.command("attach")(attach_command)


def ctl_command(
    run: RunArgument,
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="COMMAND...",
            help="decay [F], scale F, lr X, hold, release, pause, continue, step N, save, sample [PROMPT], "
            "extend N [keep|rescale|restart], undo, cooldown N [SHAPE], find [LOW:HIGH] [POINTS] [linear], "
            "confirm [K] [STEPS], race F,F,… [STEPS] [best], race keep [LANE], race drop, schedule KIND [KEY=VALUE]…, "
            "reset-optimizer, stop; of a sweep: kill LANE, keep LANE, prune ETA|off [RUNGS], promote [LANE] [NAME], "
            "pause, continue, save, stop",
        ),
    ],
    steps: Annotated[int | None, typer.Option("--steps", metavar="N", help="The steps of a race.")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Steer a live run; the answer says at which step it took effect, and the old and new rate."""
    from lrtui.command_words import parse_command
    from lrtui.messages import CommandRejected, carried_out, encode
    from lrtui.words import news
    from lrtui.worker.client import ControlClient

    if steps is not None:
        if words[0] != "race" or len(words) < 2:
            raise UsageError("--steps is for a race", "For example: lrtui ctl RUN race 1,0.3,0.1 --steps 500.")
        words = [*words[:2], str(steps), *words[2:]]
    command = parse_command(" ".join(words))
    with ControlClient(open_run(home_folder(home), run)) as client:
        step, events = client.send(command)
    told = [text for event in events if (text := news(event))]
    for event in events:
        if isinstance(event, CommandRejected):
            raise UsageError(f"{words[0]} was refused at step {step}: {event.reason}")
        if as_json:
            typer.echo(encode(event).decode())
    if as_json and not events:
        typer.echo(carried_out(command, step).decode())
    if not as_json:
        typer.echo("\n".join(told) if told else f"step {step:,}  {words[0]}: done")


def attach_command(
    run: Annotated[str | None, typer.Argument(metavar="[RUN]", help="A run (default: the newest live one).")] = None,
    home: HomeOption = None,
    read_only: Annotated[bool, typer.Option("--read-only", help="Look, and let no key steer it.")] = False,
    plain: Annotated[
        bool, typer.Option("--plain", help="Lines instead of the screens, as without a terminal.")
    ] = False,
    as_json: JsonOption = False,
    ascii: AsciiOption = False,
    no_mouse: NoMouseOption = False,
    hz: HzOption = None,
    theme: ThemeOption = None,
    palette: PaletteOption = None,
) -> None:
    """Show a run or a sweep; leaving lets it train on. Without a terminal: its lines, from its beginning to its end."""
    from lrtui.cli.screens import has_terminal, open_screens

    directory = open_run(home_folder(home), run or _newest_live(home))
    if plain or as_json or not has_terminal():
        _follow(directory, as_json)
        return
    raise typer.Exit(
        open_screens(
            home,
            directory.name,
            read_only=read_only,
            ascii=ascii,
            no_mouse=no_mouse,
            hz=hz,
            theme=theme,
            palette=palette,
        )
    )


def _newest_live(home: Path | None) -> str:
    from lrtui.printable import printable
    from lrtui.runs.live import newest_live_run

    name = newest_live_run(home_folder(home))
    if name is None:
        raise UsageError(
            f"no run trains in {printable(str(home_folder(home)))}",
            "`lrtui attach RUN` shows one that has ended, `lrtui runs` lists them, --home names another home.",
        )
    return name


def _follow(directory: RunDirectory, as_json: bool) -> None:
    from lrtui.console import Console
    from lrtui.console.sweep import SweepConsole
    from lrtui.runs.follow import looks
    from lrtui.runs.sweeps import is_sweep

    kind = SweepConsole if is_sweep(directory) else Console
    with kind(sys.stdout, json=as_json) as console:
        for number, look in enumerate(looks(directory)):
            for event in look:
                console.show(event, past=number == 0)
        console.close(directory)
