"""`cosine end=1e-5 base=0.002`: a schedule as people type it, checked key by key before a run sees it."""

import math
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from lrtui.config.layers import Layer, parse_set
from lrtui.config.problems import describe, dotted, nearest, shown
from lrtui.config.schema import ScheduleConfig
from lrtui.config.validate import validate
from lrtui.errors import ConfigError, UsageError
from lrtui.lr.schedule import KINDS, Schedule

_EXAMPLE = "For example: schedule cosine end=1e-5, or: schedule wsd decay=500 base=0.002."


def schedule_keys(words: Sequence[str]) -> dict[str, Any]:
    """The `[schedule]` keys, and `base`, of words such as `cosine`, `end=1e-5`. Raises UsageError.

    What ties several keys together depends on the run and is for the run to check.
    """
    keys: dict[str, Any] = {}
    for word in words:
        key, value = _read(word, first=not keys)
        if key in keys:
            raise UsageError(f"schedule: {key} is given twice", _EXAMPLE)
        keys[key] = value
    base = keys.get("base", 1.0)
    if isinstance(base, bool) or not isinstance(base, int | float) or not math.isfinite(base) or base <= 0:
        raise UsageError(f"schedule: base is the rate it begins with, a number above 0, not {shown(base)}")
    try:
        ScheduleConfig.model_validate({key: value for key, value in keys.items() if key != "base"})
    except ValidationError as error:
        problems = [describe({**each, "loc": ("schedule", *each["loc"])}) for each in error.errors()]
        raise UsageError("; ".join(f"{dotted(p.path)} {p.message}" for p in problems), _EXAMPLE) from None
    return keys


def new_shape(settings: dict[str, Any], keys: dict[str, Any], step: int, present: float, left: int) -> Schedule:
    """The schedule that `keys` make for the `left` steps from `step` on, where the rate is `present`.

    `settings` are the tables of the run's configuration: what `keys` leave out is as there, but for `base`, which is
    the present rate, and the warm-up, of which there is none. Raises UsageError.
    """
    base = keys.get("base", present)
    if isinstance(base, bool) or not isinstance(base, int | float):
        raise UsageError(f"schedule.base needs a number, not {shown(base)}")
    if base == 0:
        raise UsageError(f"the rate at step {step} is 0: say which one the new schedule begins with", "base=0.002")
    shape = {"warmup": 0} | {key: value for key, value in keys.items() if key != "base"}
    # the rules between keys look at the rate and the steps of the new shape, not at those the run began with
    here = {"schedule": shape, "optim": {"lr": float(base)}, "train": {"steps": max(1, left)}}
    try:
        return validate([Layer(settings), Layer(here)]).lr_schedule()
    except ConfigError as error:
        raise UsageError(error.message.replace("\n", "; ").removeprefix(": "), _EXAMPLE) from None


def _read(word: str, *, first: bool) -> tuple[str, Any]:
    """(key, value) of one word; the first one may be a kind alone."""
    if "=" not in word and first:
        if word not in KINDS:
            near = nearest(word, KINDS)
            there = f"did you mean {near}?" if near else f"there are {', '.join(KINDS)}"
            raise UsageError(f"there is no schedule {shown(word)}, {there}", _EXAMPLE)
        return "kind", word
    try:
        data: dict[str, Any] = parse_set(f"schedule.{word}").data["schedule"]
    except ConfigError:
        raise UsageError(f"schedule: {shown(word)} is not KEY=VALUE", _EXAMPLE) from None
    ((key, value),) = data.items()
    return key, value
