"""Which samples belong to the branch that was kept, where training went back by an undo, a rollback or a resume."""

from collections.abc import Sequence

from lrtui.messages import Rewound
from lrtui.runs.events import SampleLine

LEFT_BEHIND = "left behind"


def eras_of(samples: Sequence[SampleLine], rewinds: Sequence[Rewound], known: int) -> list[int]:
    """How many of `rewinds` came before each of `samples`, which are new; `known` did at the look before.

    A sample names only its step. Where rewinds are new, too, each is taken for as early as that allows: one at a step
    that the branch never reached, or that is not after the sample before it, was made after a rewind.
    """
    eras: list[int] = []
    era, before = min(known, len(rewinds)), -1
    for sample in samples:
        while era < len(rewinds) and (sample.step > rewinds[era].step or sample.step <= before):
            before = rewinds[era].to - 1
            era += 1
        before = sample.step
        eras.append(era)
    return eras


def left_behind(samples: Sequence[SampleLine], eras: Sequence[int], rewinds: Sequence[Rewound]) -> tuple[bool, ...]:
    """Of each sample, whether a later rewind took back the steps it was generated from."""
    return tuple(
        any(sample.step > rewind.to for rewind in rewinds[era:])
        for sample, era in zip(samples, (*eras, *[len(rewinds)] * len(samples)), strict=False)
    )
