"""A race as its events tell it, made by hand: three lanes forked at step 400, the third of which is lost."""

import math

from lrtui.messages import Event, Raced, RaceKept, RaceLane, RaceStarted, RaceStepped
from lrtui.tui.races import Races, fold

STEPS, EVERY = 200, 2
FACTORS = (1.0, 0.3, 10.0)
DIED = 60
SAMPLES = (
    "KING RICHARD:\nWhat say you to the morrow, and the rest of it?",
    "QUEEN:\nThe morrow is a day as any other day, and shall be so.",
    "",
)


def loss(factor: float, step: int) -> float:
    """A curve of its own for each factor, with the noise of the batches in common."""
    noise = 0.03 * math.sin(step * 1.7) + 0.02 * math.sin(step * 0.31)
    if factor > 5:
        return round(1.5 + (step / DIED) ** 3 + noise, 4)
    return round(1.5 - 0.2 * (1 - math.exp(-step * factor / 90)) * (0.6 if factor == 1 else 1.2) + noise, 4)


def curve(factor: float, first: int, until: int) -> list[float | None]:
    """Points `first` … `until`; the lost lane ends where it was lost."""
    last = DIED // EVERY if factor > 5 else until
    return [loss(factor, (i + 1) * EVERY) for i in range(first, min(until, last))]


def lanes(done: int, samples: bool = False, val: bool = False) -> list[RaceLane]:
    rows = []
    for factor, sample in zip(FACTORS, SAMPLES, strict=True):
        lost = factor > 5 and done >= DIED
        rows.append(
            RaceLane(
                factor=factor,
                lr=2e-3 * factor,
                loss=None if lost or not done else loss(factor, done),
                val=1.6 - 0.01 / factor if val and not lost else None,
                died=DIED if lost else None,
                sample=sample if samples else "",
            )
        )
    return rows


STARTED = RaceStarted(400, steps=STEPS, asked=STEPS, every=EVERY, lanes=lanes(0))


def stepped(first: int, until: int, samples: bool = True) -> RaceStepped:
    """The points `first` … `until` as they come."""
    curves = [curve(factor, first, until) for factor in FACTORS]
    return RaceStepped(400, done=until * EVERY, first=first, curves=curves, lanes=lanes(until * EVERY, samples))


RACED = Raced(
    400,
    done=STEPS,
    every=EVERY,
    curves=[curve(factor, 0, STEPS // EVERY) for factor in FACTORS],
    lanes=lanes(STEPS, True, True),
    leader=2,
)
KEPT = RaceKept(400, lane=2, factor=0.3, at=600)


def races(*events: Event) -> Races:
    return fold(Races(), events, over=False)
