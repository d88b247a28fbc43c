"""`lrtui find`: the laboratory, headless."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from lrtui.cli.corpus import show_progress
from lrtui.cli.options import HomeOption, JsonOption, PresetOption, SetOption
from lrtui.errors import UsageError
from lrtui.runs.directory import home as home_folder

if TYPE_CHECKING:
    from lrtui.messages import Command, Confirmed, Event, Find, RangeTested
    from lrtui.runs.directory import RunDirectory
    from lrtui.worker.laboratory import Specimen

    Ask = Callable[[Command], Iterator[Event]]

Verdict = TypeVar("Verdict", "RangeTested", "Confirmed")

HEIGHT, WIDEST = 18, 110  # cells of the chart


WhatArgument = Annotated[
    str | None, typer.Argument(metavar="[CONFIG.toml|RUN]", help="A configuration file, or a run, live or not.")
]
RangeOption = Annotated[
    str | None, typer.Option("--range", metavar="LOW:HIGH", help="The rates to try (default: by model, optimizer).")
]
ConfirmOption = Annotated[
    int | None,
    typer.Option(
        "--confirm", metavar="K", help="Then train K rates of the band for real, side by side; the best one wins."
    ),
]
ApplyOption = Annotated[
    bool, typer.Option("--apply", help="Write the rate into the configuration file, or set it on the live run.")
]


def register(app: typer.Typer) -> None:
    """Adds the commands of this family to the application."""
    app.command("find")(find_command)


def find_command(
    what: WhatArgument = None,
    preset: PresetOption = None,
    sets: SetOption = None,
    span: RangeOption = None,
    points: Annotated[int, typer.Option("--points", metavar="N", help="How many, one batch each.")] = 100,
    linear: Annotated[bool, typer.Option("--linear", help="Evenly spread rates instead of even ratios.")] = False,
    confirm: ConfirmOption = None,
    confirm_steps: Annotated[int, typer.Option("--confirm-steps", metavar="M", help="Steps for each of them.")] = 200,
    apply: ApplyOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
    progress: Annotated[bool, typer.Option("--progress", help="With --json: the points, too, as they come.")] = False,
) -> None:
    """Find a learning rate by a range test, which leaves nothing behind.

    On a configuration it tests the fresh model, on a run its newest checkpoint, on a live run its present state, while
    training waits. Exits with 0 where it suggests a rate, with 1 where it refuses to.
    """
    from lrtui.lr.confirm import check
    from lrtui.lr.range_plan import parse_range
    from lrtui.messages import Find

    low, high = parse_range(span) if span else (None, None)
    command = Find(low=low, high=high, points=points, linear=linear)
    if confirm is not None:
        check(confirm, confirm_steps)
    folder = home_folder(home)
    found = partial(_found, command, confirm, confirm_steps, as_json, progress)
    run = _run_of(what, folder)
    if run is None:
        path = Path(what) if what else None
        if apply and path is None:
            raise UsageError("--apply needs a file to write the rate into", "`lrtui config init` writes one.")
        lr = found(_fresh(path, preset, sets or [], folder))
        _write(lr, path if apply else None, as_json)
    else:
        _check_run_alone(preset, sets)
        lr = _on_run(found, run, folder, apply, as_json)
    raise typer.Exit(0 if lr is not None else 1)


def _found(command: Find, lanes: int | None, steps: int, as_json: bool, progress: bool, ask: Ask) -> float | None:
    """The rate that a range test suggests, and that wins where `lanes` rates are to confirm it."""
    from lrtui.lr.confirm import spread
    from lrtui.messages import Confirm, Confirmed, RangeTested

    tested = _shown(RangeTested, ask(command), as_json, progress)
    if tested.suggestion is None or tested.band is None or lanes is None:
        return tested.suggestion
    rates = spread(tested.band, tested.suggestion, lanes)
    return _shown(Confirmed, ask(Confirm(steps=steps, rates=rates)), as_json, progress).winner


def _run_of(what: str | None, folder: Path) -> RunDirectory | None:
    """The run that `what` names; None for a configuration file, or for nothing named. Raises UsageError."""
    from lrtui.config.presets import preset_names
    from lrtui.runs.directory import open_run

    if what is None or what.endswith(".toml") or Path(what).is_file():
        return None
    try:
        return open_run(folder, what)
    except UsageError as error:
        if what in preset_names():
            raise UsageError(error.message, f"The preset of that name is `--preset {what}`.") from None
        raise


def _fresh(path: Path | None, preset: str | None, sets: list[str], folder: Path) -> Ask:
    from lrtui.config.load import load_run_config

    config = load_run_config(path, preset, sets)

    from lrtui.worker.laboratory import fresh

    return _experiment_on(fresh(config, folder, show_progress))


def _experiment_on(specimen: Specimen) -> Ask:
    from lrtui.messages import Confirm, Find

    def ask(command: Command) -> Iterator[Event]:
        assert isinstance(command, Find | Confirm)
        return specimen.experiment(command)

    return ask


def _check_run_alone(preset: str | None, sets: list[str] | None) -> None:
    if preset or sets:
        raise UsageError("a run has its configuration already: --preset and --set are for a new one")


def _on_run(
    found: Callable[[Ask], float | None], run: RunDirectory, folder: Path, apply: bool, as_json: bool
) -> float | None:
    from lrtui.messages import SetRate
    from lrtui.runs.lock import is_live

    if not is_live(run):
        if apply:
            raise UsageError(
                f"run {run.name} is not training: there is no rate to set",
                f"Find it first, then go on with it: lrtui resume {run.name} --lr RATE.",
            )
        return found(_newest(run, folder))
    lr = found(partial(_ask, run))
    if apply and lr is not None:
        for event in _ask(run, SetRate(lr)):
            _tell(event, as_json)
    return lr


def _newest(run: RunDirectory, folder: Path) -> Ask:
    from lrtui.printable import printable
    from lrtui.worker.laboratory import newest

    specimen = newest(folder, run.name, show_progress)
    for sentence in specimen.skipped:
        typer.echo(f"lrtui: {printable(sentence)}; using the one before", err=True)
    return _experiment_on(specimen)


def _ask(run: RunDirectory, command: Command) -> Iterator[Event]:
    """Have the worker of a live run do it. Raises UsageError where it refuses."""
    from lrtui.messages import CommandRejected
    from lrtui.worker.client import ControlClient

    with ControlClient(run) as client:
        _, events = client.send(command)
    for event in events:
        if isinstance(event, CommandRejected):
            raise UsageError(f"run {run.name} refused: {event.reason}")
        yield event


def _shown(kind: type[Verdict], events: Iterator[Event], as_json: bool, progress: bool) -> Verdict:
    """Show what an experiment tells; the event of that `kind`, which ends it."""
    from lrtui.messages import encode

    for event in events:
        if isinstance(event, kind):
            if sys.stderr.isatty():
                typer.echo("\r\x1b[K", nl=False, err=True)
            _tell(event, as_json)
            return event
        if as_json and progress:
            typer.echo(encode(event).decode())
        else:
            _show_progress(event)
    raise UsageError("the experiment ended without a word")


def _show_progress(event: Event) -> None:
    """Rewrites one line on stderr with how far a slow experiment is; silent where stderr is no terminal."""
    from lrtui.messages import ConfirmStepped, RangeStepped

    if not sys.stderr.isatty():
        return
    if isinstance(event, RangeStepped):
        typer.echo(f"\r{event.first + len(event.losses)} of {event.points} rates", nl=False, err=True)
    elif isinstance(event, ConfirmStepped):
        done = (event.first + max(map(len, event.curves))) * event.every
        typer.echo(f"\r{done} of {event.steps} steps", nl=False, err=True)


def _tell(event: Event, as_json: bool) -> None:
    from lrtui.messages import Confirmed, RangeTested, encode
    from lrtui.words import confirmation_lines, range_lines, sentence

    if as_json:
        typer.echo(encode(event).decode())
    elif isinstance(event, RangeTested):
        # Not typer.echo: it would judge anew whether colour is wanted.
        sys.stdout.write(f"{_chart(event)}\n" + "\n".join(range_lines(event)) + "\n")
    elif isinstance(event, Confirmed):
        typer.echo("\n".join(["", *confirmation_lines(event)]))
    elif text := sentence(event):
        typer.echo(text)


def _chart(event: RangeTested) -> str:
    from lrtui.console.front import is_terminal, uses_colour, writes_unicode
    from lrtui.plot import Look, range_chart
    from lrtui.range_charts import curves, marks, plan_of

    out, plan = sys.stdout, plan_of(event)
    look = Look(
        width=min(shutil.get_terminal_size((80, 24)).columns, WIDEST) if is_terminal(out) else 80,
        height=HEIGHT,
        colour=uses_colour(out),
        ascii=not writes_unicode(out),
    )
    drawn = curves(plan, event.losses, event.band)
    return range_chart(drawn, look, (plan.low, plan.high), marks=marks(event), linear=plan.linear)


def _write(lr: float | None, path: Path | None, as_json: bool) -> None:
    """Write a rate that was found into the configuration file, where that was asked for."""
    if lr is None or path is None:
        return
    from lrtui.config.edit import write_number
    from lrtui.printable import printable
    from lrtui.words import rate_text

    write_number(path, "optim.lr", rate_text(lr))
    if not as_json:
        typer.echo(f"wrote optim.lr = {rate_text(lr)} into {printable(str(path))}")
