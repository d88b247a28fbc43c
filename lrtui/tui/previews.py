"""What a key would do, in words, before it is sent: the old and the new rate, and what the schedule makes of it.

The ledger's own functions compute it, on the rate the run has now, so that a preview and what follows agree.
"""

import math

from lrtui.errors import UsageError
from lrtui.lr import ledger
from lrtui.lr.ledger import Entry, Rate
from lrtui.messages import (
    Command,
    Continue,
    CoolDown,
    Decay,
    Extend,
    Hold,
    Pause,
    Release,
    ResetOptimizer,
    Reshape,
    Sample,
    Save,
    Scale,
    SetRate,
    Step,
    Stop,
    Undo,
)
from lrtui.printable import printable
from lrtui.tui.state import RunView
from lrtui.words import change_text, rate_text

_LIVE = ("training", "paused")
_NEXT = "at the next step"


def preview(view: RunView, command: Command, rate: Rate | None = None) -> str:
    """What `command` would do to the run as `view` shows it, in one line.

    `rate` is the rate that earlier commands, still on their way, leave behind (default: that of the view).
    Raises UsageError, in a sentence, where the run would refuse it.
    """
    require_live(view)
    match command:
        case Undo():
            return _undo(view)
        case Pause():
            return f"pauses {_NEXT}"
        case Continue():
            return "training goes on"
        case Step(steps=steps):
            return f"trains {_steps(steps)}, then pauses at step {min(view.step + steps, view.total):,}"
        case Save():
            return f"saves a checkpoint that stays, {_NEXT}"
        case Sample(prompt=prompt, temperature=temperature):
            return _sample(view, prompt, temperature)
        case Stop():
            return f"saves, and stops at step {view.step:,} of {view.total:,}"
    rate = rate or view.rate
    if rate is None:
        raise UsageError(f"{view.name} has not begun yet", "Wait for its first step.")
    step = max(view.step, rate.pieces[-1].since)
    return _change(rate, step, entry_of(view, command, rate))


def after(view: RunView, command: Command, rate: Rate | None = None) -> Rate | None:
    """The rate once `command` has taken effect; the same as before where it does not change the rate."""
    rate = rate or view.rate
    if rate is None or not isinstance(command, Decay | Scale | SetRate | Hold | Release | CoolDown | Extend | Reshape):
        return rate
    return rate.apply(entry_of(view, command, rate))


def require_live(view: RunView) -> None:
    """Raises UsageError, in a sentence, where nobody trains the run."""
    if view.condition in _LIVE:
        return
    match view.condition:
        case "opening":
            raise UsageError(f"{view.name} has not begun yet", "Wait for its first step.")
        case "finished":
            raise UsageError(f"{view.name} has finished its {_steps(view.total)}", "R gives it more.")
        case _:
            raise UsageError(f"nobody trains {view.name} now", "R goes on with it.")


def decay_factor(view: RunView) -> float:
    """What `d` multiplies by: `train.decay_factor` of the run's config."""
    train = view.config.get("train")
    factor = train.get("decay_factor") if isinstance(train, dict) else None
    return factor if isinstance(factor, float) and 0 < factor < 1 else 0.1


def ladder(lr: float, direction: int) -> float:
    """The next rate of 1, 2, 5 × 10^k above `lr` (direction 1) or below it (−1). Raises UsageError where `lr` is 0."""
    if lr <= 0 or not math.isfinite(lr):
        raise UsageError("the rate is 0 now: there is no next rung", "Set a rate with l.")
    decade = math.floor(math.log10(lr))
    rungs = [float(f"{digit}e{power}") for power in range(decade - 1, decade + 3) for digit in (1, 2, 5)]
    if direction > 0:
        return min(rung for rung in rungs if rung > lr * (1 + 1e-9))
    return max(rung for rung in rungs if rung < lr * (1 - 1e-9))


