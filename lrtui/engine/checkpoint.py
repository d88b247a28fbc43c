"""Checkpoints: written so that a power cut at any moment leaves the one before, read so that a flipped bit is found.

`steps/000012000/` holds model.safetensors, optim.safetensors (with the carried hidden state), state.json and, where a
divergence would roll back to another state, good.safetensors. MANIFEST.json names them all with size and sha256 and is
written last. The folder is made beside its place, fsynced and renamed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from contextlib import suppress
from pathlib import Path

import msgspec
import numpy
from safetensors.numpy import save
from safetensors.torch import load
from torch import Tensor

from lrtui.engine.flat import FlatParameters
from lrtui.engine.state import Snapshot, state_sha256
from lrtui.errors import CheckpointError, OtherModelError
from lrtui.lr.schedule import Schedule
from lrtui.runs.checkpoints import Meta, read_meta
from lrtui.runs.directory import RunDirectory, disk_errors, reason_text, sync_directory
from lrtui.runs.plain_files import read_plain

MANIFEST = "MANIFEST.json"
OLD = ".old.tmp"  # ends the name of a folder that is being replaced
WEIGHTS = ("model.safetensors", "state.json")
WHOLE = (*WEIGHTS, "optim.safetensors")


class FileRecord(msgspec.Struct, frozen=True):
    size: int
    sha256: str


class Origin(msgspec.Struct, frozen=True):
    """What every checkpoint of a run repeats, so that each can be read alone."""

    schedule: Schedule
    vocabulary: dict[str, object]
    corpus_sha256: str
    fingerprint: dict[str, str]


def write_checkpoint(
    run: RunDirectory,
    snapshot: Snapshot,
    flat: FlatParameters,
    origin: Origin,
    *,
    rewinds: int = 0,
    pinned: bool = False,
    best: bool = False,
) -> Path:
    """Write `snapshot` (in host memory) as the checkpoint of its step, over one that is there. Raises DiskError."""
    target = run.checkpoint(snapshot.step)
    write_state(target, snapshot, flat, origin, rewinds=rewinds, pinned=pinned, best=best)
    return target


def write_state(
    target: Path,
    snapshot: Snapshot,
    flat: FlatParameters,
    origin: Origin,
    *,
    rewinds: int = 0,
    pinned: bool = False,
    best: bool = False,
) -> None:
    """Write `snapshot` (in host memory) as the folder `target`. Raises DiskError."""
    meta = Meta(
        progress=snapshot.progress,
        good=None if snapshot.good is None else snapshot.good.progress,
        schedule=origin.schedule,
        vocabulary=origin.vocabulary,
        corpus_sha256=origin.corpus_sha256,
        fingerprint=origin.fingerprint,
        state_sha256=state_sha256(snapshot.values, snapshot.buffers, flat),
        rewinds=rewinds,
        pinned=pinned,
        best=best,
    )
    files = {
        "model.safetensors": save(solid(flat.views(snapshot.values))),
        "optim.safetensors": save(solid(_optimizer_tensors(snapshot, flat))),
        "state.json": msgspec.json.encode(meta),
    }
    if snapshot.good is not None:
        good = {f"parameter/{name}": t for name, t in flat.views(snapshot.good.values).items()}
        files["good.safetensors"] = save(solid(good | _optimizer_tensors(snapshot.good, flat)))
    write_folder(target, files)


def write_folder(target: Path, files: dict[str, bytes]) -> None:
    """Write `files` and their manifest as the folder `target`, over one that is there. Raises DiskError."""
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    manifest = {name: FileRecord(len(data), hashlib.sha256(data).hexdigest()) for name, data in files.items()}
    with disk_errors("write the checkpoint", target):
        try:
            target.parent.mkdir(exist_ok=True)
            shutil.rmtree(temporary, ignore_errors=True)
            temporary.mkdir()
            for name, data in files.items():
                _write_synced(temporary / name, data)
            _write_synced(temporary / MANIFEST, msgspec.json.encode(manifest))
            sync_directory(temporary)
            if target.exists():
                old = target.with_name(f".{target.name}{OLD}")
                shutil.rmtree(old, ignore_errors=True)
                target.rename(old)  # a kill here is mended by shelf.sweep
                temporary.rename(target)
                shutil.rmtree(old)
            else:
                temporary.rename(target)
            sync_directory(target.parent)
        except OSError:
            shutil.rmtree(temporary, ignore_errors=True)
            raise


def remove_folder(folder: Path) -> None:
    """Delete a state. A kill in the middle leaves something to sweep, nothing that looks like a damaged state."""
    doomed = folder.with_name(f".{folder.name}.gone.tmp")
    shutil.rmtree(doomed, ignore_errors=True)
    with suppress(OSError):  # on a disk that refuses, it stays: training needs no room from it
        folder.rename(doomed)
    shutil.rmtree(doomed, ignore_errors=True)


def _write_synced(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def solid(tensors: dict[str, Tensor]) -> dict[str, numpy.ndarray]:
    """The same as contiguous arrays, which safetensors wants.

    By numpy, because this runs in the writer's thread: a torch operation there would bring a second pool of OpenMP
    threads, and with more of those than cores each of training's parallel regions costs up to 3 times as much.
    """
    return {name: numpy.ascontiguousarray(tensor.numpy()) for name, tensor in tensors.items()}


def _optimizer_tensors(snapshot: Snapshot, flat: FlatParameters) -> dict[str, Tensor]:
    """Optimizer buffers keyed `exp_avg/embed.weight`, and the carry keyed `carry/0`: by name, never by position."""
    named = {f"{kind}/{name}": t for kind, buffer in snapshot.buffers.items() for name, t in flat.views(buffer).items()}
    return named | {f"carry/{i}": t for i, t in enumerate(snapshot.carry)}


def read_verified(folder: Path, only: tuple[str, ...] = (), needed: tuple[str, ...] = WHOLE) -> dict[str, bytes]:
    """The files of a checkpoint, each checked against the manifest. Raises CheckpointError naming the first bad one.

    `only` limits reading to some of them; without it, those `needed` must be there.
    """

    def bad(what: str) -> CheckpointError:
        return CheckpointError(f"checkpoint {folder.name}: {what}")

    try:
        manifest = msgspec.json.decode(read_plain(folder / MANIFEST), type=dict[str, FileRecord])
    except FileNotFoundError:
        raise bad(f"{MANIFEST} is missing") from None
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        raise bad(f"{MANIFEST} cannot be read") from None
    files = {}
    for name, record in manifest.items():
        if only and name not in only:
            continue
        try:
            data = read_plain(folder / name)
        except OSError as error:
            raise bad(f"{name}: {reason_text(error)}") from None
        if len(data) != record.size:
            raise bad(f"{name} has {len(data)} bytes instead of {record.size}")
        if hashlib.sha256(data).hexdigest() != record.sha256:
            raise bad(f"{name} is not what was written (its sha256 differs)")
        files[name] = data
    if missing := {*(only or needed)} - files.keys():
        raise bad(f"{MANIFEST} does not list {', '.join(sorted(missing))}")
    return files


def read_checkpoint(folder: Path, flat: FlatParameters, *, weights_only: bool = False) -> tuple[Snapshot, Meta]:
    """The verified state in a checkpoint, on the CPU. Raises CheckpointError when any of it cannot be trusted.

    `weights_only` reads the parameters alone; the optimizer of the snapshot is then empty.
    """
    files = read_verified(folder, WEIGHTS if weights_only else ())
    meta = read_meta(folder)
    if meta.good is not None and not weights_only and "good.safetensors" not in files:
        raise CheckpointError(f"checkpoint {folder.name}: {MANIFEST} does not list good.safetensors")
    values = gather(load(files["model.safetensors"]), flat, folder.name)
    if weights_only:
        return Snapshot(meta.progress, values, {}, ()), meta
    buffers, carry = _optimizer_state(load(files["optim.safetensors"]), flat, folder.name)
    good = None
    if meta.good is not None:
        tensors = load(files["good.safetensors"])
        kept = {name.removeprefix("parameter/"): t for name, t in tensors.items() if name.startswith("parameter/")}
        rest = {name: t for name, t in tensors.items() if not name.startswith("parameter/")}
        good = Snapshot(meta.good, gather(kept, flat, folder.name), *_optimizer_state(rest, flat, folder.name))
    return Snapshot(meta.progress, values, buffers, carry, good), meta


def _optimizer_state(
    tensors: dict[str, Tensor], flat: FlatParameters, where: str
) -> tuple[dict[str, Tensor], tuple[Tensor, ...]]:
    kinds: dict[str, dict[str, Tensor]] = {}
    for key, tensor in tensors.items():
        kind, _, name = key.partition("/")
        kinds.setdefault(kind, {})[name] = tensor
    carry = kinds.pop("carry", {})
    buffers = {kind: gather(named, flat, where) for kind, named in kinds.items()}
    return buffers, tuple(carry[str(i)] for i in range(len(carry)))


def gather(named: dict[str, Tensor], flat: FlatParameters, where: str) -> Tensor:
    """Tensors by name as one buffer `[lanes, width]` on the CPU. Raises OtherModelError for another model's."""
    buffer = flat.values.new_zeros(flat.values.shape, device="cpu")
    views = flat.views(buffer)
    if named.keys() != views.keys():
        odd = sorted(named.keys() ^ views.keys())
        raise OtherModelError(f"checkpoint {where} is of another model: {', '.join(odd[:4])} do not match")
    for name, tensor in sorted(named.items()):
        if tensor.shape != views[name].shape:
            shapes = f"{name} is {tuple(tensor.shape)}, not {tuple(views[name].shape)}"
            raise OtherModelError(f"checkpoint {where} is of another model: {shapes}")
        views[name].copy_(tensor)
    return buffer
