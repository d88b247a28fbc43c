"""What a form can tell of a text before the run begins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lrtui.config.schema import CorpusConfig


@dataclass(frozen=True, slots=True)
class TextTold:
    """`tokens` is the size of the vocabulary, None where only the start of the run can tell; `problem` is why a run
    would not begin, empty where nothing is wrong; `note` says what the start does first."""

    tokens: int | None = None
    problem: str = ""
    note: str = ""


def text_told(corpus: CorpusConfig, home: Path) -> TextTold:
    """Reads the text, which takes a moment: call it in a thread. Nothing is downloaded."""
    from lrtui.errors import CorpusError
    from lrtui.text.preview import alphabet_of, is_downloaded_first

    try:
        alphabet = alphabet_of(corpus, home)
        note = "downloaded at the start" if is_downloaded_first(corpus, home) else ""
    except CorpusError as error:
        return TextTold(problem=error.sentence)
    except (OSError, ValueError) as error:  # a folder that changes under our hands
        return TextTold(problem=f"the text cannot be read: {error}")
    return TextTold(alphabet.size if alphabet else None, "", note)


class Texts:
    """What was read of texts so far. `read` begins to read one, and `heard` is told what was found."""

    def __init__(self, read: Callable[[CorpusConfig], None]) -> None:
        self._read = read
        self._told: dict[tuple[object, ...], TextTold | None] = {}

    def told(self, corpus: CorpusConfig, *, ask: bool) -> TextTold:
        """What is known of this text now; with `ask` it is read if it never was."""
        key = _key(corpus)
        if ask and key not in self._told:
            self._told[key] = None
            self._read(corpus)
        return self._told.get(key) or TextTold(note="reading it" if key in self._told else "")

    def heard(self, corpus: CorpusConfig, told: TextTold) -> None:
        self._told[_key(corpus)] = told

    def check_again(self, corpus: CorpusConfig) -> None:
        """Read a text anew that had a problem, which stands until then."""
        told = self._told.get(_key(corpus))
        if told is not None and told.problem:
            self._read(corpus)

    def forget_problems(self) -> None:
        """A text that was not there may be there by now: read it again when it is asked for."""
        self._told = {key: told for key, told in self._told.items() if told is None or not told.problem}


def _key(corpus: CorpusConfig) -> tuple[object, ...]:
    """What the answer depends on."""
    return corpus.name, corpus.path, corpus.vocab, corpus.mode
