"""What each rule of the diagnosis looks at, in words: the numbers as they are, whether it speaks or not."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from lrtui.lr.diagnose import (
    ABOVE_BEST,
    DECAYED,
    FALLEN,
    FLAT,
    HIGH,
    KNOWN,
    NO_GAP,
    RISEN,
    RISES,
    SETTLED,
    TOO_FAR,
    TOO_NEAR,
    Diagnosis,
    Signs,
    farthest_update,
    flat,
    fresh_optimizer,
    overfitting,
    recent_loss,
    too_high,
    too_low,
    trend,
)
from lrtui.quantities import rate_text, share_text


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleNumbers:
    """One rule: what it is called, when it holds, the numbers it looks at now, and the diagnosis where it holds."""

    name: str
    when: str
    numbers: tuple[str, ...]
    found: Diagnosis | None


def rule_numbers(signs: Signs) -> tuple[RuleNumbers, ...]:
    """All rules in their order: of those that hold, the first one speaks."""
    return tuple(
        RuleNumbers(name=name, when=when, numbers=tuple(numbers(signs)), found=rule(signs))
        for name, when, rule, numbers in _RULES
    )


def _fresh(signs: Signs) -> list[str]:
    since = signs.fresh_optimizer
    if since is None:
        return ["its state is as old as the weights"]
    return [f"its state begins at step {since:,}, {signs.step - since:,} steps ago"]


def _high(signs: Signs) -> list[str]:
    if signs.losses and not math.isfinite(signs.losses[-1]):
        return [f"the loss before step {signs.step:,} is no number"]
    loss, lines = recent_loss(signs), [("nothing", signs.ln_v), ("frequencies", signs.unigram), ("pairs", signs.bigram)]
    known = ", ".join(f"{what} {line:.3f}" for what, line in lines if math.isfinite(line))
    told = [] if loss is None else [f"loss {loss:.3f}; knowing {known}"]
    return [*told, _update(signs), *_unsettled(signs)]


def _over(signs: Signs) -> list[str]:
    known = [e for e in signs.evaluations if math.isfinite(e.train) and math.isfinite(e.val)]
    if not known:
        return ["nothing has been evaluated"]
    best = min(known, key=lambda e: e.val)
    last = [e for e in known if e.step > best.step][-RISES:]
    if not last:
        return [f"val {best.val:.3f} at step {best.step:,} is the newest and the best"]
    return [
        f"val {' → '.join(f'{e.val:.3f}' for e in [best, *last])}, the first at step {best.step:,}, the best",
        f"train {' → '.join(f'{e.train:.3f}' for e in [best, *last])}",
    ]


def _low(signs: Signs) -> list[str]:
    return [_update(signs), *_phase(signs), *_unsettled(signs)]


def _still(signs: Signs) -> list[str]:
    found = trend(signs)
    told = [f"fewer than {SETTLED} steps in the last fifth, or since the last change"]
    if found is not None:
        told = [f"since step {found.begin:,} the loss changed by {found.change:+.3f} nats, known to ±{found.error:.3f}"]
    if signs.lr is not None and signs.highest_lr is not None:
        decayed = f"underfitting at a rate below {rate_text(DECAYED * signs.highest_lr)}"
        if_so = f"if val − train < {NO_GAP:g} and train > {HIGH * signs.ln_v:.2f}"
        told.append(f"rate {rate_text(signs.lr)}; {decayed}, {if_so}")
    loss = recent_loss(signs)
    learned = [f"not where all is learned: the loss is {loss:.2g}"] if loss is not None and loss < FLAT else []
    return [*told, *learned, *_phase(signs)]


def _update(signs: Signs) -> str:
    farthest = farthest_update(signs)
    since = f"since step {signs.settled:,}"
    if farthest is None:
        return f"no update has been measured {since}"
    return f"{since} an update was at most {share_text(farthest)} of the weights"


def _phase(signs: Signs) -> list[str]:
    """Where the schedule means the rate to be low, and the loss to stand still."""
    if signs.rising:
        return ["not in a warm-up, and that goes on"]
    return ["not where the schedule ends, and it is about to"] if signs.ending else []


def _unsettled(signs: Signs) -> list[str]:
    ago = signs.step - signs.settled
    return [] if ago >= SETTLED else [f"too early: {ago:,} of {SETTLED} steps since the last change"]


_RULES: tuple[tuple[str, str, Callable[[Signs], Diagnosis | None], Callable[[Signs], list[str]]], ...] = (
    (
        "fresh optimizer",
        f"for {SETTLED} steps after the optimizer lost its state",
        fresh_optimizer,
        _fresh,
    ),
    (
        "rate too high",
        f"nothing learned by updates beyond {TOO_FAR:g}, or all lost",
        too_high,
        _high,
    ),
    (
        "overfitting",
        f"val {RISES} times {ABOVE_BEST:g} above best, {RISEN:g} at last; train {FALLEN:g} below",
        overfitting,
        _over,
    ),
    (
        "rate too low",
        f"no update is more than {share_text(TOO_NEAR)} of the weights",
        too_low,
        _low,
    ),
    (
        "plateau, or underfitting",
        f"no fall of {FLAT:g} nats, known to ±{KNOWN:g}",
        flat,
        _still,
    ),
)
