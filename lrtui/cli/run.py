"""`lrtui run | resume | replay`: training, headless."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lrtui.cli.corpus import show_progress
from lrtui.cli.follow import refuse_ranks, together
from lrtui.cli.hosting import DetachOption, host_here, sweep_here
from lrtui.cli.options import ConfigArgument, HomeOption, JsonOption, PresetOption, RunArgument, SetOption
from lrtui.errors import UsageError
from lrtui.runs.directory import home as home_folder

if TYPE_CHECKING:
    from lrtui.engine.ranks import Ranks
    from lrtui.worker.host import Host
    from lrtui.worker.sweep_host import SweepHost

AtOption = Annotated[
    list[str] | None,
    typer.Option(
        "--at", metavar="STEP:COMMAND", help="Steer at a step: 10000:decay, 12000:lr=0.002, 15000:undo, 9000:hold …"
    ),
]


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

        host_here(make, as_json, detach)


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
    """Go on with a run or a sweep, exactly as if it had never stopped."""
    from lrtui.runs.directory import open_run
    from lrtui.runs.sweeps import is_sweep
    from lrtui.worker.resume_plan import ResumeOptions

    options = ResumeOptions(steps=steps, schedule=schedule, lr=lr, step=step, weights_only=weights_only)
    with together(home_folder(home), detach) as ranks:
        if is_sweep(open_run(home_folder(home), run)):
            refuse_ranks(ranks)
            if options != ResumeOptions():
                raise UsageError("a sweep goes on as it began: resume takes no other options for it")
            sweep_here(lambda: _resumed_sweep(home_folder(home), run), as_json, detach)

        def make() -> Host:
            from lrtui.worker.resume import resume

            return resume(home_folder(home), run, options, show_progress, ranks)

        host_here(make, as_json, detach)


def _resumed_sweep(home: Path, run: str) -> SweepHost:
    from lrtui.worker.sweep_begin import resume_sweep

    return resume_sweep(home, run, show_progress)


def replay_command(run: RunArgument, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Run a run's ledger again, headless, and compare the final bits."""
    with together(home_folder(home)) as ranks:
        equal = _replay(home_folder(home), run, as_json, ranks)
    raise typer.Exit(0 if equal else 1)


def _replay(home: Path, run: str, as_json: bool, ranks: Ranks | None) -> bool:
    import json

    from lrtui.console import Console
    from lrtui.runs.directory import open_run
    from lrtui.runs.sweeps import refuse_sweep
    from lrtui.worker.replay import replay

    refuse_sweep(open_run(home, run))
    again = replay(home, run, ranks)
    with Console(sys.stdout, json=as_json) as console:
        for event in again.events():
            console.show(event)
    if as_json:
        typer.echo(json.dumps({"event": "replayed", "step": again.step, "equal": again.equal, "badge": again.badge}))
    else:
        typer.echo(again.verdict())
    return again.equal
