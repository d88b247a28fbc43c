"""Commands as people and scripts write them: `decay`, `lr=0.002`, `cooldown 500 cosine`."""

import math
import re
from collections.abc import Callable
from decimal import Decimal

from lrtui.errors import UsageError
from lrtui.lr.halving import check_eta
from lrtui.lr.ledger import EXTEND_MODES
from lrtui.lr.race import check as check_race
from lrtui.lr.range_plan import parse_range
from lrtui.lr.shapes import DECAY_SHAPES
from lrtui.messages import (
    Command,
    Confirm,
    Continue,
    CoolDown,
    Decay,
    DropRace,
    Extend,
    Find,
    Hold,
    Keep,
    KeepLane,
    Kill,
    Pause,
    Promote,
    Prune,
    Race,
    Release,
    ResetOptimizer,
    Reshape,
    Sample,
    Save,
    Scale,
    SetRate,
    Step,
    Stop,
    Undo,
)
from lrtui.printable import printable

_WHOLE = re.compile(
    r"([+-]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+(?:_[0-9]+)*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,2})?)([kKM]?)"
)
#: so that no digit is rounded away
_LONGEST_NUMBER = 24
_UNITS = {"": 1, "k": 1_000, "M": 1_000_000}


def whole_number(text: str) -> int:
    """A whole number as people write it and as we print it: 5000, 5,000, 5_000, 5k, 1.5M, 1e4.

    Raises UsageError where it is none.
    """
    plain = text.strip()
    found = _WHOLE.fullmatch(plain) if len(plain) <= _LONGEST_NUMBER else None
    if found is not None:
        value = Decimal(found[1].replace(",", "")) * _UNITS[found[2].replace("K", "k")]
        if value == value.to_integral_value():
            return int(value)
    raise UsageError(f"{printable(text)!r} is no whole number", "For example 5000, 5,000 or 5k.")


