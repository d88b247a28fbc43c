"""Re-run a hand-steered run from its ledger, without a directory, and compare the bits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from lrtui.engine import shelf
from lrtui.engine.build import load_data, make_workplace
from lrtui.engine.checkpoint import read_checkpoint
from lrtui.engine.device import difference
from lrtui.engine.inbox import Inbox, Scripted
from lrtui.engine.ranks import Ranks
from lrtui.engine.session import Session
from lrtui.errors import UsageError
from lrtui.messages import Event, RateChanged, RunResumed, RunStarted, Stop, Stopped
from lrtui.runs.directory import RunDirectory, open_run
from lrtui.runs.history import read_history
from lrtui.runs.run_config import read_config
from lrtui.worker.host import Pulse
from lrtui.worker.resume import with_its_kernel


@dataclass
class Replay:
    """A replay ready to run: iterate `events`, then ask `verdict`.

    `recorded` is the hash of the run's newest state, at `step`; `badge` says whether this machine can match its bits,
    and `inexact` are the resumes that have broken the line already.
    """

    run: RunDirectory
    session: Session
    step: int
    recorded: str
    badge: str
    started: RunStarted
    inexact: tuple[RunResumed, ...] = ()

    def events(self) -> Iterator[Event]:
        """Train from the run's beginning to `step`, applying its ledger."""
        yield msgspec.structs.replace(self.started, steps=self.step, script=[])
        inbox = Inbox([Scripted(self.step, 0, Stop())])
        for item in self.session.run(inbox):
            if isinstance(item, RateChanged):
                yield msgspec.structs.replace(item, replayed=False)
            elif isinstance(item, Event) and not isinstance(item, Stopped):
                yield item

    @property
    def equal(self) -> bool:
        """Whether the replayed state is the recorded one, bit for bit."""
        return self.session.live.step == self.step and self.session.live.sha256() == self.recorded

    def verdict(self) -> str:
        """The outcome in words."""
        if self.equal:
            return f"replay of {self.run.name} to step {self.step}: equal, bit for bit (state {self.recorded[:12]})"
        ours = self.session.live.sha256()
        reasons = [f"the run was resumed at step {r.step} ({r.badge})" for r in self.inexact]
        if self.badge != "exact":
            reasons.append(f"this machine differs from the run's ({self.badge})")
        because = f": {'; '.join(reasons)}" if reasons else ""
        return (
            f"replay of {self.run.name} to step {self.step}: DIFFERENT "
            f"(state {ours[:12]}, recorded {self.recorded[:12]}){because}"
        )


def replay(home: Path, name: str, ranks: Ranks | None = None) -> Replay:
    """The replay of a run to its newest checkpoint that can be trusted.

    Raises UsageError for a run that never began, CheckpointError where there is nothing to compare with.
    """
    run = open_run(home, name)
    config = read_config(run)
    blind = {"eval_every": 0, "sample_every": 0, "checkpoint_every": 0}  # looking changes nothing
    config = config.model_copy(update={"train": config.train.model_copy(update=blind)})
    history = read_history(run)
    if history.started is None:
        raise UsageError(f"run {run.name} never began: there is nothing to replay")
    data = load_data(config, home)
    place = make_workplace(with_its_kernel(config, history.started.fingerprint), data, began=True, ranks=ranks)
    found = shelf.find(run, place.train.flat, history.rewinds)
    beginning = None
    if run.beginning.exists():  # a warm start or a promoted lane; any other run begins from its seed
        beginning = read_checkpoint(run.beginning, place.train.flat)[0]
    begun = len(beginning.progress.entries) if beginning else 0
    session = Session(
        place.config,
        place.train,
        place.data.vocabulary,
        place.evaluation,
        schedule=history.started.schedule,
        replay=found.meta.progress.entries[begun:],
        automatic=False,
        pulse=Pulse(),
    )
    if beginning is not None:
        session.live.restore(beginning)
    badge = difference(history.started.fingerprint, place.fingerprint)
    return Replay(run, session, found.snapshot.step, found.meta.state_sha256, badge, history.started, history.inexact)
