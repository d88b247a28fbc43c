"""What is wrong with a run, in one line, with what to do about it: rules over plain numbers, none of them certain.

The rules come in the order of what must be known first, and the first one that fits speaks.
"""

import math
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from lrtui.quantities import share_text

Sign = Literal["fresh optimizer", "rate too high", "overfitting", "rate too low", "underfitting", "plateau"]

#: steps that a change of the rate, or a fresh optimizer, takes to show
SETTLED = 200
#: nats below knowing nothing, or only how frequent the characters are, at which a model has learned something
LEARNED = 0.05
#: |update| / |weights|: above, a step throws the weights about; below, it hardly moves them
TOO_FAR, TOO_NEAR = 1e-1, 1e-5
#: the same, beyond which nothing is left of the weights, and more than a little must have been learned since
WRECKED = 1.0
#: nats above knowing nothing at which what was learned has been lost, however small the updates are by now
LOST = 0.5
#: the share of the steps, at the end, in which a plateau is looked for, and the parts it is cut into
WINDOW, PARTS = 0.2, 20
#: nats: a fall over the window that is none, and how well (twice its standard error) it must be known
FLAT, KNOWN = 0.02, 0.05
#: evaluations in a row after which val has risen, and the nats by which they are above its best
RISES, ABOVE_BEST = 3, 0.01
#: nats by which, in the end, val has risen and train has fallen since then
RISEN, FALLEN = 0.03, 0.02
#: the share of the highest rate below which a rate has been decayed
DECAYED = 0.2
#: nats between val and train within which a model is too small to overfit, and the share of ln V that is a high loss
NO_GAP, HIGH = 0.1, 0.2

