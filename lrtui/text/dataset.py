"""A text becomes tokens with a training and a validation part, the same ones for every run on that text.

The split depends on the text and `corpus.val_fraction` alone, never on `train.seed`: validation losses of two runs can
be compared.
"""

import random
from dataclasses import dataclass
from typing import AnyStr, Literal, Protocol

from torch import Tensor

from lrtui.errors import CorpusError
from lrtui.printable import printable
from lrtui.text.corpus import CorpusText
from lrtui.text.vocabulary import Vocabulary

_SPLIT_SEED = 42


class SplitSettings(Protocol):
    """What is read of the config's `[corpus]`."""

    @property
    def mode(self) -> str: ...
    @property
    def val_fraction(self) -> float: ...


@dataclass(frozen=True)
class TextData:
    """Token numbers of a text. `train` [n] and `val` [m] are int64 on the CPU; in lines mode they read
    boundary item boundary item … boundary."""

    name: str
    sha256: str
    bytes: int
    mode: Literal["stream", "lines"]
    vocabulary: Vocabulary
    train: Tensor
    val: Tensor

    def split(self, which: str) -> Tensor:
        """The tokens of `train` or `val`."""
        return self.val if which == "val" else self.train


def make_dataset(settings: SplitSettings, text: CorpusText, vocabulary: Vocabulary | None = None) -> TextData:
    """Split and encode a text; a run that goes on or starts warm passes the `vocabulary` it was trained with.

    Raises CorpusError where the text is too short to split, has a single symbol, or characters the vocabulary lacks.
    """
    lines = settings.mode == "lines"
    vocabulary = vocabulary or Vocabulary.of(text.text, lines=lines)
    _check_kind(vocabulary, text, lines)
    if vocabulary.size < 2:
        raise CorpusError(
            f"corpus {printable(text.name)} is one character repeated: there is nothing to learn",
            "Choose another text with corpus.name or corpus.path.",
        )
    parts = _parts(text, settings.val_fraction, lines)
    train, val = (vocabulary.encode(part) for part in parts)
    return TextData(
        name=text.name,
        sha256=text.sha256,
        bytes=text.bytes,
        mode="lines" if lines else "stream",
        vocabulary=vocabulary,
        train=train,
        val=val,
    )


def _check_kind(vocabulary: Vocabulary, text: CorpusText, lines: bool) -> None:
    kind = "byte" if isinstance(text.text, bytes) else "char"
    if (vocabulary.kind, vocabulary.lines) != (kind, lines):
        mode = "lines" if vocabulary.lines else "stream"
        raise CorpusError(
            f'the model was trained with corpus.vocab = "{vocabulary.kind}" and corpus.mode = "{mode}": '
            f"it cannot go on with corpus {printable(text.name)} read otherwise",
            f'Set corpus.vocab = "{vocabulary.kind}" and corpus.mode = "{mode}".',
        )


def _parts(text: CorpusText, fraction: float, lines: bool) -> tuple[str | bytes, str | bytes]:
    if not lines:
        return _split_stream(text.name, text.text, fraction)
    if isinstance(text.text, str):
        return _split_lines(text.name, text.text, "\n", fraction)
    return _split_lines(text.name, text.text, b"\n", fraction)


def _split_stream(name: str, whole: str | bytes, fraction: float) -> tuple[str | bytes, str | bytes]:
    held = round(len(whole) * fraction)
    # two tokens make one prediction: less than that cannot be evaluated
    if held < 2 or len(whole) - held < 2:
        raise CorpusError(
            f"corpus {printable(name)}: of its {len(whole)} tokens corpus.val_fraction = {fraction:g} leaves {held} "
            "for validation, at least 2 are needed",
            "Raise corpus.val_fraction or use a longer text.",
        )
    return whole[:-held], whole[-held:]


def _split_lines(name: str, whole: AnyStr, newline: AnyStr, fraction: float) -> tuple[AnyStr, AnyStr]:
    items = [line for line in whole.split(newline) if line]
    different = list(dict.fromkeys(items))
    held = max(1, round(len(different) * fraction))
    if len(different) - held < 1:
        raise CorpusError(
            f'corpus {printable(name)}: corpus.mode = "lines" needs at least 2 different lines, '
            f"there are {len(different)}",
            'Use corpus.mode = "stream" for one long text.',
        )
    # Repeated items keep their frequency but stay on one side: a validation item was never trained on.
    # Sorting by random() rather than shuffle(): Python promises the same numbers in every version for random() only.
    rng = random.Random(_SPLIT_SEED)
    chosen = set(sorted(different, key=lambda _: rng.random())[:held])

    def bounded(kept: list[AnyStr]) -> AnyStr:
        """Items with a newline before, between and after: what the vocabulary encodes as the boundary."""
        return newline + newline.join(kept) + newline

    return bounded([i for i in items if i not in chosen]), bounded([i for i in items if i in chosen])


def longest_item(data: TextData) -> int:
    """Tokens of the longest item of both splits, without its boundaries (lines mode)."""
    boundary = Vocabulary.BOUNDARY
    return max(int((tokens == boundary).nonzero().flatten().diff().max()) - 1 for tokens in (data.train, data.val))
