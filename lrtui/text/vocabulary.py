"""Text to token numbers and back, for characters and for bytes.

Both directions go through one lookup table, so that a megabyte is encoded in milliseconds without numpy. In lines mode
id 0 is the boundary between items; it reads and writes as a newline, which no item can contain.
"""

from codecs import getincrementaldecoder
from collections.abc import Iterable, Iterator
from functools import cached_property

import torch
from torch import Tensor

from lrtui.errors import CorpusError
from lrtui.text.alphabet import Alphabet

_UNKNOWN = -1
_SHOWN = 5


class Vocabulary(Alphabet):
    """An alphabet that encodes and decodes."""

    def encode(self, text: str | bytes) -> Tensor:
        """Token numbers [n], int64, of a text or (byte vocabulary) of raw bytes.

        Raises CorpusError naming the characters that the vocabulary lacks.
        """
        units = self._units(text)
        if not units.numel():
            return torch.empty(0, dtype=torch.int64)
        ids = self._table[units.clamp(max=len(self._table) - 1)]
        if int(ids.min()) == _UNKNOWN:
            raise self._unknown(set(units[ids == _UNKNOWN].tolist()))
        return ids.long()

    def decode(self, ids: Tensor | Iterable[int]) -> str:
        """The text of token numbers; the boundary is a newline, bytes that are no UTF-8 become U+FFFD."""
        numbers: list[int] = ids.tolist() if isinstance(ids, Tensor) else list(ids)
        if self.kind == "char":
            names = self.names
            return "".join([str(names[i]) for i in numbers])
        if self.lines:
            numbers = [i - 1 if i else ord("\n") for i in numbers]
        return bytes(numbers).decode("utf-8", errors="replace")

    def decode_each(self, ids: Iterable[int]) -> Iterator[str]:
        """As `decode`, token by token as they come; bytes wait until they make a character."""
        if self.kind == "char":
            names = self.names
            yield from (str(names[i]) for i in ids)
            return
        decoder = getincrementaldecoder("utf-8")(errors="replace")
        for i in ids:
            number = i if not self.lines else i - 1 if i else ord("\n")
            yield decoder.decode(bytes([number]))
        yield decoder.decode(b"", final=True)

    def _units(self, text: str | bytes) -> Tensor:
        """Code points (char) or bytes of a text as integers [n]."""
        if self.kind == "byte":
            raw = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
            return _numbers(raw, torch.uint8).int()
        if isinstance(text, bytes):
            raise TypeError("a character vocabulary encodes str, not bytes")
        # a prompt typed in a terminal can hold lone surrogates: let them reach the sentence about unknown characters
        return _numbers(text.encode("utf-32-le", "surrogatepass"), torch.int32)

    @cached_property
    def _table(self) -> Tensor:
        """Token number of each code point or byte, int32; the last entry stands for everything beyond the table."""
        codes = list(range(256)) if self.kind == "byte" else [ord(c) for c in self.chars]
        table = torch.full((max([*codes, ord("\n")]) + 2,), _UNKNOWN, dtype=torch.int32)
        table[torch.tensor(codes, dtype=torch.int64)] = torch.arange(len(codes), dtype=torch.int32) + int(self.lines)
        if self.lines:
            table[ord("\n")] = self.BOUNDARY
        return table

    def _unknown(self, units: set[int]) -> CorpusError:
        codes = sorted(units)
        shown = ", ".join(f"{chr(c)!a} (U+{c:04X})" for c in codes[:_SHOWN])
        more = f" and {len(codes) - _SHOWN} more" if len(codes) > _SHOWN else ""
        known = "".join(self.chars)
        return CorpusError(
            f"the model's vocabulary has no character {shown}{more}",
            f"It knows {known[:60]!a}{'…' if len(known) > 60 else ''}. "
            'Leave the others out, or train with corpus.vocab = "byte", which knows every text.',
        )


def _numbers(raw: bytes, dtype: torch.dtype) -> Tensor:
    # frombuffer refuses nothing at all, and warns about memory that cannot be written
    return torch.frombuffer(bytearray(raw), dtype=dtype) if raw else torch.empty(0, dtype=dtype)
