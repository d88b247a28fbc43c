"""The state of a sweep on disk: `steps/000000500/` holds state.json, a pack-000.safetensors for each pack, a manifest.

Written and verified as a checkpoint is. A folder in `cut/` has the same form, with only the lanes that were cut there.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import msgspec
from safetensors.numpy import save
from safetensors.torch import load

from lrtui.engine.checkpoint import read_verified, remove_folder, solid, write_folder
from lrtui.engine.flat import FlatParameters
from lrtui.engine.lanes import LaneTensors, gathered, named_tensors, solo
from lrtui.engine.state import Snapshot
from lrtui.errors import CheckpointError
from lrtui.messages import LaneRow
from lrtui.runs.checkpoints import Progress, checkpoint_folders
from lrtui.runs.directory import RunDirectory
from lrtui.runs.events import UNREADABLE
from lrtui.runs.plain_files import read_plain

KEEP = 2  # states of a sweep: the newest, and the one before should that be damaged


class LaneRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A lane without its tensors."""

    row: LaneRow
    progress: Progress


class SweepMeta(msgspec.Struct, frozen=True, kw_only=True):
    """state.json. `entries` changes by hand are in it; `rungs` and `eta` are the pruning then, of `counted` rates.

    `packs` names the lanes of each pack, `updates` the steps their optimizers have made.
    """

    format: int = 1
    step: int
    entries: int
    eta: int
    rungs: list[int]
    counted: int
    lanes: list[LaneRecord]
    packs: list[list[int]]
    updates: list[int]
    fingerprint: dict[str, str] = {}


@dataclass(frozen=True)
class SweepState:
    """Books and tensors at a boundary: `packs` are (lanes, tensors)."""

    meta: SweepMeta
    packs: tuple[tuple[tuple[int, ...], LaneTensors], ...]

    @property
    def step(self) -> int:
        return self.meta.step

    @property
    def entries(self) -> int:
        return self.meta.entries

    def lane(self, number: int) -> Snapshot | None:
        """One lane as the state of a run of its own; None where it is not among them."""
        for lanes, tensors in self.packs:
            if number in lanes:
                progress = self.meta.lanes[number].progress.at(step=self.step)
                return solo(tensors, lanes.index(number), progress)
        return None


@dataclass(frozen=True)
class SweepCheckpointDue:
    """Keep the state of every lane that trains."""

    state: SweepState


@dataclass(frozen=True)
class LanesLeft:
    """Keep the states of lanes that are cut, so that they can still be promoted."""

    state: SweepState


def sha256_of(state: SweepState) -> str:
    """sha256 over the tensors of every lane, lane by lane."""
    digest = hashlib.sha256()
    places = {lane: (tensors, i) for lanes, tensors in state.packs for i, lane in enumerate(lanes)}
    for lane, (tensors, i) in sorted(places.items()):
        for kind, buffer in [("parameter", tensors.values), *sorted(tensors.buffers.items())]:
            digest.update(f"{lane}/{kind}\0".encode())
            digest.update(buffer[i].numpy().tobytes())
    return digest.hexdigest()


def write_sweep_state(target: Path, state: SweepState, flat: FlatParameters, fingerprint: dict[str, str]) -> None:
    """Write `state` (in host memory) as the folder `target`, over one that is there. Raises DiskError."""
    meta = msgspec.structs.replace(state.meta, fingerprint=fingerprint)
    files = {"state.json": msgspec.json.encode(meta)}
    for number, (_, tensors) in enumerate(state.packs):
        files[f"pack-{number:03d}.safetensors"] = save(solid(named_tensors(tensors, flat)))
    write_folder(target, files)


def read_sweep_state(folder: Path, flat: FlatParameters) -> SweepState:
    """The verified state in a folder. Raises CheckpointError when any of it cannot be trusted."""
    files = read_verified(folder, needed=("state.json",))
    try:
        meta = msgspec.json.decode(files["state.json"], type=SweepMeta)
        packs = []
        for number, (lanes, updates) in enumerate(zip(meta.packs, meta.updates, strict=True)):
            tensors = load(files[f"pack-{number:03d}.safetensors"])
            packs.append((tuple(lanes), gathered(tensors, flat, len(lanes), updates)))
    except (KeyError, RuntimeError, *UNREADABLE) as error:
        raise CheckpointError(f"state {folder.name} of the sweep cannot be used: {error}") from None
    return SweepState(meta, tuple(packs))


@dataclass(frozen=True)
class FoundState:
    """The newest state that could be trusted (None: there is none at all), and sentences about those that could not."""

    state: SweepState | None
    skipped: tuple[str, ...] = ()


def find_sweep_state(run: RunDirectory, flat: FlatParameters) -> FoundState:
    """Where a sweep goes on. Raises CheckpointError where there are states and none can be trusted."""
    skipped: list[str] = []
    for folder in checkpoint_folders(run):
        try:
            return FoundState(read_sweep_state(folder, flat), tuple(skipped))
        except CheckpointError as error:
            skipped.append(error.message)
    if skipped:
        raise CheckpointError(f"sweep {run.name} has no state that can be trusted: {'; '.join(skipped)}")
    return FoundState(None)


def find_lane(run: RunDirectory, flat: FlatParameters, row: LaneRow) -> Snapshot | None:
    """The last state of the lane of this row that the disk has: where it was cut, or in the newest state of the sweep.

    Raises CheckpointError where it is there and cannot be trusted.
    """
    for folder in [*_cuts(run, row), *checkpoint_folders(run)]:
        meta = _meta(folder)
        if meta is not None and any(row.lane in lanes for lanes in meta.packs):
            return read_sweep_state(folder, flat).lane(row.lane)
    return None


def _cuts(run: RunDirectory, row: LaneRow) -> list[Path]:
    """Folders that may have the lane as it was cut; any other is of a cut that a killed sweep never came to tell of."""
    if row.state not in ("pruned", "killed") or row.died is None or not run.cut.is_dir():
        return []
    return [folder for folder in sorted(run.cut.iterdir()) if folder.name.startswith(f"{row.died:09d}-")]


def _meta(folder: Path) -> SweepMeta | None:
    try:
        return msgspec.json.decode(read_plain(folder / "state.json"), type=SweepMeta)
    except (OSError, *UNREADABLE):
        return None


def retain_states(run: RunDirectory) -> None:
    """Delete all but the newest KEEP states; those of cut lanes stay."""
    for folder in checkpoint_folders(run)[KEEP:]:
        remove_folder(folder)
