"""The worst texts a corpus, a name or an exception can hold, and what must not be seen of them."""

import re
import unicodedata

WORST = (
    "[/b] [/] [a='b'] [@click=app.quit]x[/]",
    "\x1b[2J\x1b]0;owned\x07 \x9b31m",
    "tab\tnew\nline\r\x00nul\x7f",
    "\u202egnp.exe \u2066x\u2069 \u200f",
    "\ud800 lone \udfff",
    "日本語テキスト" * 30,
    "e\u0301\u0301\u0301 a\u20dd 👩‍👩‍👧 ☃️",
    "x" * 10_000,
    "",
)


#: what a terminal would obey: it would be retitled, its clipboard written, its screen cleared, its colours changed
ESCAPES = "\x1b]0;owned\x07\x1b]52;c;b3duZWQ=\x07\x1b[2J\x9b31m\x1bP$q\x1b\\"

#: CSI, strings with a command, and any other escape
_SEQUENCE = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|[]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|.|$)", re.DOTALL)


def sequences(output: bytes) -> set[bytes]:
    """The escape sequences in what a terminal got; colours and places without their numbers."""
    return {re.sub(rb"\x1b\[[0-9;]*([mH])", b"\x1b[\\1", found) for found in _SEQUENCE.findall(output)}


def between_sequences(output: bytes) -> str:
    """The text in what a terminal got, without the ends of lines."""
    return re.sub(r"[\r\n]", "", _SEQUENCE.sub(b"", output).decode("utf-8", "surrogateescape"))


def obeyed(text: str) -> list[str]:
    """The characters of `text` that a terminal would obey, or that reorder what is read."""
    return [
        c for c in text if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") or unicodedata.bidirectional(c) in _BIDI
    ]


_BIDI = ("LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI")
