"""Text from corpora, models, names and exceptions is untrusted: this makes it safe to show in a terminal.

An escape sequence in a sample could retitle the window or write the clipboard, and a bidirectional override could
reorder what a person reads. Only what is shown passes here; training data stays byte-exact.
"""

REPLACEMENT = "\ufffd"

#: Marks, embeddings, overrides and isolates that reorder the text around them (Unicode's Bidi_Control).
_BIDI_CONTROLS = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_LINE_BREAKERS = (0x2028, 0x2029)

_SHOWN: dict[int, str] = {
    **{code: chr(0x2400 + code) for code in range(0x20)},
    0x7F: "\u2421",
    **dict.fromkeys(range(0x80, 0xA0), REPLACEMENT),
    **dict.fromkeys(_BIDI_CONTROLS, REPLACEMENT),
    **dict.fromkeys(_LINE_BREAKERS, REPLACEMENT),
    **dict.fromkeys(range(0xD800, 0xE000), REPLACEMENT),
}
#: Our own signs where only ASCII can be shown; one cell for one cell, so that charts stay aligned.
_IN_ASCII = str.maketrans("┤│├╎─╌└┬┴┼┌┐┘×•·–…━●‹›▁▂▃▄▅▆▇█", "||||--+++++++xo|-.=*<>_.-=+*%#") | {ord("→"): "->"}
#: Pairs that are read together; ASCII as wide as they are.
_PAIRS_IN_ASCII = {"×½": "/2"}
_SHOWN_WITH_NEWLINES = {code: shown for code, shown in _SHOWN.items() if code != 0x0A} | {0x09: "    "}


def printable(text: str, *, keep_newlines: bool = False) -> str:
    """`text` with nothing a terminal would obey: C0 and DEL become control pictures, C1, bidi controls and lone
    surrogates become U+FFFD.

    With `keep_newlines` a newline stays one and a tab becomes four spaces; without, the result is a single line.
    """
    return text.translate(_SHOWN_WITH_NEWLINES if keep_newlines else _SHOWN)


def ascii_only(text: str) -> str:
    """`text` in ASCII: our lines and signs by their nearest, everything else by a question mark."""
    return pairs_in_ascii(text).translate(_IN_ASCII).encode("ascii", "replace").decode()


def pairs_in_ascii(text: str) -> str:
    """`text` with those signs in ASCII that only mean something together, cell for cell."""
    for pair, ascii in _PAIRS_IN_ASCII.items():
        text = text.replace(pair, ascii)
    return text
