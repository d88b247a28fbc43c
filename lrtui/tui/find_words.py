"""What the Find screen says: the table of rules, that of a confirmation, the verdict, what enter does. No Textual."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from lrtui.axes import short_rate
from lrtui.lr.verdict import NEVER_CHOSEN
from lrtui.messages import RangeTested
from lrtui.printable import printable
from lrtui.tui.find_options import FindOptions, Range, plan_of_find, plan_text
from lrtui.tui.findings import NAMES, Findings, Kind, Trial
from lrtui.tui.keys import key_of
from lrtui.tui.seeing import Level
from lrtui.words import confirmation_text, loss_text, range_text, rate_text

#: whose rate is sought: nobody's, a live run's, that of an ended one's checkpoint, a form's fresh model
Subject = Literal["none", "live", "checkpoint", "form"]
_WHENCE: dict[Subject, str] = {
    "none": "",
    "live": "from here, while training waits",
    "checkpoint": "from its newest checkpoint",
    "form": "on the fresh model",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """Everything the screen shows: of whom, what was found, and what may be done about it.

    `about` names what is no run yet; `asked` is what was asked for and has not begun, `closed` why nothing may be
    asked, `problem` why the last attempt failed; `now` is the present rate, `offered` what applying the offer would do,
    `applied` what became of it.
    """

    subject: Subject = "none"
    about: str = ""
    findings: Findings = field(default_factory=Findings)
    options: FindOptions = field(default_factory=FindOptions)
    default: Range = (1e-6, 1.0)
    asked: Kind = ""
    closed: str = ""
    problem: str = ""
    now: float | None = None
    offered: str = ""
    applied: str = ""

    @property
    def busy(self) -> Kind:
        """What is under way, or about to be."""
        return self.findings.running or self.asked


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table; `hue` is that of its curve, None where it has none."""

    cells: tuple[str, ...]
    level: Level = "info"
    hue: int | None = None


# -- the range test ---------------------------------------------------------------------------------------------------


def test_title(findings: Findings) -> str:
    """What was tried, and where."""
    plan = findings.plan
    if plan is None:
        return "Rules"
    count = f"{plan.points:,} rates"
    if findings.running == "find":
        count = f"{len(findings.losses):,} of {count}"
    return f"step {findings.step:,} · {count}, {rate_text(plan.low)} … {rate_text(plan.high)}"


def rule_rows(tested: RangeTested | None) -> list[Row]:
    """What each rule says: its name, its rate, and how that stands to the suggestion."""
    return [] if tested is None else [_rule(tested, rule, lr) for rule, lr in tested.rules.items()]


def _rule(tested: RangeTested, rule: str, lr: float | None) -> Row:
    if lr is None:
        # of a refusal the advice stands below, once
        return Row((printable(rule), "–", printable(tested.refusals.get(rule, "")).partition(":")[0]))
    if rule == "consensus":
        return Row((rule, rate_text(lr), "the suggestion"), "good")
    if rule in NEVER_CHOSEN:
        return Row((printable(rule), rate_text(lr), "to compare"))
    inside = tested.band is not None and tested.band[0] <= float(f"{lr:.1e}") <= tested.band[1]
    return Row((printable(rule), rate_text(lr), "in the band" if inside else ""))


def point_rows(findings: Findings) -> list[Row]:
    """Where a test that goes on is: the newest rate and its loss, and the least so far."""
    plan = findings.plan
    known = [(loss, at) for at, loss in enumerate(findings.losses) if loss is not None]
    if findings.running != "find" or plan is None or not known:
        return []
    least, at = min(known)
    newest, last = findings.losses[-1], len(findings.losses) - 1
    return [
        Row(("", "rate", "loss")),
        Row(("now", rate_text(plan.lr(last)), loss_text(newest))),
        Row(("least", rate_text(plan.lr(at)), loss_text(least))),
    ]


def ending(findings: Findings, *, short: bool = False) -> str:
    """Why a test ended before its last rate; empty where it did not. `short`: the title tells of how many points."""
    tested = findings.tested
    if tested is None or not tested.stopped:
        return ""
    done = len(tested.losses)
    where = f"after {done:,}" if short else f"after {done:,} of {tested.points:,}"
    return f"stopped {where}: {printable(tested.stopped)}"


