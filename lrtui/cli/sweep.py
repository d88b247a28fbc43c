"""`lrtui sweep | promote`: many rates at once, and a lane of them as a run of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lrtui.cli.corpus import show_progress
from lrtui.cli.follow import alone
from lrtui.cli.hosting import DetachOption, sweep_here
from lrtui.cli.options import ConfigArgument, HomeOption, JsonOption, PresetOption, SetOption
from lrtui.errors import UsageError
from lrtui.runs.directory import home as home_folder

if TYPE_CHECKING:
    from lrtui.messages import LanePromoted
    from lrtui.runs.directory import RunDirectory
    from lrtui.worker.sweep_host import SweepHost

RatesOption = Annotated[
    str, typer.Option("--lr", metavar="LOW:HIGH:N", help="N rates from LOW to HIGH in even ratios, or A,B,C.")
]
PruneOption = Annotated[
    int, typer.Option("--prune", metavar="ETA", help="Let the best 1/ETA of the rates go on at each rung; 0: all.")
]
RungsOption = Annotated[
    str, typer.Option("--rungs", metavar="STEP,…", help="Where to prune (default: train.steps / ETA^k).")
]
ModeOption = Annotated[
    str, typer.Option("--mode", metavar="HOW", help="auto; lanes: one batched program; turns: one by one; processes.")
]
DevicesOption = Annotated[
    str, typer.Option("--devices", metavar="0,1,…", help="A process for each: numbers of CUDA devices, or cpu.")
]
EngineOption = Annotated[
    str,
    typer.Option("--engine", metavar="NAME", help="local; ray: a cluster started here; ray:HOST:PORT: one that runs."),
]


def register(app: typer.Typer) -> None:
    """Adds the commands of this family to the application."""
    app.command("sweep")(sweep_command)
    app.command("promote")(promote_command)


def sweep_command(
    config: ConfigArgument = None,
    lr: RatesOption = "",
    seeds: Annotated[int, typer.Option("--seeds", metavar="K", help="Seeds for each rate, from train.seed on.")] = 1,
    prune: PruneOption = 0,
    rungs: RungsOption = "",
    preset: PresetOption = None,
    sets: SetOption = None,
    name: Annotated[str | None, typer.Option("--name", metavar="N", help="Its name (default: made up).")] = None,
    mode: ModeOption = "auto",
    devices: DevicesOption = "",
    engine: EngineOption = "local",
    detach: DetachOption = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train one model at many rates side by side, on the same batches, and tell which rate wins.

    Exits with 0 where a rate lasted, with 1 where all were lost.
    """
    from lrtui.cluster.ray_cluster import ray_address
    from lrtui.config.load import load_run_config
    from lrtui.lr.halving import parse_rungs

    alone(home_folder(home))
    rates, places = _rates(lr, seeds, prune), _devices(devices)
    ray_address(engine)  # refused before anything slow is loaded
    settings = load_run_config(config, preset, sets or [])
    chosen = parse_rungs(rungs, settings.train.steps) if rungs else []

    def make() -> SweepHost:
        from lrtui.worker.sweep_begin import SweepOptions, begin_sweep

        options = SweepOptions(
            rates=rates, seeds=seeds, eta=prune, rungs=chosen, mode=mode, devices=places, engine=engine
        )
        return begin_sweep(settings, home_folder(home), options, name, show_progress)

    sweep_here(make, as_json, detach)


def _rates(lr: str, seeds: int, eta: int) -> list[float]:
    """The rates of `--lr`. Raises UsageError before anything slow is loaded."""
    from lrtui.lr.halving import check_eta, check_size, parse_rates

    if not lr:
        raise UsageError("a sweep needs rates", "For example --lr 1e-4:1e0:16, or --lr 1e-3,3e-3,1e-2.")
    rates = parse_rates(lr)
    check_size(len(rates), seeds)
    check_eta(eta)
    return rates


def _devices(text: str) -> list[str]:
    """The devices of `0,1` or `cpu,cpu`, as `train.device` names them. Raises UsageError."""
    words = [word.strip() for word in text.split(",")] if text else []
    for word in words:
        if word != "cpu" and not (word.isascii() and word.isdecimal() and len(word) <= 3):
            raise UsageError(f"--devices {word!r} is no number of a device", "For example --devices 0,1, or cpu,cpu.")
    return [word if word == "cpu" else f"cuda:{word}" for word in words]


def promote_command(
    sweep: Annotated[str, typer.Argument(metavar="SWEEP", help="A sweep, live or not.")],
    lane: Annotated[int | None, typer.Argument(metavar="[LANE]", help="Its lane (default: the best one).")] = None,
    name: Annotated[str | None, typer.Option("--name", metavar="N", help="The run's name (default: made up).")] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a run of its own of a lane, with its state, its ledger and its history, to go on with."""
    from lrtui.messages import encode
    from lrtui.runs.directory import check_name, open_run
    from lrtui.runs.lock import is_live
    from lrtui.runs.sweeps import is_sweep
    from lrtui.sweep_words import sweep_happening

    folder = home_folder(home)
    run = open_run(folder, sweep)
    if not is_sweep(run):
        raise UsageError(f"{run.name} is a run, not a sweep", f"Go on with it: lrtui resume {run.name}.")
    if name is not None:
        check_name(name)
    event = _by_worker(run, lane, name) if is_live(run) else _by_us(folder, run, lane, name)
    typer.echo(encode(event).decode() if as_json else sweep_happening(event))


def _by_worker(run: RunDirectory, lane: int | None, name: str | None) -> LanePromoted:
    from lrtui.messages import CommandRejected, LanePromoted, Promote
    from lrtui.worker.client import ControlClient

    with ControlClient(run) as client:
        _, events = client.send(Promote(lane, name))
    for event in events:
        if isinstance(event, LanePromoted):
            return event
        if isinstance(event, CommandRejected):
            raise UsageError(f"sweep {run.name} refused: {event.reason}")
    raise UsageError(f"sweep {run.name} made no run of the lane")


def _by_us(folder: Path, run: RunDirectory, lane: int | None, name: str | None) -> LanePromoted:
    from lrtui.worker.sweep_begin import promote_lane

    return promote_lane(folder, run.name, lane, name, show_progress)
