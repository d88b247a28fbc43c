"""What the screens say of a race: before it begins, while it is on, and which keys decide it."""

from __future__ import annotations

from collections.abc import Mapping

from lrtui.errors import UsageError
from lrtui.lr import ledger
from lrtui.messages import DropRace, KeepLane, Race
from lrtui.race_words import factor_text, state_text
from lrtui.tui.findings import NAMES
from lrtui.tui.keys import key_of
from lrtui.tui.previews import Ahead
from lrtui.tui.races import RaceView
from lrtui.tui.state import RunView
from lrtui.words import loss_text, rate_text

#: what the prompt offers
OFFER = "1,0.3,0.1 500"
HEADING = ("", "×", "lr", "loss", "val", "")


def preview_text(view: RunView, ahead: Ahead | None, command: Race | KeepLane | DropRace) -> str:
    """What `command` will do: of a race the rate of each lane, and its length. Raises UsageError where it cannot be."""
    if isinstance(command, Race):
        return _race_text(view, ahead, command)
    if view.races.on is None:
        raise UsageError("there is no race to decide", "Begin one: race 1,0.3,0.1 500.")
    if isinstance(command, DropRace):
        return f"drops the race: goes on from step {view.races.on.step:,} as if there had been none"
    return f"keeps lane {command.lane or view.races.on.leader or '–'} of the race"


def _race_text(view: RunView, ahead: Ahead | None, command: Race) -> str:
    rate = ahead.rate if ahead is not None else None
    if rate is None:
        raise UsageError(f"{view.name} has not begun yet", "Wait for its first step.")
    if view.races.on is not None:
        raise UsageError("a race is on already", "Keep a lane of it, or drop it, first.")
    if view.findings.running:
        raise UsageError(f"a {NAMES[view.findings.running]} is under way", "Race when it has ended.")
    step = max(view.step, rate.pieces[-1].since)
    rates = [rate.apply(ledger.scale(rate, step, factor))(step) for factor in command.factors]
    lanes = ", ".join(map(rate_text, rates))
    steps = min(command.steps, max(0, view.total - view.step))
    fewer = ", no more are left" if steps < command.steps else ""
    return f"{rate_text(rate(step))} → {lanes}; {steps:,} steps each{fewer}"


def title(race: RaceView) -> str:
    """How far the race is, and from where it began."""
    done = f"{race.done:,} steps each" if race.ran else f"{race.done:,} of {race.steps:,} steps"
    return f"from step {race.step:,} · {done}"


def cells(race: RaceView, number: int) -> tuple[str, ...]:
    """A lane as a row of the table under `HEADING`."""
    lane = race.lanes[number - 1]
    state = state_text(lane, number == race.leader)
    return (
        str(number),
        factor_text(lane)[1:],
        rate_text(lane.lr),
        loss_text(lane.loss),
        loss_text(lane.val) if lane.val is not None else "",
        state,
    )


def verdict(race: RaceView) -> str:
    """How the race stands, in a sentence."""
    leader = race.leader
    if race.ran and leader is None:
        return "Every lane was lost: there is none to keep."
    if leader is None:
        return f"{len(race.lanes)} lanes set out; training waits."
    lane = race.lanes[leader - 1]
    how = f"after {race.done:,} steps" if race.ran else f"after {race.done:,} of {race.steps:,} steps"
    return f"Lane {leader} leads {how}: {factor_text(lane)}, lr {rate_text(lane.lr)}, loss {loss_text(lane.loss)}."


def next_line(race: RaceView, chosen: int | None, keymap: Mapping[str, str], *, read_only: bool) -> str:
    """What can be done now, with the keys."""
    keep, drop, close, leave = (key_of(id, keymap) for id in ("race_keep", "race_drop", "race_close", "quit"))
    if read_only:
        return f"this screen only watches the choice · 1-{len(race.lanes)} look · {close} back · {leave} leave"
    kept = f"{keep} keep lane {chosen} · " if chosen is not None else ""
    return f"{kept}1-{len(race.lanes)} choose · {drop} drop the race · {close} back · {leave} leave"
