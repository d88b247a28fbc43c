"""The symbols of a text: what decides how many different tokens a model sees. Nothing here loads torch."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Literal, Self


@dataclass(frozen=True)
class Alphabet:
    """The symbols of a text: `chars` in id order (empty for bytes); `lines` reserves id 0 as the boundary."""

    BOUNDARY: ClassVar[int] = 0

    kind: Literal["char", "byte"]
    chars: tuple[str, ...] = ()
    lines: bool = False

    @classmethod
    def of(cls, text: str | bytes, *, lines: bool) -> Self:
        """All characters of `text`, sorted by code point; for bytes all 256, so that any prompt can be encoded."""
        if isinstance(text, bytes):
            return cls("byte", lines=lines)
        return cls("char", tuple(sorted(_characters(text) - {"\n"} if lines else _characters(text))), lines)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """The inverse of `to_dict`."""
        return cls(data["kind"], tuple(data["chars"]), data["lines"])

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values, for a checkpoint."""
        return {"kind": self.kind, "chars": list(self.chars), "lines": self.lines}

    @cached_property
    def size(self) -> int:
        """How many different tokens there are."""
        return (256 if self.kind == "byte" else len(self.chars)) + self.lines

    @property
    def names(self) -> tuple[str | int, ...]:
        """What each token stands for, in id order: a character or a byte; the boundary is a newline among characters.

        Among bytes, where a newline has a number of its own, it is the empty text.
        """
        if self.kind == "char":
            return (("\n",) if self.lines else ()) + self.chars
        return (("",) if self.lines else ()) + tuple(range(256))

    @property
    def boundary(self) -> int | None:
        """The token between two items, or None in stream mode."""
        return self.BOUNDARY if self.lines else None


def _characters(text: str) -> set[str]:
    if text.isascii():  # to look for each of them is nine times as fast as to look at every place
        return {char for char in map(chr, range(128)) if char in text}
    return set(text)
