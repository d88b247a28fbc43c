"""The events of a race as sentences, and its lanes as lines."""

from collections.abc import Sequence

from lrtui.messages import Event, Raced, RaceDropped, RaceKept, RaceLane, RaceStarted
from lrtui.printable import printable
from lrtui.quantities import loss_text, rate_text

#: events that their sentence places: the others name their step themselves
PLACED = (RaceStarted, Raced, RaceKept, RaceDropped)
_DROPPED = {"user": "by hand", "script": "by hand", "stop": "the run is to stop"}


def race_happening(event: Event) -> str | None:
    """A line that tells an event of a race; None for any other, and for the steps of one."""
    match event:
        case RaceStarted():
            fewer = f", not {event.asked:,}: there are no more" if event.asked != event.steps else ""
            factors = ", ".join(map(factor_text, event.lanes))
            return f"race of {factors} for {event.steps:,} steps{fewer}; training waits"
        case Raced(leader=None):
            return "race: every lane was lost"
        case Raced():
            return f"race: lane {event.leader}, {lane_text(event)}, leads after {event.done:,} steps"
        case RaceKept():
            return f"race: lane {event.lane}, ×{event.factor:.3g}, is kept: the run goes on from step {event.at:,}"
        case RaceDropped():
            why = _DROPPED.get(event.cause, event.cause)
            return f"race dropped ({printable(why)}): the run goes on as if there had been none"
        case _:
            return None


def factor_text(lane: RaceLane) -> str:
    return f"×{lane.factor:.3g}"


def lane_text(event: Raced) -> str:
    """The lane that leads: its factor, rate and loss. Only where one leads."""
    lane = event.lanes[(event.leader or 1) - 1]
    return f"{factor_text(lane)} (lr {rate_text(lane.lr)}, loss {loss_text(lane.loss)})"


def table_lines(lanes: Sequence[RaceLane], leader: int | None) -> list[str]:
    """The table of a race: a line a lane."""
    told = [f"  {'lane':>4}  {'×':<6} {'lr':<9} {'loss':>7} {'val':>7}  state"]
    for number, lane in enumerate(lanes, 1):
        state = state_text(lane, number == leader)
        told.append(
            f"  {number:>4}  {lane.factor:<6.3g} {rate_text(lane.lr):<9} {loss_text(lane.loss):>7} "
            f"{loss_text(lane.val):>7}  {state}".rstrip()
        )
    return told


def race_text(event: Raced) -> str:
    """A race in full: its table, the sample of every lane, and the verdict."""
    told = table_lines(event.lanes, event.leader)
    for number, lane in enumerate(event.lanes, 1):
        if lane.sample:
            told += [f"── lane {number}, {factor_text(lane)}", printable(lane.sample, keep_newlines=True).rstrip()]
    return "\n".join([*told, f"step {event.step:,}  {race_happening(event)}"])


def state_text(lane: RaceLane, leads: bool) -> str:
    """How a lane stands, in a few words."""
    if lane.died is not None:
        return f"lost after {lane.died:,} steps"
    return "leads" if leads else ""
