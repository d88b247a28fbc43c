"""What travels between a sweep and what trains packs for it elsewhere: frames of msgpack, tensors as safetensors.

No pickle: what comes over the wire is checked against these types.
"""

from __future__ import annotations

from typing import IO, Any, TypeVar

import msgspec

from lrtui import __version__
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
    """The first job: the configuration as JSON, and the sha256 that the text must have.

    The text is `text`, raw, called `corpus`; or where that is empty, it is found from `home`. `version` is lrtui's.
    """

    config: str
    corpus_sha256: str
    home: str = ""
    text: bytes = b""
    corpus: str = ""
    version: str = __version__


class Done(msgspec.Struct, frozen=True):
    """What became of a job: a block of steps, losses, tensors, or nothing to tell; or `error`, in a sentence."""

    columns: tuple[list[list[float]], list[list[float]], list[list[float]]] | None = None
    losses: list[float] = []
    tensors: bytes = b""
    updates: int = 0
    error: str = ""


Frame = Setup | Make | Train | Evaluate | Capture | Restore | Keep | Steer


class Join(msgspec.Struct, frozen=True):
    """To the process that talks to Ray, first: join the cluster at `address`.

    Where that is empty: start one on this machine, of so many processors and GPUs, with its logs and sockets in
    `folder`. The folder goes with it.
    """

    address: str
    folder: str
    cpus: int
    gpus: int


class Joined(msgspec.Struct, frozen=True):
    """What the cluster has to spare; or `error`, in a sentence."""

    cpus: float = 0.0
    gpus: float = 0.0
    error: str = ""


class Hire(msgspec.Struct, frozen=True):
    """To the same, second: so many workers, of so many processors and GPUs each, set up by `setup`. Answer: a Done."""

    setup: Setup
    workers: int
    cpus: int
    gpus: int


class Assign(msgspec.Struct, frozen=True):
    """To the same, from then on: a job for a worker."""

    worker: int
    job: Frame


class Reply(msgspec.Struct, frozen=True):
    """A worker's answer to its oldest job without one; or, before that is there, `news` of the worker in a sentence."""

    worker: int
    done: Done | None = None
    news: str = ""


_T = TypeVar("_T")
_HEAD = 8  # bytes of a frame's length


def encoded(message: Any) -> bytes:
    """A message as it travels."""
    return msgspec.msgpack.encode(message)


def job_of(data: bytes) -> Frame:
    """The job that `encoded` made these bytes of."""
    job: Frame = msgspec.msgpack.decode(data, type=Frame)
    return job


def done_of(data: bytes) -> Done:
    """The same for what became of one."""
    return msgspec.msgpack.decode(data, type=Done)


def write_frame(file: IO[bytes], message: Any) -> None:
    """One message, sent off at once. Raises OSError where nobody reads any more."""
    data = encoded(message)
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
