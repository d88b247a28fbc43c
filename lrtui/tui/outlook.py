"""The rate that is left as it is, and as a command would make it: what a prompt draws while it is typed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lrtui.lr.rate import Rate
from lrtui.messages import Command
from lrtui.tui.previews import Ahead
from lrtui.tui.state import RunView

if TYPE_CHECKING:
    from lrtui.figure import Look

#: The chart begins a little before now, at a step that stays for this share of what is left.
_SHARE = 20


@dataclass(frozen=True, slots=True)
class Outlook:
    """The rates from about now, step `begin`, on: as planned, and as they would be; the latter None where unknown."""

    begin: int
    before: Rate
    after: Rate | None


def outlook(view: RunView, command: Command | None, ahead: Ahead) -> Outlook | None:
    """What `command` makes of the rate; None before the run has one. Raises UsageError where it would be refused."""
    if ahead.rate is None:
        return None
    step, rate = view.step, ahead.rate
    grain = 10 ** max(0, math.floor(math.log10(max(1, rate.total - step) / _SHARE)))
    after = ahead.after(view, command).rate if command is not None else None
    return Outlook(step // grain * grain, rate, after)


def outlook_lines(found: Outlook, look: Look) -> str:
    """Both curves over each other, in as many lines as `look` has."""
    from lrtui.tui.charts import schedule_lines

    curves = [("as planned", found.before, found.before.total)]
    if found.after is not None:
        curves.append(("as it would be", found.after, found.after.total))
    return schedule_lines(curves, look, "Rate", max(0, min(found.begin, found.before.total - 1)))
