"""The learning rate as a pure function of the step: every shape of the field, each with linear warm-up.

A `Schedule` is plain data (it travels as JSON inside ledger entries) and a function: `schedule(step)` is the rate of
that step. There is no hidden counter, so a resumed, replayed or previewed run sees the same rates, bit for bit. In the
formulas s = step − warmup and S = steps − warmup; each agrees with torch's scheduler of the same name.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from lrtui.lr.shapes import DECAY_SHAPES, compiled, cosine_between, one_cycle_phase

#: every `schedule.kind`
KINDS: tuple[str, ...] = (
    "constant",
    "step",
    "multistep",
    "exponential",
    "linear",
    "cosine",
    "sgdr",
    "triangular",
    "triangular2",
    "exp_range",
    "one_cycle",
    "wsd",
    "inverse_sqrt",
    "plateau",
)

_ALWAYS_TOTAL = {"linear", "cosine", "one_cycle", "wsd"}
#: kind → the fields that, left out, are derived from the number of steps
_DERIVED_FROM_TOTAL = {
    "step": ("every",),
    "exponential": ("gamma",),
    "sgdr": ("cycle",),
    "triangular": ("half",),
    "triangular2": ("half",),
    "exp_range": ("half", "gamma"),
}


class _Memo:
    """A slot outside the data: it is no field, so it is not compared, printed, encoded or copied."""

    __slots__ = ("_function",)
    _function: Callable[[int], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule(_Memo):
    """The shape of the rate over `steps` steps.

    None: derived. gamma 0.1 (exponential, exp_range: 0.01 over the run), every and cycle S/3, half S/6, decay S/5, low
    base/10, momentum off. Rates are absolute, warmup_start is a share of base, milestones count from the warm-up's end.
    """

    kind: str = "constant"
    base: float
    steps: int
    warmup: int = 0
    warmup_start: float = 0.0
    end: float = 0.0
    gamma: float | None = None
    every: int | None = None
    milestones: tuple[int, ...] = ()
    cycle: int | None = None
    cycle_mult: float = 1.0
    cycle_decay: float = 1.0
    low: float | None = None
    half: int | None = None
    pct: float = 0.3
    div: float = 25.0
    final_div: float = 1e4
    momentum_low: float | None = None
    momentum_high: float | None = None
    decay: int | None = None
    decay_shape: str = "linear"
    factor: float = 0.1
    patience: int = 10
    threshold: float = 1e-4
    cooldown: int = 0

    def __call__(self, step: int) -> float:
        """The rate of `step` ≥ 0. Beyond `steps`, a shape that depends on the total holds its end value."""
        return self.function(step)

    @property
    def function(self) -> Callable[[int], float]:
        """Step → rate, made once: what a call of the schedule calls."""
        try:
            return self._function
        except AttributeError:
            object.__setattr__(self, "_function", compiled(self))
            return self._function

    @property
    def after_warmup(self) -> int:
        """S: the steps after warm-up, at least 1."""
        return max(1, self.steps - self.warmup)

    @property
    def depends_on_total(self) -> bool:
        """Would another number of steps change the rates? Then changing it must be asked, never silent."""
        derived = _DERIVED_FROM_TOTAL.get(self.kind, ())
        return self.kind in _ALWAYS_TOTAL or any(getattr(self, name) is None for name in derived)

    def momentum(self, step: int) -> float | None:
        """The inverse momentum of `one_cycle` (high → low → high); None where it is off."""
        if self.kind != "one_cycle" or self.momentum_low is None or self.momentum_high is None:
            return None
        s = min(max(0, step - self.warmup), self.after_warmup - 1)
        rising, t = one_cycle_phase(self, s)
        if rising:
            return cosine_between(self.momentum_high, self.momentum_low, t)
        return cosine_between(self.momentum_low, self.momentum_high, t)

    def curve(self, n: int) -> list[tuple[int, float]]:
        """(step, rate) at `n` evenly spread steps, the first and the last among them; at every step where n ≥ steps."""
        return [(step, self(step)) for step in spread(0, self.steps, n)]

    def problems(self) -> list[str]:
        """What is wrong with the parameters, each a phrase that begins with the field's name; empty: all is well."""
        positive = ("base", "steps", "gamma", "every", "cycle", "half", "div", "final_div", "decay", "cycle_decay")
        least_zero = ("warmup", "warmup_start", "end", "low", "momentum_low", "momentum_high", "patience", "cooldown")
        found = []
        if self.kind not in KINDS:
            found.append(f"kind must be one of {', '.join(KINDS)}, not {self.kind!r}")
        if self.decay_shape not in DECAY_SHAPES:
            found.append(f"decay_shape must be one of {', '.join(DECAY_SHAPES)}, not {self.decay_shape!r}")
        for name in positive:
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value > 0):
                found.append(f"{name} must be a finite number above 0, not {value}")
        for name in (*least_zero, "threshold"):
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value >= 0):
                found.append(f"{name} must be a finite number of 0 or more, not {value}")
        if not (math.isfinite(self.cycle_mult) and self.cycle_mult >= 1):
            found.append(f"cycle_mult must be a finite number of 1 or more, not {self.cycle_mult}")
        if not 0 <= self.pct <= 1:
            found.append(f"pct must be between 0 and 1, not {self.pct}")
        if not 0 < self.factor < 1:
            found.append(f"factor must be between 0 and 1, not {self.factor}")
        if self.warmup >= self.steps > 0:
            found.append(f"warmup must be shorter than the {self.steps} steps there are, not {self.warmup}")
        return found


def spread(start: int, stop: int, n: int) -> list[int]:
    """`n` evenly spread integers of [start, stop) with the first and the last among them, none twice."""
    last = stop - start - 1
    if n < 1 or last < 0:
        return []
    if n == 1:
        return [start]
    n = min(n, last + 1)
    return [start + i * last // (n - 1) for i in range(n)] if n > 1 else [start]
