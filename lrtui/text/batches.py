"""Batches as a pure function of (seed, step): no loader, no loader state, nothing to save for a resume.

Numbers of examples are drawn by a private CPU generator that is seeded anew from (seed, block of 256 steps), so a
batch is the same on every device and after every jump. The tensors of many steps are gathered at once and kept, because
a tiny model takes a batch every 200 µs: then `.at(step)` is one look into a list.
"""

from hashlib import blake2b
from typing import Literal, NamedTuple, Protocol

import torch
from torch import Tensor

from lrtui.errors import CorpusError
from lrtui.printable import printable
from lrtui.text.dataset import TextData, longest_item
from lrtui.text.examples import IGNORE, Contexts, Items, Streams, Windows

__all__ = ["IGNORE", "Batch", "Batches", "Layout", "Split", "Stack", "eval_batches", "make_batches"]

TOGETHER = 512  # tokens that are evaluated at once, where batches are smaller

Layout = Literal["windows", "contexts", "items", "streams"]
Split = Literal["train", "val"]

_STEPS_PER_SEED = 256
_CHUNK_ELEMENTS = 1_000_000


class Batch(NamedTuple):
    """x [B, T] and y [B, T] (contexts: x [B, context], y [B]). `fresh`: no hidden state comes from the batch before."""

    x: Tensor
    y: Tensor
    fresh: bool


class Stack(NamedTuple):
    """The batches of the steps `first` … in one piece: x [n, B, T] and y [n, B, T] or [n, B]; `fresh` one a step."""

    first: int
    x: Tensor
    y: Tensor
    fresh: tuple[bool, ...]


class Batches(Protocol):
    """An endless supply of batches, of which any can be asked for."""

    def at(self, step: int) -> Batch:
        """The batch of `step` ≥ 0."""
        ...

    def around(self, step: int) -> Stack:
        """The batch of `step` among its neighbours, as many as are made at once; which, is fixed by `step`."""
        ...


def make_batches(
    data: TextData, split: Split, layout: Layout, batch: int, block: int, seed: int, device: str | torch.device
) -> Batches:
    """The training batches of a run; `block` is the context length for `contexts`, and items are cut to it.

    Raises CorpusError where the split is too short.
    """
    tokens = data.split(split).to(device)
    if layout == "streams":
        streams = Streams(tokens, batch, block, slack=block - 1)
        if not streams.blocks:
            what = f"train.batch = {batch} streams of train.block = {block} tokens"
            raise _too_short(data, split, what, (batch + 1) * block, "train.batch or train.block")
        return _StreamBatches(streams, seed, block)
    return _RandomBatches(_examples(data, split, tokens, layout, block), batch, seed)