#: what to press: ids of keys and the keys they have unless the user says otherwise
KEYS: dict[str, str] = {"decay": "d", "find": "f", "double": "]"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    step: int
    train: float
    val: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """The numbers of a run at `step`, of its surviving branch alone.

    `steps` and `losses` are the training losses (means over several steps will do), ascending; NaN is a loss that was
    no number. `updates` are (step, |update| / |weights|). `lr` is the present rate, `highest_lr` the highest one yet.
    `settled` is the step of the last change by hand or by itself, `fresh_optimizer` that at which
    the optimizer lost its state: weights alone were resumed, or it was thrown away.
    `rising`: the schedule is in its warm-up; `ending`: it is about to end at next to nothing, or cools down.
    `ln_v` is the loss of knowing nothing, `unigram` that of knowing frequencies, `bigram` that of knowing pairs, NaN
    where they are not known.
    """

    step: int
    ln_v: float
    unigram: float = math.nan
    bigram: float = math.nan
    steps: Sequence[int] = ()
    losses: Sequence[float] = ()
    evaluations: Sequence[Evaluation] = ()
    updates: Sequence[tuple[int, float]] = ()
    lr: float | None = None
    highest_lr: float | None = None
    settled: int = 0
    fresh_optimizer: int | None = None
    rising: bool = False
    ending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """`sentence` says what is the matter; `advice` is (words, id of a key) each; `numbers` what it was read from."""

    sign: Sign
    sentence: str
    advice: tuple[tuple[str, str], ...] = ()
    numbers: tuple[str, ...] = ()

    def line(self, keys: Mapping[str, str] = KEYS) -> str:
        """One line with the keys to press, such as `plateau since 800: decay (d)`."""
        told = [f"{words} ({keys[key]})" if key in keys else words for words, key in self.advice]
        return f"{self.sentence}: {' or '.join(told)}" if told else self.sentence


def diagnose(signs: Signs) -> Diagnosis | None:
    """The first rule that fits; None: nothing is known to be wrong."""
    for rule in RULES:
        if found := rule(signs):
            return found
    return None


def fresh_optimizer(signs: Signs) -> Diagnosis | None:
    """The optimizer's state is younger than the model."""
    since = signs.fresh_optimizer
    if since is None or not since <= signs.step < since + SETTLED:
        return None
    return Diagnosis(
        sign="fresh optimizer",
        sentence="fresh optimizer state: expect a bump",
        numbers=(f"the optimizer's state begins at step {since:,}, {signs.step - since:,} steps ago",),
    )


def too_high(signs: Signs) -> Diagnosis | None:
    """Nothing learned by updates that throw the weights about, or far less than that; or a loss that is no number."""
    advice = (("try the range test", "find"), ("decay", "decay"))
    if signs.losses and not math.isfinite(signs.losses[-1]):
        lost = (f"the loss before step {signs.step:,} is no number",)
        return Diagnosis(sign="rate too high", sentence="rate too high", advice=advice, numbers=lost)
    loss, farthest = recent_loss(signs), farthest_update(signs)
    if loss is None or farthest is None or signs.step < signs.settled + SETTLED or farthest < TOO_NEAR:
        return None
    for what, line in _lines_to_reach(signs, farthest):
        if loss > line:
            numbers = (
                f"after {signs.step:,} steps the loss is {loss:.3f}; {what}",
                f"an update moved the weights by {share_text(farthest)} of their length; {TOO_FAR:g} is far",
            )
            return Diagnosis(sign="rate too high", sentence="rate too high", advice=advice, numbers=numbers)
    return None


def _lines_to_reach(signs: Signs, farthest: float) -> Iterator[tuple[str, float]]:
    """Losses that a model is below by now, in words, unless updates as far as `farthest` have kept it from learning."""
    yield f"knowing nothing is {signs.ln_v:.3f}", signs.ln_v + LOST
    if farthest > TOO_FAR:
        yield f"knowing nothing is {signs.ln_v:.3f}", signs.ln_v - LEARNED
        yield f"knowing only how frequent characters are is {signs.unigram:.3f}", signs.unigram - LEARNED
    if farthest > WRECKED:
        half = (signs.unigram + signs.bigram) / 2
        yield f"half of what pairs of characters tell is {half:.3f}", half


def overfitting(signs: Signs) -> Diagnosis | None:
    """Validation rises while training falls: since its best, by the mean, as single evaluations scatter."""
    known = [e for e in signs.evaluations if math.isfinite(e.train) and math.isfinite(e.val)]
    best = min(known, key=lambda e: e.val, default=None)
    since = [e for e in known if best is not None and e.step > best.step]
    last = since[-RISES:]
    if best is None or len(last) < RISES:
        return None
    rising = all(e.val > best.val + ABOVE_BEST for e in last) and last[-1].val > best.val + RISEN
    if not rising or last[-1].train > best.train - FALLEN:
        return None
    last = [best, *last]
    return Diagnosis(
        sign="overfitting",
        sentence=f"overfitting since step {best.step:,}, the best checkpoint",
        numbers=(
            f"val {' → '.join(f'{e.val:.3f}' for e in last)}, the first at step {best.step:,}, the best",
            f"train {' → '.join(f'{e.train:.3f}' for e in last)}",
        ),
    )


def too_low(signs: Signs) -> Diagnosis | None:
    """Updates that hardly move the weights, though the schedule means them to."""
    ratios = [ratio for step, ratio in signs.updates if step >= signs.settled]
    if signs.rising or signs.ending or not ratios or signs.step < signs.settled + SETTLED or max(ratios) >= TOO_NEAR:
        return None
    moved = f"an update moves the weights by {share_text(ratios[-1])} of their length"
    numbers = [f"{moved}; {share_text(TOO_NEAR)} is next to nothing"]
    if loss := recent_loss(signs):
        numbers.append(f"after {signs.step:,} steps the loss is {loss:.3f}; knowing nothing is {signs.ln_v:.3f}")
    return Diagnosis(
        sign="rate too low", sentence="rate too low", advice=(("raise it", "double"),), numbers=tuple(numbers)
    )


def flat(signs: Signs) -> Diagnosis | None:
    """The loss stands still: a plateau, or after a decay, a model that is too small for its text."""
    if signs.rising or signs.ending or signs.step < SETTLED:
        return None
    loss, found = recent_loss(signs), trend(signs)
    if loss is not None and loss < FLAT:
        return None  # there is nothing left to fall
    # of losses beyond all reason neither is a number
    if found is None or not found.error <= KNOWN or not -found.change <= min(FLAT, found.error):
        return None
    numbers = (f"since step {found.begin:,} the loss changed by {found.change:+.3f} nats, known to ±{found.error:.3f}",)
    if signs.lr is not None and signs.highest_lr is not None and signs.lr <= DECAYED * signs.highest_lr:
        return _underfitting(signs, numbers)
    return Diagnosis(
        sign="plateau", sentence=f"plateau since {found.begin:,}", advice=(("decay", "decay"),), numbers=numbers
    )


def _underfitting(signs: Signs, numbers: tuple[str, ...]) -> Diagnosis | None:
    if not signs.evaluations:
        return None
    last = signs.evaluations[-1]
    if not (last.val - last.train < NO_GAP and last.train > HIGH * signs.ln_v):
        return None
    return Diagnosis(
        sign="underfitting",
        sentence="underfitting: a larger model",
        numbers=(
            *numbers,
            f"train {last.train:.3f} and val {last.val:.3f} are both high, and the rate has been decayed",
        ),
    )


RULES: tuple[Callable[[Signs], Diagnosis | None], ...] = (fresh_optimizer, too_high, overfitting, too_low, flat)


@dataclass(frozen=True, slots=True)
class Trend:
    """Since step `begin` the loss has changed by `change` nats, known to ± `error`, twice its standard error."""

    begin: int
    change: float
    error: float


def trend(signs: Signs) -> Trend | None:
    """How the loss moves in the last fifth of the steps, or since the last change; None while those are too few."""
    begin = max(int(signs.step * (1 - WINDOW)), signs.settled)
    parts = _parts(signs, begin)
    if signs.step - begin < SETTLED or len(parts) < PARTS // 2:
        return None
    change, error = _slope(parts)
    return Trend(begin, change, 2 * error)


def recent_loss(signs: Signs) -> float | None:
    """The mean loss of the last hundred steps or so; None where there is none."""
    first = min(bisect_left(signs.steps, signs.step - SETTLED // 2), max(0, len(signs.steps) - 1))
    recent = [loss for loss in signs.losses[first:] if math.isfinite(loss)]
    return sum(recent) / len(recent) if recent else None


def farthest_update(signs: Signs) -> float | None:
    """The largest |update| / |weights| measured since the last change; None where none was."""
    return max((ratio for step, ratio in signs.updates if step >= signs.settled), default=None)


def _parts(signs: Signs, begin: int) -> list[float]:
    """The mean losses of equal parts of the steps from `begin` on; a part without any is left out."""
    first = bisect_left(signs.steps, begin)
    size = len(signs.steps) - first
    cuts = [first + size * i // PARTS for i in range(PARTS + 1)]
    parts = []
    for a, b in pairwise(cuts):
        known = [loss for loss in signs.losses[a:b] if math.isfinite(loss)]
        if known:
            parts.append(sum(known) / len(known))
    return parts


def _slope(parts: Sequence[float]) -> tuple[float, float]:
    """The change from the first to the last of `parts` by least squares, and its standard error."""
    n, middle = len(parts), (len(parts) - 1) / 2
    mean = sum(parts) / n
    spread = sum((i - middle) ** 2 for i in range(n))
    slope = sum((i - middle) * (value - mean) for i, value in enumerate(parts)) / spread
    off = [value - mean - slope * (i - middle) for i, value in enumerate(parts)]
    left = sum(each * each for each in off)
    return slope * (n - 1), math.sqrt(left / (n - 2) / spread) * (n - 1)
