"""Sweeps made of plain events and numbers, so that readers and screens can be tested without training anything."""

import math
from pathlib import Path

from lrtui.lr.schedule import Schedule
from lrtui.messages import (
    CheckpointSaved,
    Event,
    LaneRow,
    LanesCut,
    LanesEvaluated,
    Stepped,
    Stopped,
    SweepStarted,
    Swept,
)
from lrtui.runs.directory import RunDirectory, create_run
from lrtui.runs.events import EventLog
from lrtui.runs.metrics import MetricsWriter
from lrtui.runs.sweep_table import rate_rows, winner
from lrtui.runs.sweeps import SweepPlan, read_sweep, write_plan

RATES = [1e-3, 4e-3, 1.6e-2, 6.4e-2, 0.256, 1.02, 4.1, 16.0]
STEPS, RUNG, LOST = 1000, 250, 20


def started_sweep(name: str = "brave-owl", seeds: int = 1, eta: int = 4) -> SweepStarted:
    return SweepStarted(
        0,
        run=name,
        rates=RATES,
        seeds=list(range(1337, 1337 + seeds)),
        eta=eta,
        rungs=[RUNG] if eta else [],
        mode="lanes",
        because="a step is mostly overhead, which all lanes share",
        chunk=100,
        parameters=3481,
        steps=STEPS,
        vocabulary=27,
        corpus="names",
        corpus_sha256="0a30b555",
        baselines={"uniform": 3.3, "unigram": 2.82, "bigram": 2.45},
        fingerprint={"device": "cpu x86_64", "threads": "1"},
        schedule=Schedule(base=0.1, steps=STEPS),
    )


def loss_of(rate: float, step: int, seed: int = 0) -> float:
    """Falls the faster the nearer the rate is to 0.25, where it is least."""
    off = abs(math.log10(rate / 0.25))
    return 2.2 + 0.3 * off + 1.1 * math.exp(-step / (60 + 120 * off)) + 0.01 * seed


def lane_block(rate: float, step: int, n: int = 50, seed: int = 0) -> Stepped:
    loss: list[float | None] = [loss_of(rate, step + k, seed) for k in range(n)]
    return Stepped(step=step, n=n, loss=loss, lr=[rate] * n, grad_norm=[0.5] * n)


def end_of_lane(rate: float) -> int:
    """How far a lane comes: the highest is lost, the six that are worse go at the rung."""
    return LOST if rate == RATES[-1] else STEPS if rate in RATES[4:6] else RUNG


def begun_sweep(home: Path, name: str = "brave-owl", *, seeds: int = 1, eta: int = 4) -> RunDirectory:
    """A sweep that has said how it began, and nothing more."""
    run = create_run(home, name)
    run.config_toml.write_text('[model]\nkind = "mlp"\nhidden = 100\n[train]\nsteps = 1000\n')
    write_plan(run, SweepPlan(rates=RATES, seeds=list(range(1337, 1337 + seeds)), eta=eta, rungs=[RUNG] if eta else []))
    for lane in range(len(RATES) * seeds):
        run.lane(lane).path.mkdir(parents=True)
    tell(run, started_sweep(name, seeds, eta))
    return run


def tell(run: RunDirectory, *events: Event) -> None:
    with EventLog(run) as log:
        for event in events:
            log.append(event)


def train_lane(run: RunDirectory, lane: int, rate: float, first: int, last: int, seed: int = 0) -> None:
    """The steps from `first` to `last` of one lane, in a segment of their own."""
    with MetricsWriter(run.lane(lane), first) as metrics:
        for step in range(first, last, 50):
            metrics.write(lane_block(rate, step, min(50, last - step), seed))


def told_sweep(home: Path, name: str = "brave-owl", *, seeds: int = 1, ending: str = "swept") -> RunDirectory:
    """1,000 steps of 8 rates: the highest lost at 20, five pruned at 250; `ending` is swept, stopped or none."""
    run = begun_sweep(home, name, seeds=seeds)
    lanes = [(lane, RATES[lane // seeds], lane % seeds) for lane in range(len(RATES) * seeds)]
    for lane, rate, seed in lanes:
        train_lane(run, lane, rate, 0, end_of_lane(rate), seed)
    lost = [lane for lane, rate, _ in lanes if end_of_lane(rate) == LOST]
    pruned = [lane for lane, rate, _ in lanes if end_of_lane(rate) == RUNG]
    left = [(lane, rate, seed) for lane, rate, seed in lanes if end_of_lane(rate) == STEPS]
    tell(run, _cut("diverged", lost, LOST, len(lanes) - len(lost), "the loss was no number"))
    tell(run, _evaluated(RUNG, [each for each in lanes if each[0] not in lost]))
    tell(run, _cut("pruned", pruned, RUNG, len(left)), _evaluated(STEPS, left))
    tell(run, CheckpointSaved(STEPS, path="steps/000001000"))
    if ending == "swept":
        rows = [_done(row) for row in read_sweep(run).rows]
        best = winner(rows)
        assert best is not None
        table = rate_rows(rows, STEPS)
        tell(run, Swept(STEPS, table=rows, rates=table, winner=best.lane, rate=best.rate, seconds=12.5))
    elif ending == "stopped":
        tell(run, Stopped(STEPS, cause="stop", state_sha256="", resume=f"lrtui resume {name}"))
    return run


def _cut(cause: str, lanes: list[int], step: int, left: int, reason: str = "") -> LanesCut:
    rung = 1 if cause == "pruned" else None
    losses: list[float | None] = [2.9 + lane / 100 for lane in lanes]
    return LanesCut(
        step, lanes=lanes, cause=cause, died=[step] * len(lanes), losses=losses, left=left, rung=rung, reason=reason
    )


def _evaluated(step: int, lanes: list[tuple[int, float, int]]) -> LanesEvaluated:
    losses: list[float | None] = [loss_of(rate, step, seed) + 0.02 for _, rate, seed in lanes]
    return LanesEvaluated(step, lanes=[lane for lane, _, _ in lanes], val_losses=losses)


def _done(row: LaneRow) -> LaneRow:
    if row.state != "training":
        return row
    return LaneRow(
        lane=row.lane, rate=row.rate, seed=row.seed, state="done", loss=loss_of(row.rate, STEPS), val=row.val
    )
