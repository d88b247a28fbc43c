"""The commands and events of the laboratory: experiments on a live state that leave nothing behind.

Part of the vocabulary in `lrtui.messages`, and imported from there.
"""

from lrtui.message import Command, Event


class Find(Command, frozen=True):
    """A range test from here; it leaves nothing behind. What is left out comes from the model and the optimizer."""

    low: float | None = None
    high: float | None = None
    points: int = 100
    linear: bool = False


class Confirm(Command, frozen=True):
    """Train `steps` real steps at each rate, side by side from here on the same batches; it leaves nothing behind.

    Without `rates`: a range test first, and `lanes` rates over its band.
    """

    lanes: int = 5
    steps: int = 200
    rates: list[float] = []


class RangeStepped(Event, frozen=True, kw_only=True):
    """A range test goes on: the raw losses of its points `first` and after; rates as in `lr.range_plan.RangePlan`."""

    low: float
    high: float
    points: int
    linear: bool
    first: int
    losses: list[float | None]


class RangeTested(Event, frozen=True, kw_only=True):
    """A range test ended: the raw loss of every point tried, `stopped` why it ended early (empty: it did not).

    `suggestion` is for about `horizon` more steps; without one, `refusal` says why and `remedy` what may help: raise,
    lower (an end of the range) or points (more of them). `rules` holds what each rule says, `refusals` why it does not.
    """

    low: float
    high: float
    points: int
    linear: bool
    losses: list[float | None]
    stopped: str
    horizon: int
    suggestion: float | None
    band: tuple[float, float] | None
    rules: dict[str, float | None]
    refusals: dict[str, str] = {}
    refusal: str = ""
    remedy: str = ""


class ConfirmStepped(Event, frozen=True, kw_only=True):
    """A confirmation goes on: `curves` from their point `first` on, as in `Confirmed`."""

    steps: int
    every: int
    rates: list[float]
    first: int
    curves: list[list[float | None]]


class Confirmed(Event, frozen=True, kw_only=True):
    """Every rate of `rates`, ascending, was trained for `steps` steps; the other lists have one place for each.

    `curves` are training losses, each point the mean of `every` steps; `losses` the means over the last quarter of the
    steps, by which `winner` was chosen; `died` after how many steps a rate was lost, None where it was not. There is no
    winner where all were lost.
    """

    steps: int
    every: int
    rates: list[float]
    curves: list[list[float | None]]
    losses: list[float | None]
    val_losses: list[float | None]
    died: list[int | None]
    winner: float | None
