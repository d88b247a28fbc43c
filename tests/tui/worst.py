"""The worst texts a corpus, a name or an exception can hold, and what must not be seen of them."""

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


def obeyed(text: str) -> list[str]:
    """The characters of `text` that a terminal would obey, or that reorder what is read."""
    return [
        c for c in text if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") or unicodedata.bidirectional(c) in _BIDI
    ]


_BIDI = ("LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI")