def entry_of(view: RunView, command: Command, rate: Rate) -> Entry:
    """The ledger entry that `command` would make of `rate` now. Raises UsageError."""
    step = max(view.step, rate.pieces[-1].since)
    match command:
        case Decay():
            return ledger.scale(rate, step, decay_factor(view))
        case Scale(factor=factor):
            return ledger.scale(rate, step, factor)
        case SetRate(lr=lr):
            return ledger.set_rate(rate, step, lr)
        case Hold():
            return ledger.hold(rate, step)
        case Release():
            return ledger.release(rate, step)
        case CoolDown(steps=steps, shape=shape):
            return ledger.cool_down(rate, step, steps, shape)
        case Extend(steps=steps, schedule=mode):
            return ledger.extend(rate, step, steps, mode)
        case Reshape(schedule=keys):
            from lrtui.config.schedule_words import new_shape  # pydantic: not before it is needed

            left = rate.pieces[-1].planned - step
            return ledger.reshape(rate, step, new_shape(view.config, keys, step, rate(step), left))
        case ResetOptimizer():
            return ledger.reset(step)
        case _:
            raise UsageError(f"there is no preview of {type(command).__name__.lower()}")


def _change(rate: Rate, step: int, entry: Entry) -> str:
    later = rate.apply(entry)
    rates = f"{rate_text(rate(step))} → {rate_text(later(step))}"
    match entry.kind:
        case "scale":
            still = f"; {_goes_on(later)}" if rate(step) == 0 else ""
            return f"{change_text(entry)}: {rates} {_NEXT}{still}"
        case "set":
            return f"{rates}: {_goes_on(later)}"
        case "hold" if rate(step) != later(step):
            return f"{rates}: held there, because the schedule is at 0 here"
        case "hold":
            return f"held at {rate_text(later(step))}, whatever the {shape_text(rate)} does; h releases it"
        case "release":
            return f"released: {rates}, the {shape_text(later)}'s own value"
        case "cooldown":
            steps = entry.steps or 0
            return f"{rate_text(rate(step))} → 0 over {_steps(steps)}; the run ends at step {step + steps:,}"
        case "reshape":
            end = rate_text(later(later.total - 1))
            return f"{shape_text(later)} from here to step {later.total:,}: {rates} {_NEXT}, {end} at the last"
        case "reset":
            return f"throws the optimizer's state away {_NEXT}; the rate stays, u brings it back"
        case "extend":
            return _longer(rate, later, step, entry)
        case kind:
            return f"{kind}: {rates}"


def _goes_on(rate: Rate) -> str:
    if rate.held is not None:
        return "held there until h releases it"
    if rate.cooling:
        return "the cool-down goes on from there"
    if rate.schedule.kind in ("constant", "plateau"):
        return "the rate stays there"
    return f"the {shape_text(rate)} goes on at ×{rate.multiplier:.3g}"


def _longer(rate: Rate, later: Rate, step: int, entry: Entry) -> str:
    told = f"{rate.total:,} → {later.total:,} steps"
    if not rate.schedule.depends_on_total or rate.held is not None:
        return f"{told}; the rate goes on as it is"
    shape = shape_text(rate)
    meaning = {
        "keep": f"the {shape} ends at step {rate.total:,}, then holds {rate_text(later(later.total - 1))}",
        "rescale": f"the {shape} is stretched: {rate_text(rate(step))} → {rate_text(later(step))} now",
        "restart": f"the {shape} begins again: {rate_text(rate(step))} → {rate_text(later(step))} now",
    }
    return f"{told}; {meaning[entry.shape or 'keep']}"


def shape_text(rate: Rate) -> str:
    """The schedule's name as a word: cosine, one-cycle."""
    return printable(rate.schedule.kind).replace("_", "-")


def last_change(view: RunView) -> str:
    """The change that an undo would take back, such as `×0.1 at 12,000`; empty where there is none."""
    if not view.history.changes:
        return ""
    change = view.history.changes[-1]
    return f"{change_text(change.entry)} at {change.entry.step:,}"


def _undo(view: RunView) -> str:
    if not view.history.changes:
        raise UsageError("there is no change to undo")
    change = view.history.changes[-1]
    back = f"back to step {change.entry.step:,}, exactly as it was"
    rates = f"rate {rate_text(view.lr)} → {rate_text(change.old)}"
    return f"undoes {change_text(change.entry)}: {back}, {rates}"


def _sample(view: RunView, prompt: str | None, temperature: float | None) -> str:
    at = "" if temperature is None else f" at temperature {temperature:g}"
    return f"generates text{at}" + (f" from {printable(prompt)!r}" if prompt else "")


def _steps(count: int) -> str:
    return f"{count:,} step{'s' * (count != 1)}"
