"""`lrtui ctl | attach`: a hand on a run that trains in another process."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from lrtui.cli.options import HomeOption, JsonOption, RunArgument
from lrtui.errors import UsageError
from lrtui.runs.directory import home as home_folder
from lrtui.runs.directory import open_run


def register(app: typer.Typer) -> None:
    """Adds the commands of this family to the application."""
    app.command("ctl")(ctl_command)
    app.command("attach")(attach_command)


def ctl_command(
    run: RunArgument,
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="COMMAND...",
            help="decay [F], scale F, lr X, hold, release, pause, continue, step N, save, sample [PROMPT], "
            "extend N [keep|rescale|restart], undo, cooldown N [SHAPE], find [LOW:HIGH] [POINTS] [linear], stop",
        ),
    ],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Steer a live run; the answer says at which step it took effect, and the old and new rate."""
    from lrtui.command_words import parse_command
    from lrtui.messages import CommandRejected, encode
    from lrtui.words import news
    from lrtui.worker.client import ControlClient

    command = parse_command(" ".join(words))
    with ControlClient(open_run(home_folder(home), run)) as client:
        step, events = client.send(command)
    told = [text for event in events if (text := news(event))]
    for event in events:
        if isinstance(event, CommandRejected):
            raise UsageError(f"{words[0]} was refused at step {step}: {event.reason}")
        if as_json:
            typer.echo(encode(event).decode())
    if not as_json:
        typer.echo("\n".join(told) if told else f"step {step:,}  {words[0]}: done")


def attach_command(run: RunArgument, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Follow a live run from its beginning to its end; Ctrl-C leaves it training."""
    from lrtui.console import Console
    from lrtui.runs.follow import follow

    directory = open_run(home_folder(home), run)
    with Console(sys.stdout, json=as_json) as console:
        for event in follow(directory):
            console.show(event)
        console.close(directory)
