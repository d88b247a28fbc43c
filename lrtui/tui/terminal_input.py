"""What a terminal sends: keys are keys, but its answers to questions are not, nor is half a mouse movement.

Textual types an escape sequence that it does not know out, letter by letter. A terminal that answers a question of the
shell, of tmux or of an editor that ran before (what it is called, what its background is) would so halve the rate, undo
a change or stop for a step: `ESC [ ? 0 u` has both `[` and `u` in it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from functools import lru_cache

from textual._xterm_parser import XTermParser
from textual.constants import ESCAPE_DELAY
from textual.drivers import linux_driver
from textual.events import Key
from textual.message import Message

_ESCAPE, _BELL = "\x1b", "\x07"
#: what begins a string that ends with a bell or `ESC \`: device control, start, privacy, system and application
_STRINGS = "PX^_]"
#: what begins a key, a report or a movement of the mouse
_CODES = "[O"
_PASTE = ("\x1b[200~", "\x1b[201~")
#: A sequence that has not ended by then was cut off; a slow line may deliver one in pieces.
_PATIENCE_SECONDS = 1.0


class TerminalParser(XTermParser):
    """Textual's parser, which is given text and the sequences that it knows, whole, and nothing else."""

    def __init__(self, debug: bool = False) -> None:
        super().__init__(debug)
        self._open = ""  # the sequence that has begun; of a string, its beginning and its newest character
        self._began = 0.0
        self._handed_on = False  # whether its escape was: nothing came after it, so it may be the key

    def feed(self, data: str) -> Iterable[Message]:
        if not data:  # the end, which only an empty text may tell
            yield from super().feed(data)
            return
        for part in filter(None, self._parts(data)):
            yield from super().feed(part)

    def _parts(self, data: str) -> Iterator[str]:
        """The text and the known sequences in `data`, and in what came before and had not ended."""
        patience = ESCAPE_DELAY if self._open == _ESCAPE else _PATIENCE_SECONDS
        if time.monotonic() - self._began > patience:
            self._open = ""
        for character in data:
            if self._open:
                yield self._continued(character)
            elif character == _ESCAPE:
                self._begin()
            else:
                yield character
        if self._open == _ESCAPE and not self._handed_on:
            self._handed_on = True
            yield _ESCAPE

    def _begin(self) -> None:
        self._open, self._began, self._handed_on = _ESCAPE, time.monotonic(), False

    def _continued(self, character: str) -> str:
        """What is complete, and known, once `character` has come to the open sequence."""
        kind, before = self._open[1:2] or character, self._open[-1]
        if kind in _STRINGS and before == _ESCAPE != self._open and character != "\\":
            self._begin()  # the string was cut off, and this belongs to another sequence
            return self._continued(character)
        if character == _ESCAPE and kind not in _STRINGS:
            cut_off = _ESCAPE if self._open == _ESCAPE and not self._handed_on else ""
            self._begin()
            return cut_off
        whole = self._open + character
        if kind in _STRINGS:
            ended = len(whole) > 2 and (character == _BELL or before == _ESCAPE)
            self._open = "" if ended else whole[:2] + whole[2:][-1:]
            return ""
        if not _is_complete(whole):
            self._open = whole
            return ""
        self._open = ""
        known = kind not in _CODES or _is_known(whole)
        return whole[self._handed_on :] if known else ""


def _is_complete(sequence: str) -> bool:
    """Whether this is a whole one: `ESC [`, parameters and a letter or sign, `ESC O` and the same, `ESC` and a key."""
    kind, body = sequence[1], sequence[2:]
    if kind not in _CODES:
        return True
    if body == "[" or body[:1] == "M":  # a console's function keys; a mouse of old, with three bytes to come
        return len(body) == 4
    return bool(body) and (not " " <= body[-1] < "@" or (body[-1] == "$" and body[:-1].isdigit()))


@lru_cache(maxsize=1024)
def _is_known(sequence: str) -> bool:
    """Whether Textual makes something of it: it then takes what follows for what it is, and not for the rest of it."""
    if sequence in _PASTE:
        return True
    try:
        tokens = list(XTermParser().feed(sequence + "a"))
    except ValueError:  # of kitty's keys with more fields than were asked for
        return False
    return bool(tokens) and isinstance(tokens[-1], Key) and tokens[-1].key == "a"


def install() -> None:
    """Have Textual's driver read the terminal by this parser; it has no other way to be told."""
    setattr(linux_driver, "XTermParser", TerminalParser)  # noqa: B010 - types know it as that very class
