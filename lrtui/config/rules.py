"""Rules that tie several keys of a configuration together, each a sentence about the key to change.

A rule names every key it looks at: when one of them already has a problem of its own, the rule is not worth telling.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lrtui.config.schema import Config


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that does not hold: the key to blame, every key it depends on, and what must hold."""

    key: str
    keys: tuple[str, ...]
    message: str


def _corpus(c: "Config") -> Iterator[Broken]:
    keys = ("corpus.path", "corpus.name")
    if c.corpus.name is not None and c.corpus.path is not None:
        yield Broken(keys[0], keys, f"give corpus.name or corpus.path, not both (corpus.name is {c.corpus.name!r})")
    if c.corpus.name is None and c.corpus.path is None:
        yield Broken(keys[1], keys, "give corpus.name or corpus.path")


def _model(c: "Config") -> Iterator[Broken]:
    m = c.model
    if m.kind == "gpt" and m.hidden % m.heads:
        keys = ("model.hidden", "model.heads", "model.kind")
        yield Broken(keys[0], keys, f"must be a multiple of model.heads ({m.heads}) for gpt, got {m.hidden}")


def _optim(c: "Config") -> Iterator[Broken]:
    if c.optim.kind == "sgd" and c.optim.nesterov and c.optim.momentum == 0:
        keys = ("optim.nesterov", "optim.momentum", "optim.kind")
        yield Broken(keys[0], keys, "needs optim.momentum > 0, got 0.0")


def _warmup(c: "Config") -> Iterator[Broken]:
    s, steps = c.schedule, c.train.steps
    if s.warmup >= steps:
        yield Broken(
            "schedule.warmup", ("schedule.warmup", "train.steps"), f"must be < train.steps ({steps}), got {s.warmup}"
        )
    elif s.kind == "wsd" and s.decay is not None and s.warmup + s.decay > steps:
        keys = ("schedule.decay", "schedule.warmup", "train.steps", "schedule.kind")
        yield Broken(keys[0], keys, f"must be <= train.steps - schedule.warmup ({steps - s.warmup}), got {s.decay}")


def _rates(c: "Config") -> Iterator[Broken]:
    s, lr = c.schedule, c.optim.lr
    if s.kind in ("linear", "cosine", "sgdr", "wsd") and s.end > lr:
        keys = ("schedule.end", "optim.lr", "schedule.kind")
        yield Broken(keys[0], keys, f"must be <= optim.lr ({lr}), got {s.end}")
    if s.kind in ("triangular", "triangular2", "exp_range") and s.low is not None and s.low > lr:
        keys = ("schedule.low", "optim.lr", "schedule.kind")
        yield Broken(keys[0], keys, f"must be <= optim.lr ({lr}), got {s.low}")


def _kind_needs(c: "Config") -> Iterator[Broken]:
    s = c.schedule
    keys = ("schedule.milestones", "schedule.kind")
    if s.kind == "multistep" and not s.milestones:
        yield Broken(keys[0], keys, "must name at least one step for multistep, got []")
    if s.kind == "multistep" and any(a >= b for a, b in pairwise(s.milestones)):
        yield Broken(keys[0], keys, f"must rise from one to the next, got {list(s.milestones)}")
    if s.kind == "plateau" and c.train.eval_every == 0:
        keys = ("train.eval_every", "schedule.kind")
        yield Broken(keys[0], keys, "must be >= 1 for schedule.kind = 'plateau', got 0")


def _momentum_cycle(c: "Config") -> Iterator[Broken]:
    s = c.schedule
    keys = ("schedule.momentum_low", "schedule.momentum_high", "schedule.kind")
    if s.kind != "one_cycle":
        return
    if (s.momentum_low is None) != (s.momentum_high is None):
        given, other = (keys[1], keys[0]) if s.momentum_low is None else (keys[0], keys[1])
        yield Broken(given, keys, f"needs {other} as well")
    elif s.momentum_low is not None and s.momentum_high is not None and s.momentum_low > s.momentum_high:
        yield Broken(keys[0], keys, f"must be <= schedule.momentum_high ({s.momentum_high}), got {s.momentum_low}")


RULES: tuple[Callable[["Config"], Iterator[Broken]], ...] = (
    _corpus,
    _model,
    _optim,
    _warmup,
    _rates,
    _kind_needs,
    _momentum_cycle,
)


def broken_rules(config: "Config") -> list[Broken]:
    """Every rule that does not hold, in the order of the sections."""
    return [broken for rule in RULES for broken in rule(config)]
