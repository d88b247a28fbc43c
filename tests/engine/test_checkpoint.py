"""A checkpoint is whole, or it is named, passed over, and the one before is used."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from lrtui.engine import shelf
from lrtui.engine.checkpoint import (
    MANIFEST,
    Origin,
    read_checkpoint,
    read_verified,
    write_checkpoint,
)
from lrtui.engine.session import Session
from lrtui.errors import CheckpointError
from lrtui.messages import Rewound
from lrtui.runs.checkpoints import checkpoint_folders, read_meta
from lrtui.runs.directory import RunDirectory
from tests.small import small_config, small_session, trained


@pytest.fixture
def session() -> Session:
    made = small_session(small_config("lstm", "adam", train={"steps": 5}))
    trained(made)
    return made


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    return RunDirectory(tmp_path)


def save(run: RunDirectory, session: Session, step: int, **flags: object) -> Path:
    session.live.step = step
    session.live.train.flat.values.mul_(1.01)
    origin = Origin(session.config.lr_schedule(), {}, "", {})
    snapshot = session.live.capture()
    return write_checkpoint(run, snapshot, session.live.train.flat, origin, **flags)  # type: ignore[arg-type]


def test_what_is_written_is_read(run: RunDirectory, session: Session) -> None:
    folder = save(run, session, 5)
    snapshot, meta = read_checkpoint(folder, session.live.train.flat)
    live = session.live.capture()
    assert snapshot.progress == live.progress
    assert (snapshot.values == live.values).all()
    assert snapshot.buffers.keys() == live.buffers.keys() == {"exp_avg", "exp_avg_sq"}
    for kind in snapshot.buffers:
        assert (snapshot.buffers[kind] == live.buffers[kind]).all()
    assert len(snapshot.carry) == len(live.carry) == 4
    assert all((a == b).all() for a, b in zip(snapshot.carry, live.carry, strict=True))
    assert meta.state_sha256 == session.live.sha256()
    assert sorted(p.name for p in folder.iterdir()) == sorted(
        [MANIFEST, "good.safetensors", "model.safetensors", "optim.safetensors", "state.json"]
    )


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) * 2 // 3] ^= 0x10
    path.write_bytes(data)


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def zero_tail(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2] + bytes(len(data) - len(data) // 2))


DAMAGES = {"flipped": flip, "truncated": truncate, "zero-filled": zero_tail, "missing": Path.unlink}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", ["model.safetensors", "optim.safetensors", "state.json", "good.safetensors", MANIFEST])
def test_any_damage_is_found_named_and_passed_over(run: RunDirectory, session: Session, damage: str, name: str) -> None:
    flat = session.live.train.flat
    save(run, session, 5)
    before = session.live.sha256()
    newest = save(run, session, 9)
    DAMAGES[damage](newest / name)
    found = shelf.find(run, flat, ())
    assert found.snapshot.step == 5
    assert found.meta.state_sha256 == before
    assert len(found.skipped) == 1
    assert "000000009" in found.skipped[0]
    assert name == MANIFEST or name in found.skipped[0]  # a damaged manifest accuses the file it lies about


@pytest.mark.parametrize("damage", DAMAGES)
def test_with_nothing_left_to_trust_it_says_so_and_weights_only_is_a_choice(
    run: RunDirectory, session: Session, damage: str
) -> None:
    folder = save(run, session, 5)
    DAMAGES[damage](folder / "optim.safetensors")
    with pytest.raises(CheckpointError, match="no checkpoint that can be trusted") as caught:
        shelf.find(run, session.live.train.flat, ())
    assert "--weights-only" in caught.value.hint
    found = shelf.find(run, session.live.train.flat, (), weights_only=True)
    assert found.snapshot.buffers == {}
    assert (found.snapshot.values == session.live.train.flat.values).all()


def test_a_manifest_that_forgets_a_file_is_not_trusted(run: RunDirectory, session: Session) -> None:
    folder = save(run, session, 5)
    manifest = json.loads((folder / MANIFEST).read_text())
    del manifest["optim.safetensors"]
    (folder / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(CheckpointError, match=r"does not list optim\.safetensors"):
        read_checkpoint(folder, session.live.train.flat)


def test_another_model_is_refused_by_name(run: RunDirectory, session: Session) -> None:
    folder = save(run, session, 5)
    wider = small_session(small_config("lstm", "adam", model={"hidden": 18}))
    with pytest.raises(CheckpointError, match=r"another model: head\.weight is \(24, 16\), not \(24, 18\)"):
        read_checkpoint(folder, wider.live.train.flat)
    other = small_session(small_config("mlp", "adam"))
    with pytest.raises(CheckpointError, match="another model"):
        read_checkpoint(folder, other.live.train.flat)


def test_retention_keeps_the_newest_the_best_and_the_pinned(run: RunDirectory, session: Session) -> None:
    for step in range(1, 11):
        save(run, session, step, pinned=step == 2, best=step in (3, 4))
    shelf.retain(run, 3, ())
    assert [int(p.name) for p in checkpoint_folders(run)] == [10, 9, 8, 4, 2]


def test_ghosts_and_damaged_checkpoints_take_no_place_from_new_ones(run: RunDirectory, session: Session) -> None:
    for step in (40, 50, 60):
        flip(save(run, session, step) / "state.json")
    save(run, session, 45)
    for step in (20, 30, 35):
        save(run, session, step, rewinds=1)
        shelf.retain(run, 3, [rewound(10, 0)])
    on_line = [p for p in checkpoint_folders(run) if p.name in ("000000020", "000000030", "000000035")]
    assert len(on_line) == 3


def test_a_pin_is_known_on_its_own_line_only(run: RunDirectory, session: Session) -> None:
    folder = save(run, session, 4, pinned=True)
    assert read_meta(folder).pinned
    assert shelf.is_pinned(run, 4, ())
    assert not shelf.is_pinned(run, 4, [rewound(2, 0)])


def test_a_kill_between_the_two_renames_is_mended(run: RunDirectory, session: Session) -> None:
    folder = save(run, session, 4)
    folder.rename(folder.with_name(f".{folder.name}.old.tmp"))
    shelf.sweep(run)
    assert shelf.find(run, session.live.train.flat, ()).snapshot.step == 4
    assert [p.name for p in run.steps.iterdir()] == [folder.name]


def rewound(to: int, entries: int) -> Rewound:
    return Rewound(99, to=to, entries=entries, cause="undo")


def test_checkpoints_of_an_abandoned_branch_are_not_gone_on_from(run: RunDirectory, session: Session) -> None:
    save(run, session, 10)
    save(run, session, 20)
    save(run, session, 30, pinned=True)
    undo = [rewound(15, 0)]
    assert shelf.find(run, session.live.train.flat, undo).snapshot.step == 10
    save(run, session, 16, rewinds=1)
    assert shelf.find(run, session.live.train.flat, undo).snapshot.step == 16
    shelf.drop_ghosts(run, undo)
    assert [int(p.name) for p in checkpoint_folders(run)] == [30, 16, 10]
    assert shelf.find(run, session.live.train.flat, undo).snapshot.step == 16


def test_what_a_killed_writer_left_is_swept_and_never_read(run: RunDirectory, session: Session) -> None:
    folder = save(run, session, 5)
    half = folder.with_name(".000000009.123.tmp")
    half.mkdir()
    (half / "model.safetensors").write_bytes(b"half")
    assert shelf.find(run, session.live.train.flat, ()).snapshot.step == 5
    shelf.sweep(run)
    assert not half.exists()
    assert folder.exists()


@pytest.mark.parametrize(
    "drop",
    [lambda run: shelf.drop_ghosts(run, [rewound(0, 0)]), lambda run: shelf.retain(run, 1, ())],
    ids=["ghost", "retention"],
)
def test_a_kill_in_the_middle_of_a_removal_leaves_no_damaged_checkpoint(
    run: RunDirectory, session: Session, monkeypatch: pytest.MonkeyPatch, drop: Callable[[RunDirectory], None]
) -> None:
    save(run, session, 4)
    save(run, session, 5)

    def killed(path: Path, ignore_errors: bool) -> None:
        if path.exists():
            (path / "state.json").unlink()
            raise SystemExit

    with monkeypatch.context() as context:
        context.setattr(shelf.shutil, "rmtree", killed)
        with pytest.raises(SystemExit):
            drop(run)
    assert len(checkpoint_folders(run)) == 1
    for left in checkpoint_folders(run):
        read_meta(left)
    shelf.sweep(run)
    assert [p for p in run.steps.iterdir() if p.name.startswith(".")] == []


def test_read_verified_reads_what_was_written(run: RunDirectory, session: Session) -> None:
    folder = save(run, session, 5)
    files = read_verified(folder)
    assert files["state.json"] == (folder / "state.json").read_bytes()
