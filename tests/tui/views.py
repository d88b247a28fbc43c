"""Views made by hand, so that what is shown of a run can be tested without running one."""

from dataclasses import replace
from typing import Any

from lrtui.lr.ledger import Rate, fold, scale
from lrtui.lr.schedule import Schedule
from lrtui.messages import Evaluated, RateChanged, RunStarted
from lrtui.runs.events import SampleLine
from lrtui.runs.history import History
from lrtui.tui.buckets import Numbers
from lrtui.tui.seeing import LogLine
from lrtui.tui.state import RunView
from tests.runs.story import BASELINES

CONFIG: dict[str, Any] = {
    "corpus": {"name": "shakespeare"},
    "model": {"kind": "lstm", "layers": 2, "hidden": 256},
    "optim": {"kind": "adam", "lr": 2e-3, "clip": 1.0},
    "schedule": {"kind": "cosine"},
    "train": {"seed": 1337, "batch": 50, "block": 50, "precision": "fp32", "decay_factor": 0.1, "steps": 1000},
    "sample": {"prompt": "", "temperature": 0.8},
}


def started(schedule: Schedule) -> RunStarted:
    return RunStarted(
        step=0,
        run="quiet-otter",
        parameters=1_100_000,
        steps=schedule.steps,
        vocabulary=65,
        corpus="shakespeare",
        corpus_sha256="0a30b555",
        baselines=BASELINES,
        fingerprint={"device": "cpu x86_64 AVX512", "threads": "2"},
        schedule=schedule,
    )


def view(kind: str = "constant", *, step: int = 400, base: float = 2e-3, **more: Any) -> RunView:
    """A run of 1,000 steps in training at `step`; `more` overrides any field of the view."""
    schedule = Schedule(kind=kind, base=base, steps=1000)
    rate = Rate.of(schedule)
    history = History(
        started=started(schedule),
        steps=1000,
        evaluations=(
            Evaluated(step=200, train_loss=1.9, val_loss=2.0),
            Evaluated(step=400, train_loss=1.52, val_loss=1.61),
        ),
    )
    made = RunView(
        name="quiet-otter",
        config=CONFIG,
        numbers=Numbers(),
        history=history,
        condition="training",
        rate=rate,
        step=step,
        total=1000,
        speed=3120.0,
        eta=723.0,
        train_loss=1.52,
        val_loss=1.61,
        lr=rate(step),
        grad_norm=0.8,
    )
    return replace(made, **more)


def changed(before: RunView, *, at: int, factor: float = 0.1) -> RunView:
    """The same run after its rate was scaled at step `at`."""
    assert before.rate is not None
    entry = scale(before.rate, at, factor)
    rate = before.rate.apply(entry)
    event = RateChanged(step=at, entry=entry, old=before.rate(at), new=rate(at), cause="user")
    changes = (*before.history.changes, event)
    history = replace(before.history, changes=changes, entries=tuple(change.entry for change in changes))
    return replace(before, rate=rate, history=history, lr=rate(before.step))


def folded(before: RunView, *entries: Any) -> RunView:
    """The same run with these ledger entries."""
    assert before.rate is not None
    rate = fold(before.rate.schedule, entries)
    return replace(before, rate=rate, total=rate.total, lr=rate(before.step))


def sample(step: int, text: str, prompt: str = "", temperature: float = 0.8) -> SampleLine:
    return SampleLine(step=step, lane=0, prompt=prompt, temperature=temperature, text=text)


def log(*lines: tuple[int, str]) -> tuple[LogLine, ...]:
    return tuple(LogLine(step, text) for step, text in lines)
