"""Settings and texts for the tests of lrtui.text, and where the real texts lie."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest

from lrtui.text.corpus import CorpusText
from lrtui.text.dataset import TextData, make_dataset

SHARED = Path(__file__).parents[3] / "shared" / "data"

#: every character once: the token number of a place is the place, so a batch shows where it was cut
COUNTED = "".join(chr(0x4E00 + i) for i in range(1000))

ITEMS = ["emma", "olivia", "ava", "mia", "isabella", "zoe", "al", "x", "charlotte", "ava"]


@dataclass(frozen=True)
class Settings:
    name: str | None = None
    path: str | None = None
    mode: str = "stream"
    vocab: str = "char"
    val_fraction: float = 0.1


def text_of(text: str | bytes, name: str = "sample") -> CorpusText:
    raw = text.encode() if isinstance(text, str) else text
    return CorpusText(name=name, text=text, sha256=sha256(raw).hexdigest(), bytes=len(raw))


def stream_of(text: str | bytes = COUNTED, val_fraction: float = 0.1) -> TextData:
    return make_dataset(Settings(val_fraction=val_fraction), text_of(text))


def lines_of(items: list[str] = ITEMS, val_fraction: float = 0.2) -> TextData:
    return make_dataset(Settings(mode="lines", val_fraction=val_fraction), text_of("\n".join(items)))


def shared(name: str) -> Path:
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"{name} is not in ../shared/data: the figures on real text are NOT checked here")
    return path
