"""The commands and events of a sweep: many rates and seeds trained side by side, the worse of them cut.

Part of the vocabulary in `lrtui.messages`, and imported from there. A *lane* is one rate with one seed; lanes are
numbered rate by rate, from 0.
"""

import msgspec

from lrtui.lr.schedule import Schedule
from lrtui.message import Command, Event


class Kill(Command, frozen=True):
    """Cut a lane by hand; its share of the compute goes to the others."""

    lane: int


class Keep(Command, frozen=True):
    """Let no rung prune the rate of a lane."""

    lane: int


class Promote(Command, frozen=True):
    """Make a run of its own of a lane (default: the best one), with its state, ledger and history."""

    lane: int | None = None
    name: str | None = None


class Prune(Command, frozen=True):
    """Successive halving from here: the best 1/eta of the rates go on at each of `rungs` (default: steps/eta^k).

    An `eta` of 0 prunes no more.
    """

    eta: int
    rungs: list[int] = []


class LaneRow(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a lane. `state` is training, done, pruned, killed or diverged.

    `died` is how many steps it had trained when it was cut, and `rung` the number of the rung (from 1) that pruned it.
    `loss` is its training loss, smoothed over about 50 steps, now or when it was cut; `val` its last validation loss.
    """

    lane: int
    rate: float
    seed: int
    state: str = "training"
    loss: float | None = None
    val: float | None = None
    died: int | None = None
    rung: int | None = None
    kept: bool = False


class RateRow(msgspec.Struct, frozen=True, kw_only=True):
    """One rate over its seeds: `loss` and `val` are means of those that were not lost, the spreads their deviations.

    `steps` is how far its farthest lane came, `seeds` how many of its lanes are in the means, `lost` how many diverged.
    """

    rate: float
    state: str
    steps: int
    seeds: int
    lost: int
    loss: float | None
    val: float | None
    loss_spread: float | None
    val_spread: float | None


class SweepStarted(Event, frozen=True, kw_only=True):
    """`mode` says how lanes train: lanes (as one batched program), turns (one after another) or processes (several).

    `because` says why so; `chunk` is how many steps lie between two boundaries at most.
    """

    run: str
    rates: list[float]
    seeds: list[int]
    eta: int
    rungs: list[int]
    mode: str
    because: str
    chunk: int
    parameters: int
    steps: int
    vocabulary: int
    corpus: str
    corpus_sha256: str
    baselines: dict[str, float]
    fingerprint: dict[str, str]
    schedule: Schedule


class SweepResumed(Event, frozen=True, kw_only=True):
    """`badge` is `exact` or `continued: <what differs>`; `entries` are the changes by hand that came along."""

    run: str
    badge: str
    rates: list[float]
    seeds: list[int]
    steps: int
    entries: int
    fingerprint: dict[str, str]
    skipped: list[str] = []


class LanesStepped(Event, frozen=True, kw_only=True):
    """A block of `n` steps beginning at `step`, of each lane in `lanes`: one value a step.

    A lane that was lost in it has fewer.
    """

    n: int
    lanes: list[int]
    loss: list[list[float | None]]
    lr: list[list[float]]
    grad_norm: list[list[float | None]]


class LanesEvaluated(Event, frozen=True, kw_only=True):
    lanes: list[int]
    val_losses: list[float | None]


class LanesCut(Event, frozen=True, kw_only=True):
    """`lanes` train no more. `cause` is diverged, pruned or killed; the other lists have one place for each.

    `died` is after how many steps, `losses` the smoothed training losses then; `left` lanes go on. `replayed` marks a
    cut by hand that the log already holds and that a resume carried out again.
    """

    lanes: list[int]
    cause: str
    died: list[int]
    losses: list[float | None]
    left: int
    rung: int | None = None
    reason: str = ""
    replayed: bool = False


class LaneKept(Event, frozen=True, kw_only=True):
    lane: int
    replayed: bool = False


class PruningChanged(Event, frozen=True, kw_only=True):
    eta: int
    rungs: list[int]
    replayed: bool = False


class LanePromoted(Event, frozen=True, kw_only=True):
    """The state of a lane became the run `run`, which goes on from there; `at` is the step of that state."""

    lane: int
    run: str
    at: int


class Swept(Event, frozen=True, kw_only=True):
    """A sweep ended: its lanes, its rates, and of the rates that lasted the one with the least mean validation loss.

    `winner` is the best lane of that rate; both are None where every lane was lost.
    """

    table: list[LaneRow]
    rates: list[RateRow]
    winner: int | None
    rate: float | None
    seconds: float = 0.0