def _positive(text: str, what: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise UsageError(f"{what} needs a number, not {text!r}") from None
    if not math.isfinite(value) or value <= 0:
        raise UsageError(f"{what} needs a finite number above 0, not {text}")
    return value


def _count(text: str, what: str) -> int:
    count = whole_number(text)
    if count < 1:
        raise UsageError(f"{what} needs a whole number above 0, not {text}")
    return count


def _one_of(known: tuple[str, ...], given: list[str]) -> str:
    """The word given, which must be a known one; empty where none is."""
    if given and given[0] not in known:
        raise UsageError(f"{given[0]!r} is none of {', '.join(known)}")
    return given[0] if given else ""


def _find(words: list[str]) -> Find:
    """`find`, `find 1e-5:1`, `find 1e-5:1 200`, `find linear`, in any order."""
    low = high = None
    points, linear = Find().points, False
    for word in words:
        if ":" in word:
            low, high = parse_range(word)
        elif word == "linear":
            linear = True
        else:
            points = _count(word, "find")
    return Find(low, high, points, linear)


def _confirm(words: list[str]) -> Confirm:
    """`confirm`, `confirm 8`, `confirm 8 500`: rates, and steps for each."""
    lanes = _count(words[0], "confirm") if words else Confirm().lanes
    return Confirm(lanes, _count(words[1], "confirm") if len(words) > 1 else Confirm().steps)


def _race(words: list[str]) -> Race | KeepLane | DropRace:
    """`race 1,0.3,0.1`, `race 1,0.3,0.1 500`, `race 1,0.3,0.1 500 best`; `race keep`, `race keep 2`, `race drop`."""
    first, rest = words[0], words[1:]
    if first == "drop" and not rest:
        return DropRace()
    if first == "keep" and len(rest) <= 1:
        return KeepLane(_count(rest[0], "race keep") if rest else None)
    factors = [_positive(factor, "race") for factor in first.split(",")]
    best = rest[-1:] == ["best"]
    steps = rest[:-1] if best else rest
    if len(steps) > 1:
        raise UsageError(f"race takes FACTOR,FACTOR,… [STEPS] [best], not {' '.join(words)!r}")
    command = Race(factors, _count(steps[0], "race") if steps else Race([]).steps, best)
    check_race(command.factors, command.steps)
    return command


def _lane(text: str, what: str) -> int:
    if not text.isascii() or not text.isdecimal():
        raise UsageError(f"{what} needs the number of a lane, not {text!r}")
    return int(text)


def _prune(words: list[str]) -> Prune:
    """`prune 4`, `prune 4 500,1000`, `prune off`."""
    if words[0] == "off" and not words[1:]:
        return Prune(0)
    rungs = [_count(rung, "prune") for rung in words[1].split(",")] if words[1:] else []
    return Prune(check_eta(_count(words[0], "prune")), rungs)


def _schedule(words: list[str]) -> Reshape:
    """`schedule cosine end=1e-5 base=0.002`."""
    from lrtui.config.schedule_words import schedule_keys

    return Reshape(schedule_keys(words))


#: word → (least, most) arguments and what makes the command of them; the words of `lrtui ctl` and `--at`
WORDS: dict[str, tuple[int, int, Callable[[list[str]], Command]]] = {
    "decay": (0, 1, lambda a: Scale(_positive(a[0], "decay")) if a else Decay()),
    "scale": (1, 1, lambda a: Scale(_positive(a[0], "scale"))),
    "lr": (1, 1, lambda a: SetRate(_positive(a[0], "lr"))),
    "hold": (0, 0, lambda a: Hold()),
    "release": (0, 0, lambda a: Release()),
    "pause": (0, 0, lambda a: Pause()),
    "continue": (0, 0, lambda a: Continue()),
    "step": (0, 1, lambda a: Step(_count(a[0], "step")) if a else Step()),
    "save": (0, 0, lambda a: Save()),
    "sample": (0, 1, lambda a: Sample(prompt=a[0] if a else None)),
    "extend": (1, 2, lambda a: Extend(_count(a[0], "extend"), _one_of(EXTEND_MODES, a[1:]))),
    "undo": (0, 0, lambda a: Undo()),
    "cooldown": (1, 2, lambda a: CoolDown(_count(a[0], "cooldown"), _one_of(DECAY_SHAPES, a[1:]) or "linear")),
    "schedule": (1, 20, _schedule),
    "reset-optimizer": (0, 0, lambda a: ResetOptimizer()),
    "find": (0, 3, _find),
    "confirm": (0, 2, _confirm),
    "race": (1, 3, _race),
    "kill": (1, 1, lambda a: Kill(_lane(a[0], "kill"))),
    "keep": (1, 1, lambda a: Keep(_lane(a[0], "keep"))),
    "promote": (0, 2, lambda a: Promote(_lane(a[0], "promote") if a else None, a[1] if a[1:] else None)),
    "prune": (1, 2, _prune),
    "stop": (0, 0, lambda a: Stop()),
}


def parse_command(text: str) -> Command:
    """The command of a line such as `decay`, `lr=0.002`, `lr 0.002`, `cooldown 500 cosine`.

    Raises UsageError with the words there are.
    """
    words = re.sub(r"^(\s*[\w-]+)\s*=", r"\1 ", text).split(maxsplit=1)  # lr=0.002, but schedule end=1e-5
    word = words[0].lower() if words else ""
    if word not in WORDS:
        raise UsageError(f"there is no command {word!r}", f"Commands: {', '.join(WORDS)}.")
    rest = words[1:] if word == "sample" else words[1].split() if len(words) > 1 else []
    least, most, make = WORDS[word]
    if not least <= len(rest) <= most:
        raise UsageError(
            f"{word} takes {least if least == most else f'{least} to {most}'} value{'s' * (most != 1)}, "
            f"not {len(rest)}: {text!r}"
        )
    return make(rest)
