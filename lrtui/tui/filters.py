"""The last gate before the terminal: whatever a widget rendered, no control character passes."""

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from lrtui.printable import ascii_only, pairs_in_ascii, printable


class SafeText(LineFilter):
    """Makes every text of a line safe to print; in ASCII where asked, cell for cell."""

    def __init__(self, *, ascii: bool) -> None:
        super().__init__()
        self._ascii = ascii

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [segment if self._is_safe(segment.text) else self._safe(segment) for segment in segments]

    def _is_safe(self, text: str) -> bool:
        return text.isprintable() and (text.isascii() or not self._ascii)

    def _safe(self, segment: Segment) -> Segment:
        text = printable(segment.text)
        if self._ascii:
            text = "".join(_in_ascii(character) for character in pairs_in_ascii(text))
        return Segment(text, segment.style, segment.control)


def _in_ascii(character: str) -> str:
    """As many ASCII characters as `character` takes cells, so that what follows stays in its column."""
    cells = cell_len(character)
    if character == "→":
        return ">"
    return ascii_only(character)[:cells].ljust(cells, "?" if cells > 1 else " ")
