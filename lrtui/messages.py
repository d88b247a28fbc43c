"""Every command and every event, frozen: the one vocabulary of engine, worker, console and TUI.

Commands are imperative and travel to the engine; events are past tense and travel from it. Both are one JSON object
a line: `{"command": "scale", "factor": 0.1}`, `{"event": "evaluated", "step": 250, …}`. JSON has no NaN, so a number
that is not finite travels as null: fields that may be NaN are `float | None`.
"""

import math
from collections.abc import Sequence
from typing import Any, Union

import msgspec

from lrtui.lab_messages import Confirm as Confirm
from lrtui.lab_messages import Confirmed as Confirmed
from lrtui.lab_messages import ConfirmStepped as ConfirmStepped
from lrtui.lab_messages import Find as Find
from lrtui.lab_messages import RangeStepped as RangeStepped
from lrtui.lab_messages import RangeTested as RangeTested
from lrtui.lr.ledger import Entry
from lrtui.lr.schedule import Schedule
from lrtui.message import Command as Command
from lrtui.message import Event as Event
from lrtui.race_messages import DropRace as DropRace
from lrtui.race_messages import KeepLane as KeepLane
from lrtui.race_messages import Race as Race
from lrtui.race_messages import Raced as Raced
from lrtui.race_messages import RaceDropped as RaceDropped
from lrtui.race_messages import RaceKept as RaceKept
from lrtui.race_messages import RaceLane as RaceLane
from lrtui.race_messages import RaceStarted as RaceStarted
from lrtui.race_messages import RaceStepped as RaceStepped
from lrtui.sweep_messages import Keep as Keep
from lrtui.sweep_messages import Kill as Kill
from lrtui.sweep_messages import LaneKept as LaneKept
from lrtui.sweep_messages import LanePromoted as LanePromoted
from lrtui.sweep_messages import LaneRow as LaneRow
from lrtui.sweep_messages import LanesCut as LanesCut
from lrtui.sweep_messages import LanesEvaluated as LanesEvaluated
from lrtui.sweep_messages import LanesStepped as LanesStepped
from lrtui.sweep_messages import Promote as Promote
from lrtui.sweep_messages import Prune as Prune
from lrtui.sweep_messages import PruningChanged as PruningChanged
from lrtui.sweep_messages import RateRow as RateRow
from lrtui.sweep_messages import SweepResumed as SweepResumed
from lrtui.sweep_messages import SweepStarted as SweepStarted
from lrtui.sweep_messages import Swept as Swept


class Decay(Command, frozen=True):
    """Multiply the rate by the run's `train.decay_factor`."""


class Scale(Command, frozen=True):
    factor: float


class SetRate(Command, frozen=True):
    lr: float


class Hold(Command, frozen=True):
    """Freeze the rate at its present value."""


class Release(Command, frozen=True):
    """Back to the schedule's own value, every live edit dropped."""


class Reshape(Command, frozen=True):
    """A new schedule from here to the end: `[schedule]` keys, and `base` for its rate (default: the present one)."""

    schedule: dict[str, Any]


class ResetOptimizer(Command, frozen=True):
    """Throw the optimizer's state away, on purpose: what a resume from weights alone does, as an experiment."""


class CoolDown(Command, frozen=True):
    """Go to zero over `steps` steps from now, then finish."""

    steps: int
    shape: str = "linear"


class Extend(Command, frozen=True):
    """Train `steps` more. `schedule` is keep, rescale or restart; empty only where the shape ignores the total."""

    steps: int
    schedule: str = ""


class Undo(Command, frozen=True):
    """Return to the exact state before the last change."""


class Pause(Command, frozen=True):
    pass


class Continue(Command, frozen=True):
    pass


class Step(Command, frozen=True):
    """Train `steps` steps, then pause."""

    steps: int = 1


class Save(Command, frozen=True):
    """Write a pinned checkpoint now."""


class Sample(Command, frozen=True):
    """Generate text now; what is left out comes from `[sample]`."""

    prompt: str | None = None
    temperature: float | None = None


class Stop(Command, frozen=True):
    """Save and end the run here."""