# -- its confirmation -------------------------------------------------------------------------------------------------


def trial_title(trial: Trial) -> str:
    """How far the confirmation is, and from where it began."""
    done = f"{trial.steps:,} steps each" if trial.ended else f"{trial.done:,} of {trial.steps:,} steps"
    return f"step {trial.step:,} · {done}"


def trial_rows(trial: Trial) -> list[Row]:
    """Each rate with the loss it reached, so far or in the end."""
    ended = trial.ended
    rows = [Row(("rate", "loss", "val", ""))]
    for lane, (rate, losses) in enumerate(zip(trial.rates, trial.curves, strict=True)):
        newest = loss_text(losses[-1]) if losses else "–"
        if ended is None:
            rows.append(Row((rate_text(rate), newest, "", ""), hue=lane))
            continue
        died, won = ended.died[lane], rate == ended.winner
        state = f"lost at step {died:,}" if died is not None else "the winner" if won else ""
        level: Level = "good" if won else "info" if died is None else "error"
        measured = loss_text(ended.losses[lane]), loss_text(ended.val_losses[lane])
        rows.append(Row((rate_text(rate), *measured, state), level, lane))
    return rows


# -- in words ---------------------------------------------------------------------------------------------------------


def verdict(sought: Sought) -> tuple[str, Level]:
    """The newest answer in a sentence, or how far it is."""
    found, busy = sought.findings, sought.busy
    if busy:
        return _progress(sought), "change"
    if sought.problem or found.refused:
        return printable(_sentence(sought.problem or found.refused)), "error"
    if found.trial is not None and found.trial.ended is not None:
        told = confirmation_text(found.trial.ended)
        return _sentence(told), "good" if found.trial.ended.winner is not None else "warning"
    if found.tested is not None:
        return _sentence(range_text(found.tested)), "good" if found.tested.suggestion is not None else "warning"
    return "No range test yet.", "info"


def _progress(sought: Sought) -> str:
    found = sought.findings
    waits = "; training waits" if sought.subject == "live" else ""
    if found.running == "find" and found.plan is not None:
        return f"Range test: {len(found.losses):,} of {found.plan.points:,} rates{waits}"
    if found.running == "confirm" and found.trial is not None:
        return f"Confirmation: {found.trial.done:,} of {found.trial.steps:,} steps{waits}"
    begins = "begins at the next step" if sought.subject == "live" else "loads the model and the text"
    return f"The {NAMES[sought.asked]} {begins}"


def next_line(sought: Sought, keymap: Mapping[str, str]) -> str:
    """What can be done now, with the keys."""
    keys = {id: key_of(f"find_{id}", keymap) for id in ("apply", "test", "confirm", "close", "options")}
    found = sought.findings
    if sought.closed:
        return sought.closed
    if sought.busy:
        stays = "drops it" if sought.subject in ("checkpoint", "form") else "goes back; the test goes on"
        return f"{keys['close']} {stays}"
    if sought.applied:
        return sought.applied
    confirm = f"{keys['confirm']} confirms it"
    if found.offer is not None:
        more = "" if found.trial is not None and found.trial.ended else f" · {confirm}"
        return f"{keys['apply']} {sought.offered}{more}"
    if (advice := found.advice) is not None:
        ends = f"{short_rate(advice.low or 0)} … {short_rate(advice.high or 0)}"
        return f"{keys['apply']} tests again: {advice.points:,} rates, {ends}"
    plan = plan_text(plan_of_find(sought.options.find, sought.default))
    vain = "a lower end did not help · " if found.in_vain else ""
    return f"{vain}{keys['test']} tests {plan} {_WHENCE[sought.subject]} · {keys['options']} other rates"


def apply_label(found: Findings) -> str:
    """What the key bar calls enter; empty where it does nothing."""
    if found.offer is not None:
        return "Apply"
    if found.advice is None or found.tested is None:
        return ""
    return {"raise": "Raise", "lower": "Lower"}.get(found.tested.remedy, "Again")


def _sentence(told: str) -> str:
    return told[0].upper() + told[1:]
