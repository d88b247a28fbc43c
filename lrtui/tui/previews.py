"""What a key would do, in words, before it is sent: the old and the new rate, and what the schedule makes of it.

The ledger's own functions compute it, on the rate the run has now, so that a preview and what follows agree.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

from lrtui.errors import UsageError
from lrtui.lr import ledger
from lrtui.lr.ledger import Entry, Rate, fold
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
from lrtui.runs.config_table import section
from lrtui.tui.keys import key_of
from lrtui.tui.seeing import LIVE
from lrtui.tui.state import RunView
from lrtui.words import change_text, rate_text

_NEXT = "at the next step"
#: so many times the length of a run is a typing error rather than a wish
_ABSURD = 100
_AS_BOUND: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Ahead:
    """A run as commands that are still on their way will leave it: its ledger, the rate that makes, does it wait?"""

    entries: tuple[Entry, ...]
    rate: Rate | None
    paused: bool

    @classmethod
    def of(cls, view: RunView) -> Self:
        """A run to which nothing is on its way."""
        return cls(view.history.entries, view.rate, view.condition == "paused")

    def after(self, view: RunView, command: Command) -> Self:
        """And then `command`. Raises UsageError where the run would refuse it."""
        match command:
            case Undo() if view.history.started is not None:
                entries = self.entries[: ledger.kept_by_undo(self.entries)]
                return replace(self, entries=entries, rate=fold(view.history.started.schedule, entries))
            case Pause() | Step():
                return replace(self, paused=True)
            case Continue():
                return replace(self, paused=False)
            case (
                Decay()
                | Scale()
                | SetRate()
                | Hold()
                | Release()
                | CoolDown()
                | Extend()
                | Reshape()
                | ResetOptimizer()
            ):
                if self.rate is None:
                    return self
                entry = entry_of(view, command, self.rate)
                return replace(self, entries=(*self.entries, entry), rate=self.rate.apply(entry))
            case _:
                return self


def preview(view: RunView, command: Command, ahead: Ahead | None = None, keymap: Mapping[str, str] = _AS_BOUND) -> str:
    """What `command` would do to the run as `view` shows it, in one line.

    `ahead` is what earlier commands, still on their way, leave behind (default: what the view shows); `keymap` has the
    keys that were re-mapped. Raises UsageError, in a sentence, where the run would refuse it.
    """
    require_live(view, keymap)
    return _told(view, command, ahead or Ahead.of(view), keymap) + doubt_text(view, command)


def doubt_text(view: RunView, command: Command) -> str:
    """A question to append to a preview, where `command` trains absurdly many steps; else empty."""
    steps = command.steps if isinstance(command, Step | Extend | CoolDown) else 0
    if not view.total or steps <= _ABSURD * view.total:
        return ""
    return f". Is that meant? It is {steps // view.total:,} times the {view.total:,} steps of the run"


def _told(view: RunView, command: Command, ahead: Ahead, keymap: Mapping[str, str]) -> str:
    match command:
        case Undo():
            return _undo(view, ahead.entries)
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
    rate = ahead.rate
    if rate is None:
        raise UsageError(f"{view.name} has not begun yet", "Wait for its first step.")
    step = max(view.step, rate.pieces[-1].since)
    return _change(rate, step, entry_of(view, command, rate), keymap)


def require_live(view: RunView, keymap: Mapping[str, str] = _AS_BOUND) -> None:
    """Raises UsageError, in a sentence that says what to do, where nobody trains the run."""
    if view.condition in LIVE:
        return
    match view.condition:
        case "opening":
            raise UsageError(f"{view.name} has not begun yet", "Wait for its first step.")
        case "finished":
            hint = what_goes_on(view, keymap)
            raise UsageError(f"{view.name} has finished its {_steps(view.total)}", f"{hint[0].upper()}{hint[1:]}.")
        case "deleted":
            raise UsageError(f"{view.name} has been deleted", f"{key_of('runs', keymap)} lists the runs there are.")
        case _:
            raise UsageError(f"nobody trains {view.name} now", f"{key_of('resume', keymap)} goes on with it.")


def what_goes_on(view: RunView, keymap: Mapping[str, str]) -> str:
    """How a run that has finished can go on: one that has cooled down takes no more steps."""
    if view.rate is not None and view.rate.cooling:
        runs, branch = key_of("runs", keymap), key_of("runs_branch", keymap)
        return f"a branch from before its cool-down goes on: {branch} in Runs ({runs})"
    return f"{key_of('resume', keymap)} gives it more steps"


def decay_factor(view: RunView) -> float:
    """What `d` multiplies by: `train.decay_factor` of the run's config."""
    factor = section(view.config, "train").get("decay_factor")
    return factor if isinstance(factor, float) and 0 < factor < 1 else 0.1


