"""Where a run stands, folded from its events: what the bar and the lines show, as numbers that can be tested."""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from lrtui.lr.ledger import Entry
from lrtui.messages import Evaluated, Event, RateChanged, Rewound, RunResumed, RunStarted, Stepped
from lrtui.runs.history import total_steps

_LOSS_MEMORY_STEPS = 50
_SPEED_SECONDS = 15.0


@dataclass(slots=True)
class Progress:
    """The state of a run as its events told it; `update` takes the next one and the time in seconds.

    `loss` is smoothed over about 50 steps. `speed` is in steps a second over the last 15 seconds, evaluations and
    samples included, because that is what an ETA must count.
    """

    run: str = ""
    step: int = 0
    loss: float | None = None
    lr: float | None = None
    train_loss: float | None = None
    val_loss: float | None = None
    speed: float | None = None
    _steps: int = 0
    _entries_before: int = 0
    _entries: list[Entry] = field(default_factory=list)
    _trained: int = 0
    _trail: deque[tuple[float, int]] = field(default_factory=deque)

    @property
    def total(self) -> int:
        """The step at which training ends."""
        return total_steps(self._steps, self._entries)

    @property
    def eta(self) -> float | None:
        """Seconds to go, or None where the speed is not known yet."""
        return max(0, self.total - self.step) / self.speed if self.speed else None

    def update(self, event: Event, now: float, *, past: bool = False) -> None:
        """Takes the next event; of what is `past` nobody knows how long it took, so that it tells no speed."""
        match event:
            case RunStarted() | RunResumed():
                self.run, self._steps, self.step = event.run, event.steps, event.step
                self._entries_before = event.entries if isinstance(event, RunResumed) else 0
                self._entries.clear()
                self._restart_clock(now)
            case Stepped():
                self._stepped(event, now, past)
            case Evaluated():
                self.step = event.step
                self.train_loss, self.val_loss = event.train_loss, event.val_loss
            case RateChanged():
                self.lr = event.new
                self._entries.append(event.entry)
            case Rewound():
                self.step = event.to
                del self._entries[max(0, event.entries - self._entries_before) :]

    def _restart_clock(self, now: float) -> None:
        self._trail.clear()
        self._trail.append((now, self._trained))

    def _stepped(self, block: Stepped, now: float, past: bool) -> None:
        self.step = block.step + block.n
        self.loss = _smoothed(self.loss, block.loss)
        self.lr = block.lr[-1] if block.lr else self.lr
        self._trained += block.n
        if past:
            self._restart_clock(now)
            return
        self._trail.append((now, self._trained))
        while len(self._trail) > 2 and self._trail[0][0] < now - _SPEED_SECONDS:
            self._trail.popleft()
        since, before = self._trail[0]
        self.speed = (self._trained - before) / (now - since) if now > since else self.speed


def _smoothed(loss: float | None, values: Sequence[float | None]) -> float | None:
    """The smoothed loss after a block; NaN where its last value was none, so that a divergence shows at once."""
    finite = [value for value in values if value is not None and math.isfinite(value)]
    if not values:
        return loss
    if len(finite) < len(values):
        return math.nan
    mean = math.fsum(finite) / len(finite)
    if loss is None or math.isnan(loss):
        return mean
    weight = math.exp(-len(finite) / _LOSS_MEMORY_STEPS)
    return weight * loss + (1 - weight) * mean
