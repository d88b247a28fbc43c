"""The formulas behind `Schedule`: each shape is a function s → rate of the steps after warm-up, one room per formula.

A shape is made once from a schedule's parameters, with everything derived computed then, and called at every step.
"""

import math
import sys
from bisect import bisect_right
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lrtui.lr.schedule import Schedule

#: how a decay to zero may look: `schedule.decay_shape` and the shape of a cool-down
DECAY_SHAPES: tuple[str, ...] = ("linear", "cosine", "sqrt")

#: s = S begins a new piece of these, so what they hold at the end is the value of the step before
_JUMPS = {"step", "sgdr", "one_cycle"}


def decay_factor(shape: str, t: float) -> float:
    """The way from 1 (t ≤ 0) to 0 (t ≥ 1): linear, cosine, or sqrt = 1 − √t (Hägele et al. 2024)."""
    if t <= 0.0:
        return 1.0
    if t >= 1.0:
        return 0.0
    if shape == "linear":
        return 1.0 - t
    return 0.5 * (1.0 + math.cos(math.pi * t)) if shape == "cosine" else 1.0 - math.sqrt(t)


_Shape = Callable[[int], float]


def compiled(c: "Schedule") -> _Shape:
    """The function step → rate: linear warm-up from warmup_start·base to the shape's first value, then the shape."""
    shape = _SHAPES[c.kind](c)
    warmup = c.warmup
    last = c.after_warmup - (c.kind in _JUMPS) if c.depends_on_total else sys.maxsize
    if not warmup and last == sys.maxsize:
        return shape
    start = c.warmup_start * c.base
    rise = shape(0) - start

    def rate(step: int) -> float:
        if step < warmup:
            return start + rise * (step / warmup)
        s = step - warmup
        return shape(s if s < last else last)

    return rate


def _constant(c: "Schedule") -> _Shape:
    return lambda s: c.base


def _power(base: float, gamma: float, n: int) -> float:
    """base·gammaⁿ, kept finite: a growing exponential must not raise or become infinite."""
    try:
        return min(base * gamma**n, sys.float_info.max)
    except OverflowError:
        return sys.float_info.max


def _step(c: "Schedule") -> _Shape:
    gamma, every = c.gamma or 0.1, c.every or max(1, c.after_warmup // 3)
    return lambda s: _power(c.base, gamma, s // every)


def _multistep(c: "Schedule") -> _Shape:
    gamma, milestones = c.gamma or 0.1, sorted(c.milestones)
    return lambda s: _power(c.base, gamma, bisect_right(milestones, s))


def _decay_to_a_hundredth(c: "Schedule") -> float:
    return c.gamma or 0.01 ** (1.0 / c.after_warmup)


def _exponential(c: "Schedule") -> _Shape:
    gamma = _decay_to_a_hundredth(c)
    return lambda s: _power(c.base, gamma, s)


def _linear(c: "Schedule") -> _Shape:
    span, total = c.end - c.base, c.after_warmup
    return lambda s: c.base + span * (s / total) if s < total else c.end


def cosine_between(start: float, end: float, t: float) -> float:
    return end + 0.5 * (start - end) * (1.0 + math.cos(math.pi * t))


def _cosine(c: "Schedule") -> _Shape:
    total = c.after_warmup
    return lambda s: cosine_between(c.base, c.end, s / total)


def _sgdr(c: "Schedule") -> _Shape:
    """Cosine with warm restarts (Loshchilov & Hutter 2016); cycle i is cycle·multⁱ long, real-valued where mult is."""
    first = c.cycle or max(1, c.after_warmup // 3)
    mult = min(c.cycle_mult, 1e12)  # beyond, the second cycle has no end anyway, and powers overflow

    def start_of(i: int) -> float:
        return first * (mult**i - 1.0) / (mult - 1.0)

    def rate(s: int) -> float:
        if mult <= 1.0:
            i, t = s // first, (s % first) / first
        else:
            i = int(math.log1p(s * (mult - 1.0) / first) / math.log(mult))
            while start_of(i + 1) <= s:  # the logarithm may fall just short of a restart
                i += 1
            t = (s - start_of(i)) / (first * mult**i)
        return cosine_between(max(c.end, _power(c.base, c.cycle_decay, i)), c.end, t)

    return rate


def _cyclical(c: "Schedule") -> _Shape:
    """low → base → low (Smith 2015); the peak stays, halves by cycle (triangular2) or decays by gammaˢ (exp_range)."""
    half = c.half or max(1, c.after_warmup // 6)
    low = c.base / 10.0 if c.low is None else c.low
    height, gamma, period, kind = c.base - low, _decay_to_a_hundredth(c), 2 * half, c.kind

    def rate(s: int) -> float:
        cycle, place = divmod(s, period)
        way = height * (min(place, period - place) / half)
        if kind == "triangular2":
            way = math.ldexp(way, -cycle)
        elif kind == "exp_range":
            way = _power(way, gamma, s)
        return low + way

    return rate


def one_cycle_phase(c: "Schedule", s: int) -> tuple[bool, float]:
    """(still rising?, the way through that phase in 0…1); the peak is at pct·S − 1, the end at S − 1, as in torch."""
    peak = c.pct * c.after_warmup - 1.0
    if s <= peak:
        return True, s / peak if peak > 0.0 else 1.0
    return False, (s - peak) / (c.after_warmup - 1.0 - peak)


def _one_cycle(c: "Schedule") -> _Shape:
    """Two cosines (Smith & Topin 2017). `final_div` divides base; torch's final_div_factor divides base/div."""
    first, final = c.base / c.div, c.base / c.final_div

    def rate(s: int) -> float:
        rising, t = one_cycle_phase(c, s)
        return cosine_between(first, c.base, t) if rising else cosine_between(c.base, final, t)

    return rate


def _wsd(c: "Schedule") -> _Shape:
    """Warm-up, stable, decay over the last `decay` steps (Hu et al. 2024)."""
    decay = min(c.decay or max(1, c.after_warmup // 5), c.after_warmup)
    stable, span = c.after_warmup - decay, c.base - c.end
    return lambda s: c.base if s <= stable else c.end + span * decay_factor(c.decay_shape, (s - stable) / decay)


def _inverse_sqrt(c: "Schedule") -> _Shape:
    """base·√(w/max(step, w)) with w = warmup, or 1 without (Vaswani et al. 2017, scaled so that the peak is base)."""
    w = max(1, c.warmup)
    return lambda s: c.base * math.sqrt(w / max(s + c.warmup, w))


_SHAPES: dict[str, "Callable[[Schedule], _Shape]"] = {
    "constant": _constant,
    "step": _step,
    "multistep": _multistep,
    "exponential": _exponential,
    "linear": _linear,
    "cosine": _cosine,
    "sgdr": _sgdr,
    "triangular": _cyclical,
    "triangular2": _cyclical,
    "exp_range": _cyclical,
    "one_cycle": _one_cycle,
    "wsd": _wsd,
    "inverse_sqrt": _inverse_sqrt,
    "plateau": _constant,
}
