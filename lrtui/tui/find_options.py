"""How the experiments of the Find screen are done: the range, its points, and what confirms them. No Textual here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

from lrtui.command_words import parse_command
from lrtui.errors import UsageError
from lrtui.lr.confirm import check as check_confirm
from lrtui.lr.confirm import spread
from lrtui.lr.range_plan import RangePlan, check, default_range
from lrtui.messages import Confirm, Find, RangeTested
from lrtui.printable import printable
from lrtui.runs.config_table import section
from lrtui.words import rate_text

Range = tuple[float, float]
_CONFIRM = "confirm"


@dataclass(frozen=True, slots=True)
class FindOptions:
    """`find` is the range test; its ends are None where the model and the optimizer choose them.

    `lanes` rates are confirmed, each for `steps` steps.
    """

    find: Find = field(default_factory=Find)
    lanes: int = Confirm().lanes
    steps: int = Confirm().steps

    @classmethod
    def parse(cls, text: str, default: Range) -> Self:
        """What `text` says, in the words of `lrtui ctl`: `1e-6:1 100 linear confirm 5 200`, what is left out as usual.

        Raises UsageError for what cannot be done.
        """
        words, confirm, rest = f" {text} ".partition(f" {_CONFIRM} ")
        find = parse_command(f"find {words}")
        trial = parse_command(f"{_CONFIRM} {rest if confirm else ''}")
        assert isinstance(find, Find)
        assert isinstance(trial, Confirm)
        check(plan_of_find(find, default))
        check_confirm(trial.lanes, trial.steps)
        if (find.low, find.high) == default:
            find = Find(None, None, find.points, find.linear)
        return cls(find, trial.lanes, trial.steps)

    def text(self, default: Range) -> str:
        """What `parse` reads back."""
        plan = plan_of_find(self.find, default)
        linear = " linear" if plan.linear else ""
        return f"{plan.low:g}:{plan.high:g} {plan.points}{linear} {_CONFIRM} {self.lanes} {self.steps}"

    def told(self, default: Range) -> str:
        """What they mean."""
        return f"{plan_text(plan_of_find(self.find, default))}; then {self.lanes} rates, {self.steps:,} steps each"

    def confirm(self, tested: RangeTested) -> Confirm:
        """The confirmation of a test. Raises UsageError where it found no band."""
        if tested.band is None or tested.suggestion is None:
            why = tested.refusal.partition(":")[0]
            raise UsageError(f"there is no band to confirm: the range test suggests no rate, {printable(why)}")
        return Confirm(steps=self.steps, rates=spread(tested.band, tested.suggestion, self.lanes))


def plan_of_find(find: Find, default: Range) -> RangePlan:
    """The rates that a range test would try."""
    low, high = (own if chosen is None else chosen for own, chosen in zip(default, (find.low, find.high), strict=True))
    return RangePlan(low=low, high=high, points=find.points, linear=find.linear)


def range_of(config: dict[str, Any]) -> Range:
    """The rates that a range test of a run with this config.toml tries where none are given."""
    model, optimizer = (str(section(config, name).get("kind", "")) for name in ("model", "optim"))
    return default_range(model, optimizer)


def plan_text(plan: RangePlan) -> str:
    """The rates of a plan in words."""
    spread_text = "evenly spread" if plan.linear else "in even ratios"
    return f"{plan.points:,} rates from {rate_text(plan.low)} to {rate_text(plan.high)} {spread_text}"


def check_experiment(command: Find | Confirm, default: Range) -> str:
    """What `command` will do. Raises UsageError where it cannot be."""
    if isinstance(command, Find):
        return f"tests {plan_text(check(plan_of_find(command, default)))}; training waits, and then goes on exactly"
    lanes = len(command.rates) or command.lanes
    check_confirm(lanes, command.steps)
    return f"trains {lanes} rates for {command.steps:,} steps each; training waits, and then goes on exactly"