def eval_batches(
    data: TextData, split: Split, layout: Layout, batch: int, block: int, n: int, device: str | torch.device
) -> list[Batch]:
    """What `n` batches hold to evaluate on, always the same whatever the seed of the run; the last may be smaller.

    A split with at most n·batch examples is used whole, each target once; of a larger one a fixed random choice is
    taken. Small batches come several together: a look at each by itself is mostly book-keeping. They may hold different
    numbers of targets: weigh their losses by `(y != IGNORE).sum()`. Windows and streams of a split shorter than `block`
    are as long as it allows.
    """
    tokens = data.split(split)
    if layout in ("windows", "streams"):
        block = min(block, len(tokens) - 1)
    if layout == "streams":
        made = _eval_streams(tokens, batch, block, n)
    elif layout == "windows" and -(-(len(tokens) - 1) // block) <= n * batch:
        made = _cut(*_whole(tokens, block), batch)
    else:
        examples = _examples(data, split, tokens, layout, block)
        chosen = torch.arange(examples.count)
        if examples.count > n * batch:
            chosen = torch.randperm(examples.count, generator=_generator("evaluation", 0, 0))[: n * batch]
        made = _cut(*examples.gather(chosen), batch)
    return [Batch(b.x.to(device), b.y.to(device), b.fresh) for b in made]


class _Chunked:
    """The batches of many steps at once, made by `_fill` when a step is asked for that is not among them."""

    def __init__(self) -> None:
        self._stack = Stack(0, torch.empty(0), torch.empty(0), ())
        self._ready = list[Batch]()  # the stack one by one, once somebody wants them so
        self._first = 0

    def at(self, step: int) -> Batch:
        place = step - self._first
        if not 0 <= place < len(self._ready):
            self._first, x, y, fresh = self.around(step)
            self._ready = [Batch(*each) for each in zip(x.unbind(), y.unbind(), fresh, strict=True)]
            place = step - self._first
        return self._ready[place]

    def around(self, step: int) -> Stack:
        if not 0 <= step - self._stack.first < len(self._stack.fresh):
            self._stack = self._fill(step)
        return self._stack

    def _fill(self, step: int) -> Stack:
        """The batches among which is that of `step`."""
        raise NotImplementedError


class _RandomBatches(_Chunked):
    """Examples drawn with replacement."""

    def __init__(self, examples: Contexts | Windows | Items, batch: int, seed: int) -> None:
        self._examples, self._batch, self._seed = examples, batch, seed
        self._steps = _steps_per_chunk(batch, examples.width)
        self._drawn: tuple[int, Tensor] = (-1, torch.empty(0))
        super().__init__()

    def _fill(self, step: int) -> Stack:
        block, place = divmod(step, _STEPS_PER_SEED)
        if self._drawn[0] != block:
            generator = _generator("batches", self._seed, block)
            shape = (_STEPS_PER_SEED, self._batch)
            self._drawn = (block, torch.randint(self._examples.count, shape, generator=generator))
        begin = place - place % self._steps
        index = self._drawn[1][begin : begin + self._steps].to(self._examples.tokens.device)
        x, y = self._examples.gather(index)
        return Stack(block * _STEPS_PER_SEED + begin, x, y, (True,) * len(x))


class _StreamBatches(_Chunked):
    """Blocks in reading order; every epoch begins at another offset, drawn from (seed, epoch)."""

    def __init__(self, streams: Streams, seed: int, block: int) -> None:
        self._streams, self._seed, self._block = streams, seed, block
        self._steps = _steps_per_chunk(streams.batch, block)
        super().__init__()

    def _fill(self, step: int) -> Stack:
        first = step - step % self._steps
        epochs = [divmod(s, self._streams.blocks) for s in range(first, first + self._steps)]
        shift = {epoch: self._shift(epoch) for epoch in {epoch for epoch, _ in epochs}}
        offsets = torch.tensor([shift[epoch] + block * self._block for epoch, block in epochs])
        x, y = self._streams.gather(offsets.to(self._streams.tokens.device))
        return Stack(first, x, y, tuple(block == 0 for _, block in epochs))

    def _shift(self, epoch: int) -> int:
        return int(torch.randint(self._block, (), generator=_generator("epoch", self._seed, epoch)))


def _steps_per_chunk(batch: int, width: int) -> int:
    return max(1, min(_STEPS_PER_SEED, _CHUNK_ELEMENTS // (batch * width)))


def _generator(purpose: str, seed: int, block: int) -> torch.Generator:
    """A private generator. Hashing keeps neighbouring seeds and blocks from drawing the same or related numbers."""
    digest = blake2b(f"{purpose}/{seed}/{block}".encode(), digest_size=8).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest, "little") >> 1)


def _examples(data: TextData, split: Split, tokens: Tensor, layout: Layout, block: int) -> Contexts | Windows | Items:
    boundary = data.vocabulary.boundary
    if layout == "items":
        if boundary is None:
            raise ValueError('the layout "items" needs corpus.mode = "lines"')
        return Items(tokens, min(block, longest_item(data) + 1), boundary)
    windows = layout == "windows"
    examples = Windows(tokens, block) if windows else Contexts(tokens, block, boundary)
    key = "train.block" if windows else "model.context"
    if not examples.count:
        raise _too_short(data, split, f"one example with {key} = {block}", block + 1, key)
    return examples


def _eval_streams(tokens: Tensor, batch: int, block: int, n: int) -> list[Batch]:
    """The first `n` blocks of as many parallel streams as fit, up to `batch`."""
    streams = Streams(tokens, min(batch, (len(tokens) - 1) // block), block, slack=0)
    x, y = streams.gather(torch.arange(min(n, streams.blocks)) * block)
    return [Batch(x[i], y[i], i == 0) for i in range(len(x))]


def _whole(tokens: Tensor, block: int) -> tuple[Tensor, Tensor]:
    """Windows that together have every target once; the last reaches back for its context."""
    windows = Windows(tokens, block)
    starts = torch.arange(0, len(tokens) - 1, block)
    twice = int(starts[-1]) - (windows.count - 1)
    starts[-1] = windows.count - 1
    x, y = windows.gather(starts)
    y[-1, :twice] = IGNORE
    return x, y


def _cut(x: Tensor, y: Tensor, batch: int) -> list[Batch]:
    rows = batch * max(1, TOGETHER // (batch * x.shape[1]))
    return [Batch(*pair, True) for pair in zip(torch.split(x, rows), torch.split(y, rows), strict=True)]


def _too_short(data: TextData, split: str, what: str, needed: int, keys: str) -> CorpusError:
    part = "training" if split == "train" else "validation"
    return CorpusError(
        f"corpus {printable(data.name)}: the {part} part has {len(data.split(split))} tokens, {what} needs {needed}",
        f"Lower {keys}, or use a longer text.",
    )
