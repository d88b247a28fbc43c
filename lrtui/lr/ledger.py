"""Live edits of the learning rate: what a person, a script, a plateau or a rollback may ask, as checked ledger entries.

Each function looks at the rate so far and returns the `Entry` that does what was asked from `step` on, or raises a
UsageError in words. Nothing changes until the entry is applied: `rate.apply(entry)` is also the preview.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

from lrtui.errors import UsageError
from lrtui.lr.range_plan import HIGHEST
from lrtui.lr.rate import Entry, Rate, fold, multiplier_for
from lrtui.lr.schedule import Schedule
from lrtui.lr.shapes import DECAY_SHAPES

__all__ = [
    "EXTEND_MODES",
    "Entry",
    "Rate",
    "cool_down",
    "extend",
    "fold",
    "hold",
    "kept_by_undo",
    "release",
    "reset",
    "reshape",
    "scale",
    "set_rate",
]

#: what becomes of a shape that depends on the total when the total changes
EXTEND_MODES: tuple[str, ...] = ("keep", "rescale", "restart")
#: a change may have caused a divergence up to so many steps later
_TO_BLAME = 1000


def scale(rate: Rate, step: int, factor: float, cause: str = "user") -> Entry:
    """Multiply the rate (also one that is held, or cools down) by `factor`. Raises UsageError."""
    _above_zero(factor, "the factor of a rate")
    return _sound(rate, Entry(step=step, kind="scale", value=float(factor), cause=cause))


def set_rate(rate: Rate, step: int, lr: float, cause: str = "user") -> Entry:
    """Make the rate of `step` exactly `lr`; where the schedule is zero there, hold it at `lr`. Raises UsageError."""
    _above_zero(lr, "a learning rate")
    if lr > HIGHEST:
        raise UsageError(f"a learning rate is at most {HIGHEST:g}, not {lr:g}")
    multiplier = multiplier_for(lr, rate.pieces[-1].core(step))
    if rate.held is None and multiplier is None:
        return Entry(step=step, kind="hold", value=float(lr), cause=cause)
    return Entry(
        step=step, kind="set", value=float(lr), multiplier=multiplier if rate.held is None else None, cause=cause
    )


def hold(rate: Rate, step: int, cause: str = "user") -> Entry:
    """Freeze the rate at its present value, bit for bit. Raises UsageError where that value is zero."""
    return Entry(step=step, kind="hold", value=_present(rate, step, "hold"), cause=cause)


def release(rate: Rate, step: int, cause: str = "user") -> Entry:
    """Back to the schedule's own value and length: multiplier, hold and cool-down dropped. Raises UsageError."""
    if rate.cooling and rate.pieces[-1].planned <= step:
        raise UsageError(
            f"the schedule itself ended at step {rate.pieces[-1].planned}: there is nothing to release to",
            "Undo the cool-down, or let it finish.",
        )
    return Entry(step=step, kind="release", cause=cause)


def reset(step: int, cause: str = "user", *, stateful: bool = True) -> Entry:
    """Throw the optimizer's state away at `step`, as a resume from weights alone would; the rate stays.

    Raises UsageError where the optimizer is not `stateful`.
    """
    if not stateful:
        raise UsageError("plain SGD has no state to throw away", "optim.momentum, adam and adamw have.")
    return Entry(step=step, kind="reset", cause=cause)


def reshape(rate: Rate, step: int, spec: Schedule, cause: str = "user") -> Entry:
    """A new shape from `step` to the present end, with its own base; live edits are dropped. Raises UsageError.

    `spec.steps` is replaced by the steps that are left; a cool-down gives way to the length planned before it.
    """
    left = rate.pieces[-1].planned - step
    if left < 1:
        raise UsageError(f"no steps are left after step {step} for a new schedule", "Extend the run first.")
    return Entry(step=step, kind="reshape", schedule=_valid(replace(spec, steps=left)), cause=cause)


def cool_down(rate: Rate, step: int, n: int, shape: str = "linear", cause: str = "user") -> Entry:
    """From the present rate to zero over `n` steps, then finish. Raises UsageError."""
    _at_least_one(n, "a cool-down")
    if shape not in DECAY_SHAPES:
        raise UsageError(f"there is no cool-down shape {shape!r}", f"Shapes: {', '.join(DECAY_SHAPES)}.")
    _present(rate, step, "cool down from")
    return Entry(step=step, kind="cooldown", steps=n, shape=shape, cause=cause)


def extend(rate: Rate, step: int, n: int, mode: str = "", cause: str = "user") -> Entry:
    """Train `n` steps more; `mode` may be empty only where the shape ignores the total. Raises UsageError.

    keep: the old shape, then its end value. rescale: the shape stretched to the new length. restart: from its step 0
    again over all steps that are left. Multiplier and hold stay.
    """
    _at_least_one(n, "an extension")
    if rate.cooling:
        raise UsageError(f"the run cools down to its end at step {rate.total}", "Release or undo that, then extend.")
    if mode not in EXTEND_MODES and (mode or rate.schedule.depends_on_total):
        what = f"there is no way {mode!r} to extend" if mode else "more steps would change the rates of"
        raise UsageError(
            f"{what} a {rate.schedule.kind} schedule: say keep, rescale or restart",
            "keep: the old shape, then its end value; rescale: stretched to fit; restart: from its beginning again.",
        )
    entry = Entry(step=step, kind="extend", steps=n, shape=mode or "keep", cause=cause)
    _valid(rate.apply(entry).schedule)
    return entry


def kept_by_undo(entries: Sequence[Entry]) -> int:
    """How many of the first `entries` an undo leaves. Raises UsageError where there is no change to take back.

    The cuts of rollbacks go together with a change shortly before them, which is to blame for them: the state before
    such a cut, at the rate before it, would diverge again at the same step.
    """
    if not entries:
        raise UsageError("there is no change to undo")
    kept = len(entries)
    while kept and entries[kept - 1].cause == "rollback":
        kept -= 1
    if kept == len(entries) or (kept and entries[-1].step - entries[kept - 1].step <= _TO_BLAME):
        return kept - 1
    return len(entries) - 1


def _above_zero(value: float, what: str) -> None:
    if not math.isfinite(value) or value <= 0:
        raise UsageError(f"{what} must be a finite number above 0, not {value}")


def _at_least_one(n: int, what: str) -> None:
    if n < 1:
        raise UsageError(f"{what} needs at least 1 step, not {n}")


def _present(rate: Rate, step: int, verb: str) -> float:
    if rate(step) > 0:
        return rate(step)
    raise UsageError(f"the rate at step {step} is 0: nothing to {verb}", "Set a rate, or wait for the warm-up.")


def _sound(rate: Rate, entry: Entry) -> Entry:
    old, new = rate(entry.step), rate.apply(entry)(entry.step)
    if not math.isfinite(new) or (new == 0) != (old == 0):
        raise UsageError(f"{old:g} × {entry.value:g} is no learning rate: it must stay a finite number above 0")
    return entry


def _valid(schedule: Schedule) -> Schedule:
    if problems := schedule.problems():
        raise UsageError(f"this {schedule.kind} schedule cannot begin here: {'; '.join(problems)}")
    return schedule
