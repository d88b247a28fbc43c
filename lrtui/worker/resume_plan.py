"""What a resume changes: more steps and another rate are ledger entries, asked for and never silent."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from lrtui.errors import CheckpointError, UsageError
from lrtui.lr import ledger
from lrtui.lr.ledger import Entry, Rate
from lrtui.lr.schedule import Schedule
from lrtui.runs.checkpoints import is_untouched, no_checkpoint, surviving
from lrtui.runs.directory import RunDirectory
from lrtui.runs.history import History

if TYPE_CHECKING:
    from lrtui.config.schema import Config


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a run would go on, as its directory says; only the resume itself verifies the checkpoint.

    The state at `step` has the entries `had`; `known` are those that the log has beyond it and that are applied again.
    """

    schedule: Schedule
    step: int
    had: tuple[Entry, ...]
    known: tuple[Entry, ...]
    finished: bool

    def rate(self, fresh: Sequence[Entry] = ()) -> Rate:
        """The rate of the run as it was, or with the entries that a resume adds."""
        now = [entry for entry in self.known if entry.step <= self.step]
        later = [entry for entry in self.known if entry.step > self.step]
        return ledger.fold(self.schedule, (*self.had, *now, *fresh, *later))

    def steered(self, config: Config, options: ResumeOptions) -> Rate:
        """The rate after a resume with `options`. Raises UsageError, in a sentence, where the resume would refuse."""
        fresh = new_entries(self.schedule, self.step, self.had, self.known, config, options, finished=self.finished)
        return self.rate(fresh)


def never_began(what: Literal["run", "sweep"], run: RunDirectory) -> UsageError:
    """That there is nothing to go on with: its worker died before it had said anything."""
    return UsageError(f"{what} {run.name} never began", f"Delete it (lrtui delete {run.name}) and start it again.")


def standing(run: RunDirectory, history: History, step: int | None = None) -> Standing:
    """Where the run goes on: at its newest checkpoint, or at the one of `step`.

    Raises UsageError where it never began, CheckpointError where it has no such checkpoint, DiskError.
    """
    if history.started is None:
        raise never_began("run", run)
    schedule, finished = history.started.schedule, history.finished is not None
    if step is None and is_untouched(run, history.rewinds):
        return Standing(schedule, 0, (), history.entries, finished)
    there = [meta.progress for _, meta in surviving(run, history.rewinds)]
    found = next((progress for progress in there if step in (None, progress.step)), None)
    if found is None and step is not None:
        raise no_checkpoint(run, step, [progress.step for progress in there])
    if found is None:
        raise CheckpointError(f"run {run.name} has no checkpoint that can be read")
    known = () if step is not None else history.entries[len(found.entries) :]
    return Standing(schedule, found.step, found.entries, known, finished)


def must_ask(standing: Standing, config: Config) -> str:
    """Why a resume must be asked about, as a sentence; empty where it only goes on.

    It has finished, or its config has another total or rate than it began with: what that means is never guessed.
    """
    rate, configured = standing.rate(), config.lr_schedule()
    if standing.finished and standing.step >= rate.total:
        return f"It has finished its {rate.total:,} steps."
    told = []
    if configured.steps not in (standing.schedule.steps, rate.total):
        told.append(f"its config has {configured.steps:,} steps, the run {rate.total:,}")
    if configured.base != standing.schedule.base:
        told.append(f"its config has the rate {configured.base:g}, the run began with {standing.schedule.base:g}")
    return f"{'; '.join(told).capitalize()}." if told else ""


@dataclass(frozen=True)
class ResumeOptions:
    """The flags of `lrtui resume`.

    `steps` is the new total, `schedule` keep, rescale or restart, `lr` keep, config or a number, `step` the checkpoint.
    """

    steps: int | None = None
    schedule: str = ""
    lr: str = "keep"
    step: int | None = None
    weights_only: bool = False


def new_entries(
    schedule: Schedule,
    step: int,
    had: Sequence[Entry],
    known: Sequence[Entry],
    config: Config,
    options: ResumeOptions,
    *,
    finished: bool,
) -> list[Entry]:
    """The entries that `options` add at `step`, whose state has the entries `had`.

    `known` are those the log has beyond the state; the ones of later steps are still to be applied.
    A run killed after its last step but before it could say so is not `finished`: its resume only says so.

    Raises UsageError where they cannot be, or where what they mean has to be said.
    """
    rate = ledger.fold(schedule, (*had, *(entry for entry in known if entry.step <= step)))
    entries: list[Entry] = []

    def add(entry: Entry) -> None:
        nonlocal rate
        rate = rate.apply(entry)
        entries.append(entry)

    later = [entry for entry in known if entry.step > step]
    _check_length(rate, step, later, options, finished)
    if options.steps not in (None, _applied(rate, later).total):
        add(_longer(rate, step, later, options))
    for entry in _rate_entries(rate, step, schedule, config, options):
        add(entry)
    return entries


def _longer(rate: Rate, step: int, later: Sequence[Entry], options: ResumeOptions) -> Entry:
    """The entry that makes `options.steps` the total, once those of `later` steps have been applied again."""
    assert options.steps is not None
    final = _applied(rate, later)
    if final.cooling:
        raise UsageError(
            f"the run cools down to its end at step {final.total}: it cannot be given more steps",
            "Go back before the cool-down with --from STEP.",
        )
    try:
        return ledger.extend(rate, step, options.steps - final.total, options.schedule, "resume")
    except UsageError as error:
        raise UsageError(error.message, f"Say it with --schedule keep|rescale|restart. {error.hint}") from None


def _applied(rate: Rate, entries: Sequence[Entry]) -> Rate:
    for entry in entries:
        rate = rate.apply(entry)
    return rate


def _check_length(rate: Rate, step: int, later: Sequence[Entry], options: ResumeOptions, finished: bool) -> None:
    rate = _applied(rate, later)
    total = rate.total
    if options.steps is None:
        if step >= total and finished:
            how = "Go back before its cool-down with --from STEP." if rate.cooling else "Give it more: --steps N."
            raise UsageError(f"the run has finished its {total} steps", how)
        if options.schedule:
            raise UsageError(
                "--schedule says what becomes of the shape when --steps changes the total", "Add --steps N."
            )
    elif options.steps < total or (options.steps == total and step >= total):
        raise UsageError(
            f"--steps {options.steps}: the run is planned for {total} steps, a resume can only give it more",
            "To end earlier, let it cool down (ctl RUN cooldown N) or stop it.",
        )


def _rate_entries(rate: Rate, step: int, schedule: Schedule, config: Config, options: ResumeOptions) -> list[Entry]:
    """`--lr`: keep what was; `config`: the schedule's own value at the config's base; a number: exactly that."""
    configured = config.lr_schedule()
    if options.lr == "keep":
        return []
    if options.lr != "config":
        try:
            lr = float(options.lr)
        except ValueError:
            lr = math.nan
        if not math.isfinite(lr) or lr <= 0:
            raise UsageError(f"--lr {options.lr!r} is neither keep, config nor a rate above 0")
        return [ledger.set_rate(rate, step, lr, "resume")]
    release = ledger.release(rate, step, "resume")
    if configured.base == schedule.base:
        return [release]
    return [release, ledger.scale(rate.apply(release), step, configured.base / schedule.base, "resume")]
