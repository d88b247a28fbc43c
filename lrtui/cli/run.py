"""`lrtui run | resume | replay`: training, headless."""

from __future__ import annotations

import contextlib
import os
import sys
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lrtui.cli.corpus import show_progress
from lrtui.cli.follow import together
from lrtui.cli.options import ConfigArgument, HomeOption, JsonOption, PresetOption, RunArgument, SetOption
from lrtui.runs.directory import home as home_folder

if TYPE_CHECKING:
    from lrtui.console import Console
    from lrtui.engine.ranks import Ranks
    from lrtui.messages import Event
    from lrtui.worker.host import Host

AtOption = Annotated[
    list[str] | None,
    typer.Option(
        "--at", metavar="STEP:COMMAND", help="Steer at a step: 10000:decay, 12000:lr=0.002, 15000:undo, 9000:hold …"
    ),
]

DETACH = "--detach"
DetachOption = Annotated[bool, typer.Option(DETACH, help="Train in a process of its own that outlives this terminal.")]


def register(app: typer.Typer) -> None:
    """Adds the commands of this family to the application."""
    app.command("run")(run_command)
    app.command("resume")(resume_command)
    app.command("replay")(replay_command)


def run_command(
    config: ConfigArgument = None,
    preset: PresetOption = None,
    sets: SetOption = None,
    name: Annotated[str | None, typer.Option("--name", metavar="N", help="The run's name (default: made up).")] = None,
    at: AtOption = None,
    init_from: Annotated[
        str | None,
        typer.Option("--init-from", metavar="RUN[@STEP]", help="Begin with the weights of another run."),
    ] = None,
    on_diverge: Annotated[
        str | None, typer.Option("--on-diverge", metavar="HOW", help="rollback, stop or continue (train.on_diverge).")
    ] = None,
    detach: DetachOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train a model; without a configuration, the quick-start one on a built-in text."""
    from lrtui.config.load import load_run_config

    flags = [f"train.on_diverge={on_diverge}"] if on_diverge else []
    with together(home_folder(home), detach) as ranks:
        settings = load_run_config(config, preset, [*(sets or []), *flags])

        def make() -> Host:
            from lrtui.worker.begin import begin

            where = home_folder(home)
            return begin(
                settings, where, name, script=at or [], init_from=init_from, progress=show_progress, ranks=ranks
            )

        _host(make, as_json, detach)


def resume_command(
    run: RunArgument,
    steps: Annotated[int | None, typer.Option("--steps", metavar="N", help="A new, larger total of steps.")] = None,
    schedule: Annotated[
        str, typer.Option("--schedule", metavar="HOW", help="What --steps does to the shape: keep, rescale, restart.")
    ] = "",
    lr: Annotated[
        str, typer.Option("--lr", metavar="HOW", help="keep, config (the schedule's own value) or a rate.")
    ] = "keep",
    step: Annotated[
        int | None, typer.Option("--from", metavar="STEP", help="Go back to this checkpoint (default: the newest).")
    ] = None,
    weights_only: Annotated[
        bool, typer.Option("--weights-only", help="Go on from the weights with a fresh optimizer.")
    ] = False,
    detach: DetachOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Go on with a run, exactly as if it had never stopped."""
    from lrtui.worker.resume_plan import ResumeOptions

    options = ResumeOptions(steps=steps, schedule=schedule, lr=lr, step=step, weights_only=weights_only)

    with together(home_folder(home), detach) as ranks:

        def make() -> Host:
            from lrtui.worker.resume import resume

            return resume(home_folder(home), run, options, show_progress, ranks)

        _host(make, as_json, detach)


def _host(make: Callable[[], Host], as_json: bool, detach: bool) -> None:
    """Train here, show what happens, and end with the run's exit code; or have a detached worker train."""
    from lrtui.worker import detach as detached

    if detach:
        name = detached.spawn([argument for argument in sys.argv[1:] if argument != DETACH]).name
        typer.echo(f'{{"run": "{name}"}}' if as_json else f"{name} trains; follow it with: lrtui attach {name}")
        return
    if detached.is_detached():
        host = make()
        detached.begun(host.run)
        last: Event | None = deque(host.events(), maxlen=1).pop()
    else:
        host, last = _train_here(make, as_json)
    from lrtui.worker.host import exit_code

    raise typer.Exit(exit_code(last))


def _shown(console: Console, event: Event) -> str | None:
    """Show `event`; what ends the run where nobody can read it: its reader has gone, or the output takes no more."""
    try:
        console.show(event)
    except BrokenPipeError:
        return "SIGPIPE"
    except OSError:
        return "output"
    return None


def _drop_output() -> None:
    """Nobody reads what is said from now on, and taking the bar away must not fail for that."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _train_here(make: Callable[[], Host], as_json: bool) -> tuple[Host, Event | None]:
    from lrtui.console import Console
    from lrtui.messages import Stop, Stopped

    with Console(sys.stdout, json=as_json) as console:
        host, last, heard = make(), None, True
        for last in host.events():
            if heard and (cause := _shown(console, last)):
                heard = False
                _drop_output()
                host.inbox.put(Stop(), cause)
        if heard:
            console.close(host.run)
            if isinstance(last, Stopped) and not as_json:
                typer.echo(f"go on with: {last.resume}")  # again, where the charts have not scrolled it away
    return host, last


def replay_command(run: RunArgument, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Run a run's ledger again, headless, and compare the final bits."""
    with together(home_folder(home)) as ranks:
        equal = _replay(home_folder(home), run, as_json, ranks)
    raise typer.Exit(0 if equal else 1)


def _replay(home: Path, run: str, as_json: bool, ranks: Ranks | None) -> bool:
    import json

    from lrtui.console import Console
    from lrtui.worker.replay import replay

    again = replay(home, run, ranks)
    with Console(sys.stdout, json=as_json) as console:
        for event in again.events():
            console.show(event)
    if as_json:
        typer.echo(json.dumps({"event": "replayed", "step": again.step, "equal": again.equal, "badge": again.badge}))
    else:
        typer.echo(again.verdict())
    return again.equal
