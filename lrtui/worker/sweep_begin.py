"""A sweep in this process: a new one, or one that goes on as if it had never stopped."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from lrtui.config.schema import MOST_SEED
from lrtui.engine.build import Workplace, load_data, make_workplace
from lrtui.engine.device import choose_threads, difference, find_device, prepare
from lrtui.engine.kernels.choose import uncompiled
from lrtui.engine.sweep import Promoter, Promotion, Sweep
from lrtui.engine.sweep_build import MODES, check_rates, choose_way, pack_maker
from lrtui.engine.sweep_state import FoundState, SweepState, find_sweep_state
from lrtui.engine.writer import CheckpointWriter
from lrtui.errors import CheckpointError, UsageError
from lrtui.lr.halving import check_eta, check_rungs, check_size, default_rungs
from lrtui.messages import Event, LanePromoted, SweepResumed, SweepStarted, Warned
from lrtui.runs.directory import RunDirectory, check_name, open_run
from lrtui.runs.events import EventLog
from lrtui.runs.lock import RunLock
from lrtui.runs.run_config import read_config
from lrtui.runs.sweep_table import winner
from lrtui.runs.sweeps import ByHand, SweepPlan, read_plan, read_sweep, write_plan
from lrtui.runs.unborn import bury
from lrtui.text.baselines import baselines
from lrtui.worker.begin import Progress, anchored, new_run, write_config
from lrtui.worker.control import WorkerInbox
from lrtui.worker.open_files import allow_files
from lrtui.worker.promote import Nursery
from lrtui.worker.resume import same_workplace
from lrtui.worker.resume_plan import never_began
from lrtui.worker.sweep_engine import SweepEngine, join_engine
from lrtui.worker.sweep_host import SweepHost

if TYPE_CHECKING:
    from lrtui.cluster.pool import Pool
    from lrtui.config.schema import Config


@dataclass(frozen=True)
class SweepOptions:
    """What to sweep: `rates` ascending, `seeds` of them from train.seed on; `eta` 0 prunes nothing.

    Without `rungs`, steps/eta^k. `mode` is auto, lanes, turns or processes; `devices` as `train.device` names them;
    `engine` is local, ray or ray:ADDRESS.
    """

    rates: Sequence[float]
    seeds: int = 1
    eta: int = 0
    rungs: Sequence[int] = ()
    mode: str = "auto"
    devices: Sequence[str] = ()
    engine: str = "local"


def begin_sweep(
    config: Config, home: Path, options: SweepOptions, name: str | None = None, progress: Progress | None = None
) -> SweepHost:
    """A new sweep, ready to be iterated. Nothing is left on the disk when anything is wrong with what was asked.

    Raises UsageError, ConfigError, CorpusError, DeviceError, DiskError.
    """
    if name is not None:
        check_name(name)
    _check(config, options)
    config = anchored(config)
    warnings = ["a sweep compiles nothing: lanes come and go"] if config.train.kernel == "compiled" else []
    config = uncompiled(config)
    if options.devices:
        config = config.model_copy(update={"train": config.train.model_copy(update={"device": options.devices[0]})})
    place = make_workplace(config, load_data(config, home, progress), evaluated=("val",))
    engine = join_engine(options.engine, config, place, len(options.rates) * options.seeds, options.devices)
    try:
        plan = _plan(config, place, options, engine)
        place = _with_threads(config, place, plan, engine)
        pool, started = engine.pool(plan, place, home), _started(place, plan)
        with new_run(home, name) as (run, lock):
            write_config(run, place.config)
            write_plan(run, plan)
            opening: list[Event] = [msgspec.structs.replace(started, run=run.name)]
            opening += [Warned(0, message=sentence) for sentence in (*warnings, *place.notes)]
            return _host(home, run, lock, place, plan, opening, pool)
    except BaseException:
        engine.close()
        raise


def resume_sweep(home: Path, name: str, progress: Progress | None = None) -> SweepHost:
    """A sweep that goes on from its newest state that can be trusted.

    Raises UsageError, CorpusError, CheckpointError, DiskError.
    """
    run = open_run(home, name)
    plan = read_plan(run)
    if plan is None:
        raise CheckpointError(f"the plan of the sweep {run.name} cannot be read")
    allow_files(plan.lanes)
    config = read_config(run)
    lock = RunLock(run).acquire()
    try:
        history = read_sweep(run)
        if history.started is None:
            raise never_began("sweep", run)
        if history.swept is not None:
            raise UsageError(f"sweep {run.name} is done", f"Make a run of a lane: lrtui promote {run.name} [LANE].")
        place = same_workplace(run, config, history.started, home, progress)
        found = find_sweep_state(run, place.train.flat)
        then = found.state.meta.fingerprint if found.state else history.started.fingerprint
        resumed = _resumed(run, place, plan, found, then)
        replay = history.by_hand[resumed.entries :]
        engine = join_engine(plan.engine, config, place, plan.lanes)
        try:
            pool = engine.pool(plan, place, home)
            return _host(home, run, lock, place, plan, [resumed], pool, found.state, replay)
        except BaseException:
            engine.close()
            raise
    except BaseException:
        lock.release()
        raise


def _resumed(
    run: RunDirectory, place: Workplace, plan: SweepPlan, found: FoundState, then: dict[str, str]
) -> SweepResumed:
    now = place.fingerprint
    return SweepResumed(
        found.state.step if found.state else 0,
        run=run.name,
        badge=difference(then, now),
        rates=plan.rates,
        seeds=plan.seeds,
        steps=place.config.train.steps,
        entries=found.state.entries if found.state else 0,
        fingerprint=now,
        skipped=list(found.skipped),
    )


def promote_lane(
    home: Path, sweep: str, lane: int | None, name: str | None = None, progress: Progress | None = None
) -> LanePromoted:
    """Make a run of a lane (default: the winner) of a sweep that is not live; also told in the sweep's own log.

    Raises UsageError, CorpusError, CheckpointError, DiskError.
    """
    run = open_run(home, sweep)
    history = read_sweep(run)
    if history.started is None:
        raise UsageError(f"sweep {run.name} never began: there is no lane to promote")
    rows, best = history.rows, winner(history.rows)
    number = lane if lane is not None else best.lane if best else None
    if number is None:
        raise UsageError(f"sweep {run.name} has no winner yet", f"Say which lane: 0 to {len(rows) - 1}.")
    if not 0 <= number < len(rows):
        raise UsageError(f"there is no lane {number}", f"Lanes are numbered 0 to {len(rows) - 1}.")
    config = read_config(run)
    place = same_workplace(run, config, history.started, home, progress)
    with RunLock(run), EventLog(run) as log:
        made, at = Nursery(home, run, place).promote(Promotion(rows[number], None, name))
        event = LanePromoted(history.last_step, lane=number, run=made, at=at)
        log.append(event)
    return event


def _check(config: Config, options: SweepOptions) -> None:
    check_size(len(options.rates), options.seeds)
    allow_files(len(options.rates) * options.seeds)
    if config.train.seed + options.seeds - 1 > MOST_SEED:
        raise UsageError(
            f"{options.seeds} seeds from train.seed = {config.train.seed} on would end above {MOST_SEED}",
            "Begin with a smaller train.seed.",
        )
    check_eta(options.eta)
    if options.rungs and not options.eta:
        raise UsageError("--rungs say where to prune, --prune how much", "For example --prune 4 --rungs 100,400.")
    check_rungs(options.rungs, config.train.steps)
    check_rates(config, options.rates)
    for device in options.devices:
        find_device(device)
    if options.mode not in ("auto", *MODES):
        raise UsageError(f"lanes train by {', '.join(('auto', *MODES))}, not {options.mode!r}")


def _plan(asked: Config, place: Workplace, options: SweepOptions, engine: SweepEngine) -> SweepPlan:
    config, rates = place.config, list(options.rates)
    lanes = len(rates) * options.seeds
    parameters, kind = place.train.model.parameter_count(), place.device.type
    # not the place's: its threads are settled, and the rule asks whether somebody chose them
    way = choose_way(asked, parameters, lanes, kind, options.mode, engine.devices, engine.place)
    rungs = list(options.rungs)
    if options.eta and not rungs:
        rungs = default_rungs(len(rates), options.eta, config.train.steps)
    return SweepPlan(
        rates=rates,
        seeds=[config.train.seed + i for i in range(options.seeds)],
        eta=options.eta,
        rungs=rungs,
        mode=way.mode,
        because=way.because,
        chunk=way.chunk,
        devices=list(way.devices),
        engine=engine.name,
    )


def _with_threads(asked: Config, place: Workplace, plan: SweepPlan, engine: SweepEngine) -> Workplace:
    """The place with the threads that suit a batched program of all rates; a solo run of these lanes may want fewer.

    `asked` tells whether somebody chose them: those of the place are settled.
    """
    lanes = len(plan.rates) if plan.mode == "lanes" else 1
    beside = len(plan.devices) or 1
    parameters = place.train.model.parameter_count()
    threads = engine.threads or choose_threads(asked, parameters, lanes=lanes, neighbours=beside)
    if threads == place.config.train.threads:
        return place
    config = place.config.model_copy(update={"train": place.config.train.model_copy(update={"threads": threads})})
    prepare(config, place.device, threads)
    return replace(place, config=config)


def _started(place: Workplace, plan: SweepPlan) -> SweepStarted:
    data, config = place.data, place.config
    return SweepStarted(
        0,
        run="",
        rates=plan.rates,
        seeds=plan.seeds,
        eta=plan.eta,
        rungs=plan.rungs,
        mode=plan.mode,
        because=plan.because,
        chunk=plan.chunk,
        parameters=place.train.model.parameter_count(),
        steps=config.train.steps,
        vocabulary=data.vocabulary.size,
        corpus=data.name,
        corpus_sha256=data.sha256,
        baselines=baselines(data),
        fingerprint=place.fingerprint,
        schedule=config.lr_schedule(),
    )


def _host(
    home: Path,
    run: RunDirectory,
    lock: RunLock,
    place: Workplace,
    plan: SweepPlan,
    opening: list[Event],
    pool: Pool | None,
    state: SweepState | None = None,
    replay: Sequence[ByHand] = (),
) -> SweepHost:
    bury(home)
    writer = CheckpointWriter()
    sweep = Sweep(
        plan,
        place.config,
        math.log(place.data.vocabulary.size),
        pool.make if pool else pack_maker(place, plan.seeds),
        state=state,
        replay=replay,
        promote=_promoter(Nursery(home, run, place), writer),
    )
    now = place.fingerprint
    return SweepHost(run, lock, sweep, WorkerInbox(), place.train.flat, now, opening, writer, pool)


def _promoter(nursery: Nursery, writer: CheckpointWriter) -> Promoter:
    def promote(promotion: Promotion) -> tuple[str, int]:
        writer.wait()  # the state of a lane that was cut may still be on its way to the disk
        return nursery.promote(promotion)

    return promote
