"""The state of a sweep on disk: what is read is what was written, and what was damaged is found."""

import shutil
from pathlib import Path

import msgspec
import pytest

from lrtui.engine.sweep_state import (
    LanesLeft,
    SweepCheckpointDue,
    SweepState,
    find_lane,
    find_sweep_state,
    read_sweep_state,
    retain_states,
    sha256_of,
    write_sweep_state,
)
from lrtui.errors import CheckpointError
from lrtui.messages import LaneRow
from lrtui.runs.checkpoints import checkpoint_folders
from lrtui.runs.directory import create_run
from tests.small import small_config, small_workplace
from tests.sweeps import plan_of, small_sweep, swept

PLAN = plan_of([1e-4, 1e-3, 1e-2], [1, 2], eta=3, rungs=[15])


def flat():  # type: ignore[no-untyped-def]
    return small_workplace(small_config("lstm")).train.flat


@pytest.fixture(scope="module")
def made() -> tuple[list[SweepState], SweepState]:
    """The states of a sweep, and the one of the lanes that a rung ended."""
    items = swept(small_sweep(small_config("lstm", train={"steps": 30, "checkpoint_every": 10}), PLAN))
    (left,) = [item.state for item in items if isinstance(item, LanesLeft)]
    return [item.state for item in items if isinstance(item, SweepCheckpointDue)], left


def test_what_is_read_is_what_was_written(made: tuple[list[SweepState], SweepState], tmp_path: Path) -> None:
    for state in (*made[0], made[1]):
        write_sweep_state(tmp_path / "000000001", state, flat(), {"threads": "1"})
        read = read_sweep_state(tmp_path / "000000001", flat())
        assert read.meta.lanes == state.meta.lanes
        assert read.meta.fingerprint == {"threads": "1"}
        assert sha256_of(read) == sha256_of(state)
        assert [lanes for lanes, _ in read.packs] == [lanes for lanes, _ in state.packs]


def test_the_newest_that_can_be_trusted(made: tuple[list[SweepState], SweepState], tmp_path: Path) -> None:
    run = create_run(tmp_path, "s")
    assert find_sweep_state(run, flat()).state is None
    for state in made[0]:
        write_sweep_state(run.checkpoint(state.step), state, flat(), {})
    retain_states(run)
    assert sorted(folder.name for folder in run.steps.iterdir()) == ["000000020", "000000030"]
    pack = run.checkpoint(30) / "pack-000.safetensors"
    data = bytearray(pack.read_bytes())
    data[-9] ^= 1
    pack.write_bytes(data)
    found = find_sweep_state(run, flat())
    assert found.state is not None
    assert found.state.step == 20
    assert "pack-000.safetensors is not what was written" in found.skipped[0]
    shutil.rmtree(run.checkpoint(20))
    with pytest.raises(CheckpointError, match="no state that can be trusted"):
        find_sweep_state(run, flat())


def test_a_kill_in_the_middle_of_a_removal_leaves_no_damaged_state(
    made: tuple[list[SweepState], SweepState], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = create_run(tmp_path, "s")
    for state in made[0]:
        write_sweep_state(run.checkpoint(state.step), state, flat(), {})

    def killed(path: Path, ignore_errors: bool) -> None:
        if path.exists():
            (path / "state.json").unlink()
            raise SystemExit

    with monkeypatch.context() as context:
        context.setattr(shutil, "rmtree", killed)
        with pytest.raises(SystemExit):
            retain_states(run)
    for folder in checkpoint_folders(run):
        read_sweep_state(folder, flat())


def test_a_lane_is_found_where_it_was_cut_or_trains(made: tuple[list[SweepState], SweepState], tmp_path: Path) -> None:
    run = create_run(tmp_path, "s")
    states, left = made
    write_sweep_state(run.checkpoint(30), states[-1], flat(), {})
    write_sweep_state(run.cut / "000000015-000", left, flat(), {})
    alive = {lane for lanes, _ in states[-1].packs for lane in lanes}
    for record in states[-1].meta.lanes:
        snapshot = find_lane(run, flat(), record.row)
        assert snapshot is not None
        assert snapshot.step == (30 if record.row.lane in alive else 15)
        assert snapshot.values.shape[0] == 1
    assert find_lane(run, flat(), LaneRow(lane=99, rate=1.0, seed=1)) is None


def test_a_cut_that_the_sweep_never_told_of_is_no_state_of_the_lane(
    made: tuple[list[SweepState], SweepState], tmp_path: Path
) -> None:
    run = create_run(tmp_path, "s")
    states, left = made
    write_sweep_state(run.checkpoint(10), states[0], flat(), {})
    write_sweep_state(run.cut / "000000015-000", left, flat(), {})
    (lane, *_), _ = left.packs[0]
    row = states[0].meta.lanes[lane].row
    for state, died in (("training", None), ("done", None), ("diverged", 20), ("killed", 20)):
        snapshot = find_lane(run, flat(), msgspec.structs.replace(row, state=state, died=died))
        assert snapshot is not None
        assert snapshot.step == 10


def test_another_models_state_is_refused(made: tuple[list[SweepState], SweepState], tmp_path: Path) -> None:
    write_sweep_state(tmp_path / "000000010", made[0][0], flat(), {})
    other = small_workplace(small_config("lstm", model={"hidden": 24})).train.flat
    with pytest.raises(CheckpointError, match="cannot be used"):
        read_sweep_state(tmp_path / "000000010", other)
