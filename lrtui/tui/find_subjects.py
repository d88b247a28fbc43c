"""Whose rate is sought: what the Find screen shows of a live run, of one that has ended, and of a form. No Textual."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from lrtui.errors import LrtuiError
from lrtui.lr.range_plan import default_range
from lrtui.messages import SetRate
from lrtui.tui.find_options import FindOptions, range_of
from lrtui.tui.find_words import Sought
from lrtui.tui.findings import Findings, Kind
from lrtui.tui.keys import key_of
from lrtui.tui.own_test import OwnTest
from lrtui.tui.previews import Ahead, next_rate, preview
from lrtui.tui.state import RunView
from lrtui.words import rate_text

if TYPE_CHECKING:
    from lrtui.config.schema import Config

_LIVE = ("opening", "training", "paused")


def live_sought(
    view: RunView,
    ahead: Ahead | None,
    asked: Kind,
    options: FindOptions,
    *,
    read_only: bool,
    keymap: Mapping[str, str],
) -> Sought:
    """Of a run that somebody trains; `asked` is what was asked of it and has not been answered."""
    closed = ""
    if read_only:
        closed = "this screen only watches the run: attach without --read-only to test it"
    elif view.condition == "opening":
        closed = "the run has not begun yet: wait for its first step"
    return Sought(
        subject="live",
        findings=view.findings,
        options=options,
        default=range_of(view.config),
        asked=asked,
        closed=closed,
        now=next_rate(view),
        offered=_set_text(view, ahead, keymap) if view.condition in ("training", "paused") else "",
        applied=_applied(view, keymap),
    )


def ended_sought(
    view: RunView, own: OwnTest | None, options: FindOptions, *, read_only: bool, keymap: Mapping[str, str]
) -> Sought:
    """Of a run that nobody trains: what was found of its newest checkpoint, or else what its log tells."""
    closed, lr = "", view.findings.offer
    if own is not None:
        lr = own.findings.offer
    if view.condition == "deleted":
        closed = f"the run has been deleted: {key_of('runs', keymap)} lists the others"
    return Sought(
        subject="checkpoint",
        findings=own.findings if own is not None and own.findings != Findings() else view.findings,
        options=options,
        default=range_of(view.config),
        asked=own.asked if own is not None else "",
        closed=closed,
        problem=own.problem if own is not None else "",
        now=next_rate(view),
        offered="" if read_only else f"asks how the run goes on at {rate_text(lr)}",
    )


def form_sought(config: Config | None, about: str, problem: str, own: OwnTest | None, options: FindOptions) -> Sought:
    """Of a run that has not begun, in the form; `problem` is what is wrong with it."""
    findings = own.findings if own is not None else Findings()
    if config is None:
        return Sought(subject="form", about=about, findings=findings, options=options, closed=problem)
    lr = findings.offer
    same = lr is not None and rate_text(lr) == rate_text(config.optim.lr)
    return Sought(
        subject="form",
        about=about,
        findings=findings,
        options=options,
        default=default_range(config.model.kind, config.optim.kind),
        asked=own.asked if own is not None else "",
        problem=problem or (own.problem if own is not None else ""),
        now=config.optim.lr,
        offered=f"writes optim.lr = {rate_text(lr)} into the form (now {rate_text(config.optim.lr)})",
        applied=f"optim.lr = {rate_text(lr)} stands in the form" if same else "",
    )


def is_over(view: RunView) -> bool:
    """Whether nobody trains the run, so that only its checkpoint can be tested."""
    return view.condition not in _LIVE


def _set_text(view: RunView, ahead: Ahead | None, keymap: Mapping[str, str]) -> str:
    """What applying the offer would do to the run."""
    lr = view.findings.offer
    if lr is None:
        return ""
    try:
        return f"sets the rate, {preview(view, SetRate(lr), ahead, keymap)}"
    except LrtuiError as error:
        return error.sentence


def _applied(view: RunView, keymap: Mapping[str, str]) -> str:
    """What became of the offer: said where the newest change of the rate is that very one."""
    lr, changes = view.findings.offer, view.history.changes
    if lr is None or not changes:
        return ""
    last = changes[-1]
    if last.entry.kind != "set" or last.entry.step < view.findings.step or rate_text(last.new) != rate_text(lr):
        return ""
    train, undo = key_of("train", keymap), key_of("undo", keymap)
    rates = f"{rate_text(last.old)} → {rate_text(last.new)}"
    return f"set at step {last.step:,}: {rates} · {undo} in the training ({train}) undoes it"
