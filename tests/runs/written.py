"""Runs with a config and checkpoints, as a worker would have left them, but for the tensors."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from lrtui.config.load import override
from lrtui.config.schema import Config
from lrtui.config.toml import dump_toml
from lrtui.lr.ledger import Entry
from lrtui.lr.schedule import Schedule
from lrtui.messages import RateChanged, Stopped
from lrtui.runs.checkpoints import Meta, Progress
from lrtui.runs.directory import RunDirectory, create_run
from lrtui.runs.events import EventLog
from lrtui.runs.metrics import MetricsWriter
from tests.runs.story import block, evaluated, finished, started


def write_config(run: RunDirectory, **sections: dict[str, object]) -> Config:
    """A complete config.toml, as a worker writes it."""
    config = override(Config(), sections)
    run.config_toml.write_text(dump_toml(config))
    return config


def write_checkpoint(
    run: RunDirectory, step: int, schedule: Schedule, entries: Sequence[Entry] = (), **more: Any
) -> None:
    """A checkpoint without tensors: all that screens read of one."""
    meta = Meta(
        progress=Progress(step=step, entries=tuple(entries)),
        good=None,
        schedule=schedule,
        vocabulary={},
        corpus_sha256="",
        fingerprint={},
        state_sha256="",
        **({"rewinds": 0, "pinned": False, "best": False} | more),
    )
    run.checkpoint(step).mkdir(parents=True)
    (run.checkpoint(step) / "state.json").write_bytes(msgspec.json.encode(meta))


def cosine_run(home: Path, name: str, *, ended: bool = True, stopped: bool = False) -> RunDirectory:
    """A cosine run of 400 steps from 0.1, ×0.5 at 200, with checkpoints at 200 and where it ends: at 400, or 300."""
    run = create_run(home, name)
    schedule = Schedule(kind="cosine", base=0.1, steps=400)
    write_config(
        run,
        optim={"kind": "sgd", "lr": 0.1},
        schedule={"kind": "cosine", "warmup": 0},
        train={"steps": 400, "sample_every": 0},
    )
    cut = Entry(step=200, kind="scale", value=0.5)
    end = 400 if ended else 300
    with EventLog(run) as log, MetricsWriter(run, 0) as metrics:
        log.append(msgspec.structs.replace(started(name, 400), schedule=schedule))
        for step in range(0, end, 100):
            metrics.write(block(step))
        log.append(RateChanged(step=200, entry=cut, old=0.05, new=0.025, cause="user"))
        log.append(evaluated(200, 2.5))
        if ended:
            log.append(finished(400))
        elif stopped:
            log.append(Stopped(step=300, cause="SIGTERM", state_sha256="", resume=f"lrtui resume {name}"))
    write_checkpoint(run, 200, schedule, pinned=True)
    write_checkpoint(run, end, schedule, [cut], best=True)
    return run