class RunStarted(Event, frozen=True, kw_only=True):
    run: str
    parameters: int
    steps: int
    vocabulary: int
    corpus: str
    corpus_sha256: str
    baselines: dict[str, float]
    fingerprint: dict[str, str]
    schedule: Schedule
    script: list[str] = []


class RunResumed(Event, frozen=True, kw_only=True):
    """`badge` is `exact`, `continued: <what differs>` or `weights only`; `entries` of the ledger came along."""

    run: str
    badge: str
    steps: int
    entries: int
    fingerprint: dict[str, str]
    skipped: list[str] = []


class Stepped(Event, frozen=True, kw_only=True):
    """A block of `n` steps beginning at `step`: one value a step and column.

    `update` is the norm of its first step's update over that of the weights, where it was measured: every 100 steps.
    """

    n: int
    loss: list[float | None]
    lr: list[float]
    grad_norm: list[float | None]
    update: float | None = None


class Evaluated(Event, frozen=True, kw_only=True):
    train_loss: float | None
    val_loss: float | None
    best: bool = False


class RateChanged(Event, frozen=True, kw_only=True):
    """A ledger entry took effect; `old` and `new` are the rates at `step`.

    `cause` is user, script, plateau, rollback, race or resume.
    `replayed` marks an entry that the log already holds and that a resume applied again.
    """

    entry: Entry
    old: float
    new: float
    cause: str
    replayed: bool = False
    script: int | None = None


class Rewound(Event, frozen=True, kw_only=True):
    """Training at `step` went back to step `to`, which had `entries` ledger entries, by undo, rollback or resume."""

    to: int
    entries: int
    cause: str
    script: int | None = None


class Diverged(Event, frozen=True, kw_only=True):
    loss: float | None
    reason: str
    action: str


class Sampled(Event, frozen=True, kw_only=True):
    prompt: str
    temperature: float
    text: str
    lane: int = 0


class CheckpointSaved(Event, frozen=True, kw_only=True):
    path: str
    pinned: bool = False
    best: bool = False


class Paused(Event, frozen=True):
    pass


class Continued(Event, frozen=True):
    pass


class CommandRejected(Event, frozen=True, kw_only=True):
    command: str
    reason: str


class ScriptDone(Event, frozen=True, kw_only=True):
    """Line `script` of the `--at` script ran and left no other event: it must not run again after a resume."""

    script: int


class Warned(Event, frozen=True, kw_only=True):
    message: str


class Stopped(Event, frozen=True, kw_only=True):
    """The run ended before its last step; `cause` is a signal's name, `stop` or `diverged`."""

    cause: str
    state_sha256: str
    resume: str


class Finished(Event, frozen=True, kw_only=True):
    train_loss: float | None
    val_loss: float | None
    state_sha256: str
    seconds: float


_COMMANDS = tuple(Command.__subclasses__())
_EVENTS = tuple(Event.__subclasses__())
_encoder = msgspec.json.Encoder()
_event_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(type=Union[_EVENTS])
_command_decoder: msgspec.json.Decoder[Command] = msgspec.json.Decoder(type=Union[_COMMANDS])


def encode(message: Command | Event) -> bytes:
    """One JSON line, without its newline."""
    return _encoder.encode(message)


def carried_out(command: Command, step: int) -> bytes:
    """One JSON line for a command that made no event of its own: the command, and `at` which step it took effect."""
    return _encoder.encode(msgspec.to_builtins(command) | {"at": step})


def decode_event(line: bytes) -> Event:
    """The event of a JSON line. Raises msgspec.ValidationError or msgspec.DecodeError."""
    return _event_decoder.decode(line)


def decode_command(line: bytes) -> Command:
    """The command of a JSON line. Raises msgspec.ValidationError or msgspec.DecodeError."""
    return _command_decoder.decode(line)


def finite_or_none(value: float) -> float | None:
    """JSON's spelling of a number that may be NaN or infinite."""
    return value if math.isfinite(value) else None


def finite_or_nones(values: Sequence[float]) -> list[float | None]:
    """`finite_or_none` of each; looked at together where all of them are finite: this runs for every step of a run."""
    return list(values) if math.isfinite(sum(values)) else [finite_or_none(value) for value in values]
