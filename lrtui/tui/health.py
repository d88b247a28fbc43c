"""What is told of a run's health: a diagnosis that stays until it has been read, and is not taken back by a hair.

The numbers of a run scatter, so a rule may hold at one look and not at the next. A sign is told once it was found twice
in a row, in the words of the first time, and until it was missing three times in a row. Only what people or the run do
about it (a change of the rate, a step back, an end) is believed at once.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

from lrtui.diagnosis import diagnose_run
from lrtui.lr.diagnose import KEYS as ADVISED
from lrtui.lr.diagnose import Diagnosis
from lrtui.runs.history import History
from lrtui.tui.buckets import Numbers
from lrtui.tui.keys import KEYS, key_of

SECONDS_BETWEEN = 2.0
_FOUND, _MISSING = 2, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """`told` is the diagnosis to show, None where nothing is known to be wrong.

    `found` is what the newest diagnosis says instead, for the `times`-th time in a row; `looked` is when that was, in
    seconds. `situation` is what people and the run have done, `numbers` what the diagnosis was read from.
    """

    told: Diagnosis | None = None
    found: Diagnosis | None = None
    times: int = 0
    looked: float = -math.inf
    situation: tuple[object, ...] = ()
    numbers: Numbers | None = None

    def after(self, now: float, history: History, numbers: Numbers, step: int, *, live: bool) -> Self:
        """The same after a look at `now` seconds; `step` is the next one to train."""
        situation = (history.started, history.changes, history.rewinds, history.inexact, live)
        same = situation == self.situation
        if same and (numbers is self.numbers or now - self.looked < SECONDS_BETWEEN):
            return self
        branch = numbers.branch
        found = diagnose_run(history, branch.step, branch.mean, branch.lr, numbers.updates, end=step)
        health = replace(self, looked=now, situation=situation, numbers=numbers)
        return health._believing(found) if same else replace(health, told=found, found=found, times=0)

    def _believing(self, found: Diagnosis | None) -> Self:
        if _sign(found) == _sign(self.told):
            return replace(self, found=found, times=0)
        times = self.times + 1 if self.times and _sign(found) == _sign(self.found) else 1
        enough = times >= (_FOUND if found else _MISSING)
        return replace(self, told=found if enough else self.told, found=found, times=0 if enough else times)


def _sign(diagnosis: Diagnosis | None) -> str:
    return diagnosis.sign if diagnosis else ""


def advice_keys(keymap: Mapping[str, str]) -> dict[str, str]:
    """The keys that a diagnosis may advise, by their ids, as they are mapped now."""
    ids = {key.id for key in KEYS}
    return {id: key_of(id, keymap) for id in ADVISED if id in ids}
