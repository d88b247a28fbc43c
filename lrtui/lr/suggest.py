"""Rules that read a learning rate off a range test: each is a function (lrs, losses) → rate, or a refusal in words.

`valley`, `minimum`, `steep` and `slide` are fastai's, `lightning_linear` is Lightning's, all on smoothed losses that
went through `trimmed`, as there. None of them is safe by itself; `lrtui.lr.verdict` weighs them. A loss that is not
finite ends what a rule looks at, so it never becomes a suggestion.
"""

import math
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

Numbers = Sequence[float]
#: what a screen may offer to do about a refusal: raise or lower an end of the range, try more points
Remedy = Literal["", "raise", "lower", "points"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no suggestion, and what to do about it: in words, and as something a screen can offer."""

    reason: str
    hint: str = ""
    remedy: Remedy = ""

    @property
    def sentence(self) -> str:
        return f"{self.reason}: {self.hint}" if self.hint else self.reason


Answer = float | Refusal
TOO_FEW = Refusal("too few points", "try more points, or lower the upper end", "points")
NO_DESCENT = Refusal("no descent", "lower the lower end, or the model cannot learn", "lower")
#: the same of a model that needs no other range, but has little left to learn
LEARNED = Refusal(
    "no descent",
    "the model has learned already; a range test tells of a rate for further learning only where the loss still falls",
)


def finite(lrs: Numbers, losses: Numbers) -> tuple[Numbers, Numbers]:
    """Both up to the first loss that is not finite."""
    end = next((i for i, loss in enumerate(losses) if not math.isfinite(loss)), len(losses))
    return lrs[:end], losses[:end]


def trimmed(lrs: Numbers, losses: Numbers, points: int) -> tuple[Numbers, Numbers]:
    """What fastai looks at: without the first tenth of the `points` planned, the last 5 measured, and what follows NaN.

    The first are the warm-up of the average, the last are the blow-up.
    """
    begin, end = points // 10, len(losses) - 5
    return finite(lrs[begin:end], losses[begin:end]) if end > begin else ((), ())


def valley(lrs: Numbers, losses: Numbers) -> Answer:
    """Halfway into the middle third of the longest valley: the longest strictly decreasing subsequence."""
    lrs, losses = finite(lrs, losses)
    if len(losses) < 3:
        return TOO_FEW
    end = length = 0
    tails: list[float] = []  # of the best subsequence of each length, the last loss, negated so that they ascend
    for i, loss in enumerate(losses):
        place = bisect_left(tails, -loss)
        tails[place : place + 1] = [-loss]
        if place + 1 > length:
            end, length = i, place + 1
    if length < 2:
        return NO_DESCENT
    start = end - length
    third = (end - start) / 3
    return lrs[max(0, start + int(third) + int(third / 2))]


def minimum(lrs: Numbers, losses: Numbers) -> Answer:
    """A tenth of the rate with the least loss; that may be below all rates tested."""
    lrs, losses = finite(lrs, losses)
    if len(losses) < 2:
        return TOO_FEW
    return lrs[min(range(len(losses)), key=losses.__getitem__)] / 10


def steep(lrs: Numbers, losses: Numbers) -> Answer:
    """Where the loss falls fastest over log rate."""
    lrs, losses = finite(lrs, losses)
    if len(losses) < 2:
        return TOO_FEW
    slopes = [(losses[i + 1] - losses[i]) / (math.log(lrs[i + 1]) - math.log(lrs[i])) for i in range(len(losses) - 1)]
    least = min(range(len(slopes)), key=slopes.__getitem__)
    return lrs[least] if slopes[least] < 0 else NO_DESCENT


def slide(lrs: Numbers, losses: Numbers, lr_diff: int = 15, threshold: float = 0.005, adjust: float = 1.0) -> Answer:
    """From the blow-up, slide an interval of `lr_diff` points down until the slope is the same at both its ends."""
    lrs, losses = finite(lrs, losses)
    if len(losses) <= lr_diff:
        return TOO_FEW
    slope = gradient(losses)
    left = len(losses) - 1 - lr_diff
    found = lrs[left]
    while left >= 0 and abs(slope[left + lr_diff] - slope[left]) > threshold:
        found = lrs[left]
        left -= 1
    return found * adjust


def lightning_linear(lrs: Numbers, losses: Numbers) -> Answer:
    """Where the loss falls fastest over the rate itself, as Lightning ≥ 2.5.3 has it: about the window's start."""
    lrs, losses = finite(lrs, losses)
    if len(losses) < 2:
        return TOO_FEW
    slope = gradient(losses, lrs)
    least = min(range(len(slope)), key=slope.__getitem__)
    return lrs[least] if slope[least] < 0 else NO_DESCENT


def gradient(values: Numbers, at: Numbers | None = None) -> list[float]:
    """Central differences of second order over the places `at` (default: 0, 1, 2 …), one-sided at the ends."""
    at = range(len(values)) if at is None else at
    last = len(values) - 1
    slopes = [(values[1] - values[0]) / (at[1] - at[0])]
    for i in range(1, last):
        before, after = at[i] - at[i - 1], at[i + 1] - at[i]
        rise = before * before * (values[i + 1] - values[i]) + after * after * (values[i] - values[i - 1])
        slopes.append(rise / (before * after * (before + after)))
    return [*slopes, (values[last] - values[last - 1]) / (at[last] - at[last - 1])] if last > 0 else slopes


#: the rules of the libraries, by name, in the order of the table
RULES: dict[str, Callable[[Numbers, Numbers], Answer]] = {
    "valley": valley,
    "minimum": minimum,
    "slide": slide,
    "steep": steep,
    "lightning_linear": lightning_linear,
}
