"""Runs made of plain events, so that readers, charts and commands can be tested without training anything."""

import math
from pathlib import Path

from lrtui.lr.ledger import Entry
from lrtui.lr.schedule import Schedule
from lrtui.messages import (
    Evaluated,
    Finished,
    RateChanged,
    Rewound,
    RunStarted,
    Sampled,
    Stepped,
)
from lrtui.runs.directory import RunDirectory, create_run
from lrtui.runs.events import EventLog
from lrtui.runs.metrics import MetricsWriter

BASELINES = {"uniform": 4.17, "unigram": 3.3, "bigram": 2.45}


def started(run: str = "quiet-otter", steps: int = 1000, script: tuple[str, ...] = ()) -> RunStarted:
    return RunStarted(
        step=0,
        run=run,
        parameters=3481,
        steps=steps,
        vocabulary=27,
        corpus="names",
        corpus_sha256="0a30b555",
        baselines=BASELINES,
        fingerprint={"device": "cpu", "threads": "1"},
        schedule=Schedule(base=0.1, steps=steps),
        script=list(script),
    )


def scaled(step: int, factor: float = 0.1, **given: object) -> RateChanged:
    entry = Entry(step=step, kind="scale", value=factor)
    return RateChanged(step=step, entry=entry, old=0.1, new=0.1 * factor, cause="user", **given)  # type: ignore[arg-type]


def evaluated(step: int, val_loss: float | None = 2.0) -> Evaluated:
    return Evaluated(step=step, train_loss=1.9, val_loss=val_loss)


def finished(step: int = 1000) -> Finished:
    return Finished(step=step, train_loss=1.9, val_loss=2.0, state_sha256="ab" * 32, seconds=12.5)


def block(step: int, n: int = 100, lr: float = 0.1) -> Stepped:
    loss: list[float | None] = [2.0 + 2.0 * math.exp(-(step + k) / 300) for k in range(n)]
    return Stepped(step=step, n=n, loss=loss, lr=[lr] * n, grad_norm=[0.5] * n)


def told_run(home: Path, name: str = "quiet-otter") -> RunDirectory:
    """1,000 steps: ×10 at 400 and undone at 500, ×0.1 at 700, evaluations every 200, one hostile sample, finished."""
    run = create_run(home, name)
    run.config_toml.write_text('[model]\nkind = "lstm"\nlayers = 2\nhidden = 256\n[train]\nsteps = 1000\n')
    with EventLog(run) as log:
        log.append(started(name))
        with MetricsWriter(run, 0) as metrics:
            for step in range(0, 400, 100):
                metrics.write(block(step))
            log.append(scaled(400, 10.0))
            metrics.write(block(400, lr=1.0))
        log.append(Rewound(step=500, to=400, entries=0, cause="undo"))
        with MetricsWriter(run, 400) as metrics:
            for step in range(400, 1000, 100):
                metrics.write(block(step, lr=0.1 if step < 700 else 0.01))
        log.append(scaled(700))
        for step in range(200, 1001, 200):
            log.append(evaluated(step, 2.0 + 100 / step))
        log.append(Sampled(step=1000, prompt="", temperature=0.8, text="emma\x1b]0;evil\x07\n[bold]olivia[/b]\n"))
        log.append(finished())
    return run
