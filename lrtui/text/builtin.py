"""Texts made on the machine, so that the first run needs no network: a pattern, arithmetic, source code and names.

`count` and `sums` are the same everywhere; `python` and `unicode` are those of the running interpreter. A run records
the sha256 of its text, so a resume under another interpreter is noticed.
"""

import random
import re
import sysconfig
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain, repeat
from pathlib import Path

from lrtui.errors import CorpusError

_COUNT_BYTES = 200_000
_SUM_OPERANDS = 160
_PYTHON_BYTES = 2_000_000
_SEED = 42
# 110,000 names such as CJK UNIFIED IDEOGRAPH-4E00 are made by rule: they would drown those that people gave. Outside
# these ranges there are no others: ideographs, Hangul syllables, private use, planes that are empty. Looking there too
# would find the same and take ten times as long.
_NAMED = ((0x0, 0x3400), (0x4DC0, 0x4E00), (0xA000, 0xAC00), (0xD7B0, 0xD800), (0xF900, 0x20000), (0xE0000, 0xE1000))
_made_by_rule = re.compile(r".*-[0-9A-F]{4,6}$").match


@dataclass(frozen=True)
class Builtin:
    """A text that lrtui makes itself."""

    description: str
    make: Callable[[], str]


def count() -> str:
    """`1 2 3 1 2 3 …`: a recurrent network learns it without an error."""
    pattern = "1 2 3 "
    return pattern * (_COUNT_BYTES // len(pattern))


def sums() -> str:
    """`12+7=19`, one a line: every pair of numbers below 160 once, shuffled: validation sums were never seen."""
    pairs = [(a, b) for a in range(_SUM_OPERANDS) for b in range(_SUM_OPERANDS)]
    # sorted by random(): the one generator function whose numbers Python promises for every version
    rng = random.Random(_SEED)
    return "".join(f"{a}+{b}={a + b}\n" for a, b in sorted(pairs, key=lambda _: rng.random()))


def python() -> str:
    """The standard library's modules by name, up to 2 MB. Raises CorpusError where they have no source."""
    parts: list[str] = []
    size = 0
    for path in sorted(Path(sysconfig.get_path("stdlib")).glob("*.py")):
        source = path.read_bytes()
        # the few modules with other letters would add dozens of characters that are seen once or twice
        if not source.isascii():
            continue
        if size + len(source) > _PYTHON_BYTES:
            break
        parts.append(source.decode("ascii"))
        size += len(source)
    if not parts:
        raise CorpusError(
            "corpus python: this Python has no source files of its standard library",
            'Choose another text, for example corpus.name = "unicode".',
        )
    return "".join(parts)


def unicode() -> str:
    """The names that people gave to characters, one a line, in code point order."""
    codes = chain.from_iterable(range(*bounds) for bounds in _NAMED)
    names = map(unicodedata.name, map(chr, codes), repeat(""))
    return "".join([f"{name}\n" for name in names if name and not ("-" in name and _made_by_rule(name))])


BUILTINS: dict[str, Builtin] = {
    "count": Builtin("1 2 3 1 2 3 …: a pattern that can be learnt without an error", count),
    "sums": Builtin("12+7=19, one sum a line", sums),
    "python": Builtin("the source of the running Python's standard library", python),
    "unicode": Builtin("the names of Unicode's characters, one a line", unicode),
}
