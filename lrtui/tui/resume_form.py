"""What the resume dialogue asks, without a screen: the answers so far, what each would do, and both rates."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lrtui.axes import short_count
from lrtui.command_words import whole_number
from lrtui.errors import LrtuiError, UsageError
from lrtui.lr.ledger import EXTEND_MODES, Rate
from lrtui.printable import printable
from lrtui.runs.directory import RunDirectory
from lrtui.runs.history import History, read_history
from lrtui.runs.run_config import read_config
from lrtui.words import rate_text
from lrtui.worker.resume_plan import ResumeOptions, Standing, must_ask, standing

if TYPE_CHECKING:
    from lrtui.config.schema import Config

SHAPES = {
    "keep": "the old shape, then its end value",
    "rescale": "the shape stretched to the new length",
    "restart": "from its beginning again over the steps that are left",
}


@dataclass(frozen=True, slots=True)
class ResumeForm:
    """A run and the answers so far. Immutable: each answer makes another form."""

    run: RunDirectory
    config: Config
    history: History
    standing: Standing
    options: ResumeOptions
    why: str

    @property
    def before(self) -> Rate:
        """The rate of the whole run as it was planned when it ended."""
        return self.standing.rate()

    def after(self) -> Rate:
        """The rate of the whole run as these answers make it. Raises UsageError, as the resume would."""
        return self.standing.steered(self.config, self.options)

    @property
    def total(self) -> int:
        """The total asked for, or that of the run."""
        return self.options.steps if self.options.steps is not None else self.before.total

    @property
    def takes_more(self) -> bool:
        """Whether it can be given more steps: a run that cools down ends where its cool-down does."""
        return not self.before.cooling

    @property
    def dead_end(self) -> str:
        """Why it cannot go on from here whatever is answered; empty where it can."""
        if self.takes_more or not self.standing.finished or self.standing.step < self.before.total:
            return ""
        return (
            f"It cooled down and has finished its {self.before.total:,} steps, so it takes no more: "
            "only an earlier checkpoint (f), or a branch from one (B in Runs), goes on."
        )

    @property
    def shape_matters(self) -> bool:
        """Whether more steps would change the rates, so that what becomes of the shape must be said."""
        return self.total > self.before.total and self.before.schedule.depends_on_total

    def with_total(self, text: str) -> ResumeForm:
        """With a new total, as typed: 5000, 5,000, 5k or +1000. Raises UsageError for what is no number."""
        try:
            count = whole_number(text)
        except UsageError:
            raise UsageError(
                f"{printable(text)!r} is no number of steps", "For example 5000, 5k, or +1000 more."
            ) from None
        total = self.before.total + count if text.strip().startswith("+") else count
        if total < 1 or total > 10**12:
            raise UsageError(f"a run cannot have {short_count(total)} steps")
        return self._with_options(steps=None if total == self.before.total else total)

    def with_shape(self, mode: str) -> ResumeForm:
        return replace(self, options=replace(self.options, schedule=mode))

    def with_lr(self, text: str) -> ResumeForm:
        """With another rate: keep, config or a number. Whether it can be is said by `after`."""
        return replace(self, options=replace(self.options, lr=text.strip() or "keep"))

    def with_step(self, step: int | None) -> ResumeForm:
        """From another checkpoint, None: from where it stands. Raises CheckpointError where it has none there."""
        place = standing(self.run, self.history, step)
        return replace(self, standing=place)._with_options(step=step)

    def _with_options(self, **more: int | None) -> ResumeForm:
        form = replace(self, options=replace(self.options, **more))  # type: ignore[arg-type]
        if not form.shape_matters:
            return form.with_shape("")
        if form.options.schedule:
            return form
        # What keeps a shape that has come to its end at zero learns nothing: the first that does stands there.
        modes = [form.with_shape(mode) for mode in EXTEND_MODES]
        return next((mode for mode in modes if not mode.problem() and not mode.learns_nothing), modes[0])

    @property
    def learns_nothing(self) -> bool:
        """Whether the rate is zero at every step that is left."""
        rate, step = self.after(), self.standing.step
        left = rate.total - step
        return not any(rate(step + left * part // 64) > 0 for part in range(65))

    def arguments(self) -> list[str]:
        """What `lrtui` is started with. Raises UsageError where it would refuse."""
        self.after()
        asked = self.options
        said = ["resume", self.run.name]
        if asked.steps is not None:
            said += ["--steps", str(asked.steps)]
        if asked.steps is not None and asked.schedule:
            said += ["--schedule", asked.schedule]
        if asked.lr != "keep":
            said += ["--lr", asked.lr]
        if asked.step is not None:
            said += ["--from", str(asked.step)]
        return said

    def problem(self) -> str:
        """Why the answers cannot be, in a phrase; empty where they can. The keys, not the flags, say what to do."""
        try:
            self.after()
        except LrtuiError as error:
            return error.message
        return ""

    def check_total(self, text: str) -> str:
        """What a typed total would do. Raises UsageError where it cannot be."""
        form = self.with_total(text)
        if problem := form.problem():
            raise UsageError(problem)
        return form.total_words()

    def check_lr(self, text: str) -> str:
        """What a typed rate would do. Raises UsageError where it cannot be, whatever else is wrong still."""
        form = self.with_lr(text)
        problem = form.problem()
        if problem and problem != self.with_lr("keep").problem():
            raise UsageError(problem)
        return form.lr_words()

    def total_words(self) -> str:
        """The total, before and after."""
        if self.total == self.before.total:
            return f"{self.total:,} steps, as before"
        return f"{self.before.total:,} → {self.total:,} steps"

    def shape_words(self) -> str:
        """What becomes of the schedule."""
        if self.shape_matters:
            mode = self.options.schedule
            return f"{mode}: {SHAPES.get(mode, '')}"
        kind = printable(self.before.schedule.kind)
        return f"{kind}, as before" if self.total == self.before.total else f"{kind}: more steps do not change it"

    def lr_words(self) -> str:
        """The rate of the next step, before and after."""
        old = rate_text(self.before(self.standing.step))
        if self.options.lr == "keep":
            meaning = "kept: the schedule goes on with every change"
        elif self.options.lr == "config":
            meaning = f"config: changes dropped, base {rate_text(self.config.optim.lr)}"
        else:
            meaning = "set"
        try:
            return f"{old} → {rate_text(self.after()(self.standing.step))}, {meaning}"
        except LrtuiError:
            return f"{old}, {meaning}"


def read_form(run: RunDirectory) -> ResumeForm:
    """The form of a run that nobody trains, with what its config asks for filled in.

    Raises UsageError where it never began, ConfigError, CheckpointError, DiskError.
    """
    config = read_config(run)
    history = read_history(run)
    place = standing(run, history)
    _check_ledger(place, run)
    form = ResumeForm(run, config, history, place, ResumeOptions(), must_ask(place, config))
    if config.train.steps > form.before.total and config.train.steps != place.schedule.steps:
        form = form._with_options(steps=config.train.steps)
    elif place.finished and place.step >= form.before.total and not form.before.cooling:
        form = form._with_options(steps=form.before.total + place.schedule.steps)  # as long again, to begin with
    if config.optim.lr != place.schedule.base:
        form = form.with_lr("config")
    return form


def _check_ledger(place: Standing, run: RunDirectory) -> None:
    try:
        sound = not place.schedule.problems() and math.isfinite(place.rate()(place.step))
    except (LrtuiError, ArithmeticError, ValueError, TypeError):  # a log of anyone's
        sound = False
    if not sound:
        raise UsageError(f"the log of {run.name} makes no learning rate", "It can only be looked at.")
