"""A run that goes on in this process, exactly as if it had never stopped, or as it is told to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lrtui.engine import shelf
from lrtui.engine.build import Workplace, load_data, make_workplace
from lrtui.engine.checkpoint import Origin, read_checkpoint
from lrtui.engine.device import difference
from lrtui.engine.inbox import parse_script
from lrtui.engine.ranks import Ranks
from lrtui.engine.session import Session
from lrtui.engine.state import Snapshot
from lrtui.engine.writer import CheckpointWriter
from lrtui.errors import CheckpointError, CorpusError
from lrtui.messages import Event, Rewound, RunResumed, RunStarted, SweepStarted
from lrtui.runs.checkpoints import is_untouched
from lrtui.runs.directory import RunDirectory, open_run
from lrtui.runs.history import History, read_history
from lrtui.runs.lock import RunLock
from lrtui.runs.run_config import read_config
from lrtui.text.dataset import TextData
from lrtui.worker.begin import Progress, origin_of
from lrtui.worker.control import WorkerInbox
from lrtui.worker.host import Host, Pulse
from lrtui.worker.resume_plan import ResumeOptions, never_began, new_entries

if TYPE_CHECKING:
    from lrtui.config.schema import Config


def resume(
    home: Path, name: str, options: ResumeOptions, progress: Progress | None = None, ranks: Ranks | None = None
) -> Host:
    """A run that goes on from its newest checkpoint that can be trusted, or from `options.step`.

    Raises UsageError, CorpusError, CheckpointError, DiskError and what `begin` raises.
    """
    run = open_run(home, name)
    config = read_config(run)
    lock = RunLock(run).acquire()
    try:
        history = read_history(run)
        if history.started is None:
            raise never_began("run", run)
        place = same_workplace(run, config, history.started, home, progress, ranks)
        return _resume(run, lock, place, history, history.started, options)
    except BaseException:
        lock.release()
        raise


def same_workplace(
    run: RunDirectory,
    config: Config,
    started: RunStarted | SweepStarted,
    home: Path,
    progress: Progress | None,
    ranks: Ranks | None = None,
) -> Workplace:
    """The place a run or a sweep trained in, anew. Raises CorpusError where its text is another one now."""
    data = same_corpus(run, config, started.corpus_sha256, home, progress)
    return make_workplace(with_its_kernel(config, started.fingerprint), data, began=True, ranks=ranks)


def same_corpus(
    run: RunDirectory, config: Config, sha256: str, home: Path, progress: Progress | None = None
) -> TextData:
    """The text a run or a sweep began with. Raises CorpusError where it is another one now."""
    data = load_data(config, home, progress)
    if data.sha256 != sha256:
        raise CorpusError(
            f"the text {data.name} has changed since run {run.name} began (its sha256 differs)",
            "Bring the old text back, or start a new run with --init-from.",
        )
    return data


def with_its_kernel(config: Config, fingerprint: dict[str, str]) -> Config:
    """`config` with the kernel that its run began with, where it leaves it open (it is older than the choice)."""
    if config.train.kernel != "auto":
        return config
    began = fingerprint.get("kernel", "").partition(" ")[0]
    kernel = began if began in ("hand", "compiled") else "autograd"
    return config.model_copy(update={"train": config.train.model_copy(update={"kernel": kernel})})


def _resume(
    run: RunDirectory,
    lock: RunLock,
    place: Workplace,
    history: History,
    started: RunStarted,
    options: ResumeOptions,
) -> Host:
    point = resume_point(run, place, history, started, options)
    # what the log knows beyond the checkpoint is applied again; going back by --from drops it
    known = () if options.step is not None else history.entries[point.entries :]
    step, had = (point.snapshot.step, point.snapshot.progress.entries) if point.snapshot else (0, ())
    finished = history.finished is not None
    fresh = new_entries(started.schedule, step, had, known, place.config, options, finished=finished)
    rewinds = list(history.rewinds)
    session = Session(
        place.config,
        place.train,
        place.data.vocabulary,
        place.evaluation,
        schedule=started.schedule,
        fresh=fresh,
        replay=known,
        pulse=Pulse(),
        recall=lambda step, entries: host.recall(step, entries),
    )
    if point.snapshot is not None:
        session.live.restore(point.snapshot, weights_only=options.weights_only)
    origin = origin_of(place, started.schedule)
    opening: list[Event] = []
    if options.step is not None:
        rewinds.append(Rewound(history.last_step, to=session.live.step, entries=point.entries, cause="resume"))
        opening.append(rewinds[-1])
    opening.append(_resumed(run, session, point, origin, options))
    inbox = WorkerInbox(parse_script(history.script, history.script_done))
    host = Host(
        run, lock, place, session, inbox, origin, opening, CheckpointWriter(), rewinds, save_first=options.weights_only
    )
    return host


def _resumed(
    run: RunDirectory, session: Session, point: ResumePoint, origin: Origin, options: ResumeOptions
) -> RunResumed:
    return RunResumed(
        session.live.step,
        run=run.name,
        badge="weights only" if options.weights_only else difference(point.fingerprint, origin.fingerprint),
        steps=session.live.rate.total,
        entries=point.entries,
        fingerprint=origin.fingerprint,
        skipped=list(point.skipped),
    )


@dataclass(frozen=True)
class ResumePoint:
    """Where a run goes on: a state (None: its very beginning), on what machine it was made, what was passed over."""

    snapshot: Snapshot | None
    fingerprint: dict[str, str]
    skipped: tuple[str, ...] = ()

    @property
    def entries(self) -> int:
        """Ledger entries that the state already has."""
        return len(self.snapshot.progress.entries) if self.snapshot else 0


def resume_point(
    run: RunDirectory, place: Workplace, history: History, started: RunStarted, options: ResumeOptions
) -> ResumePoint:
    """Where the run goes on with these `options`. Raises CheckpointError."""
    if options.step is None and is_untouched(run, history.rewinds):
        # killed before its first checkpoint: nothing is lost but time
        if not run.beginning.exists():
            return ResumePoint(None, started.fingerprint)  # the beginning is a function of the seed
        snapshot, meta = read_checkpoint(run.beginning, place.train.flat)
        return ResumePoint(snapshot, meta.fingerprint)
    found = shelf.find(run, place.train.flat, history.rewinds, step=options.step, weights_only=options.weights_only)
    if found.meta.vocabulary != place.data.vocabulary.to_dict():
        raise CheckpointError(f"checkpoint {found.folder.name} of {run.name} was made with another vocabulary")
    return ResumePoint(found.snapshot, found.meta.fingerprint, found.skipped)