def ladder(lr: float, direction: int, keymap: Mapping[str, str] = _AS_BOUND) -> float:
    """The next rate of 1, 2, 5 × 10^k above `lr` (direction 1) or below it (−1) that reads otherwise than `lr`.

    Raises UsageError where `lr` is 0.
    """
    if lr <= 0 or not math.isfinite(lr):
        raise UsageError("the rate is 0 now: there is no next rung", f"Set a rate with {key_of('set', keymap)}.")
    decade = math.floor(math.log10(lr))
    rungs = [float(f"{digit}e{power}") for power in range(decade - 1, decade + 3) for digit in (1, 2, 5)]
    if direction > 0:
        return min(rung for rung in rungs if rung > lr and rate_text(rung) != rate_text(lr))
    return max(rung for rung in rungs if rung < lr and rate_text(rung) != rate_text(lr))


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
            optim = section(view.config, "optim")
            return ledger.reset(step, stateful=optim.get("kind") != "sgd" or bool(optim.get("momentum")))
        case _:
            raise UsageError(f"there is no preview of {type(command).__name__.lower()}")


def _change(rate: Rate, step: int, entry: Entry, keymap: Mapping[str, str]) -> str:
    """What `entry` makes of `rate`."""
    hold_key = key_of("hold", keymap)
    later = rate.apply(entry)
    rates = f"{rate_text(rate(step))} → {rate_text(later(step))}"
    match entry.kind:
        case "scale":
            still = f"; {_goes_on(later, hold_key)}" if rate(step) == 0 else ""
            return f"{change_text(entry)}: {rates} {_NEXT}{still}"
        case "set":
            return f"{rates}: {_goes_on(later, hold_key)}"
        case "hold" if rate(step) != later(step):
            return f"{rates}: held there, because the schedule is at 0 here"
        case "hold":
            return (
                f"held at {rate_text(later(step))} until {hold_key} releases it, whatever the {shape_text(rate)} does"
            )
        case "release":
            return f"released: {rates}, the {shape_text(later)}'s own value"
        case "cooldown":
            steps = entry.steps or 0
            return f"{rate_text(rate(step))} → 0 over {_steps(steps)}; the run ends at step {step + steps:,}"
        case "reshape":
            end = rate_text(later(later.total - 1))
            return f"{shape_text(later)} from here to step {later.total:,}: {rates} now, {end} at the last"
        case "reset":
            undo = key_of("undo", keymap)
            return f"throws the optimizer's state away; the rate stays, {undo} brings it back"
        case "extend":
            return _longer(rate, later, step, entry)
        case kind:
            return f"{kind}: {rates}"


def _goes_on(rate: Rate, hold_key: str) -> str:
    if rate.held is not None:
        return f"held there until {hold_key} releases it"
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
        "restart": f"the {shape} restarts{_warm_up(later)}: {rate_text(rate(step))} → {rate_text(later(step))} now",
    }
    return f"{told}; {meaning[entry.shape or 'keep']}"


def _warm_up(rate: Rate) -> str:
    steps = rate.schedule.warmup
    return f", warm-up {steps:,}" if steps else ""


def shape_text(rate: Rate) -> str:
    """The schedule's name as a word: cosine, one-cycle."""
    return printable(rate.schedule.kind).replace("_", "-")


def last_change(view: RunView) -> str:
    """The newest change, such as `×0.1 at 12,000`; empty where there is none."""
    if not view.history.changes:
        return ""
    change = view.history.changes[-1]
    return f"{change_text(change.entry)} at {change.entry.step:,}"


def next_rate(view: RunView) -> float | None:
    """The rate that the next step will use; after the last, or before the run has begun, the one known last."""
    return view.lr if view.rate is None or view.step >= view.total else view.rate(view.step)


def _undo(view: RunView, entries: tuple[Entry, ...]) -> str:
    kept = ledger.kept_by_undo(entries)
    if entries[-1:] != view.history.entries[-1:]:
        return f"undoes {change_text(entries[-1])}, as soon as that has come"
    change, cuts = view.history.changes[kept], len(entries) - kept - 1
    with_cuts = f" and {cuts} cut{'s' * (cuts > 1)} since" if cuts else ""
    rates = f"{rate_text(view.lr)} → {rate_text(change.old)}"
    return f"undoes {change_text(change.entry)}{with_cuts}: {rates}, exactly back to step {change.entry.step:,}"


def _sample(view: RunView, prompt: str | None, temperature: float | None) -> str:
    at = "" if temperature is None else f" at temperature {temperature:g}"
    return f"generates text{at}" + (f" from {printable(prompt)!r}" if prompt else "")


def _steps(count: int) -> str:
    return f"{count:,} step{'s' * (count != 1)}"
