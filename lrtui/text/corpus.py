"""Where a text comes from: made here, fetched by name, or a file or folder; a sentence for every way it can be wrong.

Nothing here loads torch, so that `lrtui corpus list` is quick.
"""

import difflib
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from lrtui.errors import CorpusError
from lrtui.printable import printable
from lrtui.runs.directory import RUN_NAME
from lrtui.text.builtin import BUILTINS
from lrtui.text.download import Progress, catalog, fetch
from lrtui.text.files import read_path

__all__ = ["CorpusText", "Progress", "corpora_folder", "load_text", "names_of"]

_SMALLEST = 64
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")

Text = str | bytes


class CorpusSettings(Protocol):
    """What is read of the config's `[corpus]`."""

    @property
    def name(self) -> str | None: ...
    @property
    def path(self) -> str | None: ...
    @property
    def vocab(self) -> str: ...


@dataclass(frozen=True)
class CorpusText:
    """A text as it was found: str for characters, bytes for bytes; `sha256` and `bytes` are those of the raw bytes."""

    name: str
    text: Text
    sha256: str
    bytes: int


def corpora_folder(home: Path) -> Path:
    """Where downloaded and added texts lie, each as NAME.txt."""
    return home / "corpora"


def load_text(settings: CorpusSettings, home: Path, progress: Progress | None = None) -> CorpusText:
    """The text of `corpus.path` or `corpus.name`; `progress` hears of a download.

    Raises CorpusError where there is none, or where it is empty, tiny, binary or no UTF-8 (characters).
    """
    if settings.path is not None:
        path = Path(settings.path)
        # a run writes into the home while it trains: with its own logs in it, the text would change at every resume
        raw = read_path(path, leave_out=(home / "checkpoints", corpora_folder(home)))
        return decoded(path.name or path.absolute().name, raw, settings.vocab)
    name = settings.name or ""
    return decoded(name, _by_name(name, home, progress), settings.vocab)


def names_of(home: Path) -> list[str]:
    """Every name that `corpus.name` can have: built in, of the catalogue, added."""
    known = [*BUILTINS, *catalog()]
    return known + [path.stem for path in added_files(home) if path.stem not in known]


def added_files(home: Path) -> list[Path]:
    """The files NAME.txt in the corpora folder, sorted."""
    try:
        return sorted(p for p in corpora_folder(home).glob("*.txt") if RUN_NAME.fullmatch(p.stem) and p.is_file())
    except OSError:
        return []


def _by_name(name: str, home: Path, progress: Progress | None) -> bytes:
    if name in BUILTINS:
        return BUILTINS[name].make().encode()
    if name in catalog():
        return read_path(fetch(catalog()[name], corpora_folder(home), progress))
    # only names from the folder's own listing become paths: no name leads out of the home
    for path in added_files(home):
        if path.stem == name:
            return read_path(path)
    known = names_of(home)
    near = difflib.get_close_matches(name, known, 1)
    meant = f"Did you mean {near[0]}? " if near else ""
    raise CorpusError(
        f"corpus.name: there is no corpus {printable(name)!r}",
        f"{meant}There are {', '.join(known)}. For a file or a folder use corpus.path.",
    )


def decoded(name: str, raw: bytes, vocab: str) -> CorpusText:
    """The raw bytes as a checked text; carriage returns and everything else stay as they are."""
    shown = printable(name)
    if not raw.strip():
        raise CorpusError(
            f"corpus {shown} is {'empty' if not raw else 'blank'}", "Choose another file with corpus.path."
        )
    if len(raw) < _SMALLEST:
        raise CorpusError(
            f"corpus {shown} has {len(raw)} bytes: too little to learn from, at least {_SMALLEST} are needed",
            "Choose another text with corpus.path or corpus.name.",
        )
    text = raw if vocab == "byte" else _characters(shown, raw)
    return CorpusText(name=name, text=text, sha256=sha256(raw).hexdigest(), bytes=len(raw))


def _characters(shown: str, raw: bytes) -> str:
    if raw.startswith(_UTF16_MARKS):
        raise CorpusError(
            f"corpus {shown} is UTF-16, not UTF-8", "Convert it: iconv -f UTF-16 -t UTF-8 FILE > NEW, then use NEW."
        )
    nul = raw.find(0)
    if nul >= 0:
        raise CorpusError(
            f"corpus {shown} looks binary: byte {nul:,} is NUL",
            'Choose a text file, or set corpus.vocab = "byte" to learn the bytes as they are.',
        )
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise CorpusError(
            f"corpus {shown} is not UTF-8: byte {error.start:,} is 0x{raw[error.start]:02x}",
            'Set corpus.vocab = "byte", or convert the file: iconv -f LATIN1 -t UTF-8 FILE > NEW.',
        ) from None
