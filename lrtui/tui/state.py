"""What the screens know of one run: folded from its directory alone, without Textual; every pixel is a function of it."""

from dataclasses import dataclass
from typing import Any, Literal

from lrtui.lr.rate import Rate
from lrtui.messages import Event
from lrtui.runs.events import SampleLine
from lrtui.runs.history import History
from lrtui.tui.buckets import Numbers

#: opening: no event yet · dead: nobody trains it, and it said no last word
Condition = Literal["opening", "training", "paused", "finished", "stopped", "dead"]
Level = Literal["info", "change", "good", "warning", "error"]


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of the log: what happened at `step`, as safe text on one line."""

    step: int
    text: str
    level: Level = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one look at a run's directory found, since the look before.

    `now` is a monotonic clock in seconds. `numbers` and `history` are the whole so far; `events` and `samples` are new,
    in their order. `ending` explains the death of a worker, line by line; empty while it lives or told its end itself.
    """

    now: float
    live: bool
    config: dict[str, Any]
    numbers: Numbers
    history: History
    events: tuple[Event, ...] = ()
    samples: tuple[SampleLine, ...] = ()
    ending: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """Everything a screen shows of a run.

    `config` is the run's config.toml as plain tables. `step` of `total` are trained, at `speed` steps a second, with
    `eta` seconds to go. `rate` is the schedule with every live edit, None before the run has begun. `lr` and
    `grad_norm` are those of the last step, `train_loss` the mean of the last steps, losses in nats. `samples` and `log`
    are the newest, oldest first.
    """

    name: str
    config: dict[str, Any]
    numbers: Numbers
    history: History
    condition: Condition = "opening"
    rate: Rate | None = None
    step: int = 0
    total: int = 0
    speed: float | None = None
    eta: float | None = None
    train_loss: float | None = None
    val_loss: float | None = None
    lr: float | None = None
    grad_norm: float | None = None
    badge: str = "exact"
    samples: tuple[SampleLine, ...] = ()
    log: tuple[LogLine, ...] = ()
    ending: tuple[str, ...] = ()
