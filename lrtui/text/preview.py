"""What can be told of a text before a run begins: its alphabet, found without a download and without a long wait."""

import os
import stat
from pathlib import Path
from typing import Protocol

from lrtui.text.alphabet import Alphabet
from lrtui.text.builtin import BUILTINS
from lrtui.text.corpus import CorpusSettings, corpora_folder, load_text
from lrtui.text.download import catalog, has

#: what is read for a form; a run reads larger texts when it starts
_MOST_BYTES = 1 << 24
_MOST_FILES = 2_000


class PreviewSettings(CorpusSettings, Protocol):
    """What is read of the config's `[corpus]`."""

    @property
    def mode(self) -> str: ...


def alphabet_of(settings: PreviewSettings, home: Path) -> Alphabet | None:
    """The alphabet that a run on this corpus has; None where only the start can tell.

    Raises CorpusError where the start would.
    """
    lines = settings.mode == "lines"
    if settings.path is None and (entry := catalog().get(settings.name or "")) is not None:
        if settings.vocab == "byte":
            return Alphabet.of(b"", lines=lines)
        return Alphabet.of(entry.characters, lines=lines) if entry.characters else None
    if settings.path is not None and not _is_small(Path(settings.path)):
        return None
    return Alphabet.of(load_text(settings, home).text, lines=lines)


def is_downloaded_first(settings: CorpusSettings, home: Path) -> bool:
    """Does the start fetch this text from the network?"""
    entry = catalog().get(settings.name or "") if settings.path is None and settings.name not in BUILTINS else None
    return entry is not None and not has(entry, corpora_folder(home))


def _is_small(path: Path) -> bool:
    """Is this read within a moment? True for what cannot be read at all: reading it says why."""
    try:
        path = path.expanduser()
        status = path.stat()
        if not stat.S_ISDIR(status.st_mode):
            return status.st_size <= _MOST_BYTES
        size = files = 0
        for folder, _, names in os.walk(path):
            for name in names:
                size, files = size + os.lstat(os.path.join(folder, name)).st_size, files + 1
                if size > _MOST_BYTES or files > _MOST_FILES:
                    return False
    except (OSError, RuntimeError, ValueError):
        return True
    return True
