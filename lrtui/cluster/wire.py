"""What travels between a sweep and a process that trains packs for it: frames of msgpack, tensors as safetensors.

No pickle: what comes over the wire is checked against these types.
"""

from __future__ import annotations

from typing import IO, Any, TypeVar

import msgspec

from lrtui.lr.ledger import Rate


class Job(msgspec.Struct, frozen=True, tag=True):
    """Something asked of pack number `pack`."""

    pack: int


class Make(Job, frozen=True):
    """A pack of fresh lanes."""

    seed: int
    lanes: list[int]
    rates: list[Rate]


class Train(Job, frozen=True):
    first: int
    end: int


class Evaluate(Job, frozen=True):
    pass


class Capture(Job, frozen=True):
    pass


class Restore(Job, frozen=True):
    tensors: bytes
    updates: int


class Keep(Job, frozen=True):
    places: list[int]


class Steer(Job, frozen=True):
    place: int
    rate: Rate


class Setup(msgspec.Struct, frozen=True, tag=True):
    """The first frame: the configuration as JSON, the home of texts, and the sha256 that the text must have."""

    config: str
    home: str
    corpus_sha256: str


class Done(msgspec.Struct, frozen=True):
    """What became of a job: a block of steps, losses, tensors, or nothing to tell; or `error`, in a sentence."""

    columns: tuple[list[list[float]], list[list[float]], list[list[float]]] | None = None
    losses: list[float] = []
    tensors: bytes = b""
    updates: int = 0
    error: str = ""


Frame = Setup | Make | Train | Evaluate | Capture | Restore | Keep | Steer
_T = TypeVar("_T")
_HEAD = 8  # bytes of a frame's length


def write_frame(file: IO[bytes], message: Any) -> None:
    """One message, sent off at once. Raises OSError where nobody reads any more."""
    data = msgspec.msgpack.encode(message)
    file.write(len(data).to_bytes(_HEAD, "little") + data)
    file.flush()


def read_frame(file: IO[bytes], kind: type[_T]) -> _T | None:
    """The next message; None where the other side has gone."""
    head = file.read(_HEAD)
    if len(head) < _HEAD:
        return None
    size = int.from_bytes(head, "little")
    data = file.read(size)
    return msgspec.msgpack.decode(data, type=kind) if len(data) == size else None
