"""The checkpoints of a run without their tensors: which there are, and which survive."""

import os
from pathlib import Path

import pytest

from lrtui.errors import CheckpointError, DiskError
from lrtui.lr.ledger import Entry
from lrtui.lr.schedule import Schedule
from lrtui.messages import Rewound
from lrtui.runs.checkpoints import checkpoint_folders, is_untouched, no_checkpoint, read_meta, surviving
from lrtui.runs.directory import RunDirectory, create_run
from tests.runs.written import write_checkpoint

SCHEDULE = Schedule(base=0.1, steps=100)


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    return create_run(tmp_path, "otter")


def steps(run: RunDirectory, *rewinds: Rewound) -> list[int]:
    return [meta.progress.step for _, meta in surviving(run, rewinds)]


def rewound(to: int, entries: int = 0) -> Rewound:
    return Rewound(step=90, to=to, entries=entries, cause="undo")


def test_newest_first_whatever_else_lies_there(run: RunDirectory) -> None:
    assert checkpoint_folders(run) == []
    for step in (20, 1_000_000_000, 3):
        write_checkpoint(run, step, SCHEDULE)
    (run.steps / ".000000050.77.tmp").mkdir()
    (run.steps / "notes.txt").write_text("")
    assert [int(folder.name) for folder in checkpoint_folders(run)] == [1_000_000_000, 20, 3]
    assert steps(run) == [1_000_000_000, 20, 3]


def test_a_rewind_leaves_later_ones_behind_until_they_are_written_again(run: RunDirectory) -> None:
    cut = Entry(step=40, kind="scale", value=0.5)
    write_checkpoint(run, 20, SCHEDULE)
    write_checkpoint(run, 40, SCHEDULE, [cut])
    write_checkpoint(run, 60, SCHEDULE, [cut])
    assert steps(run, rewound(40)) == [20]
    assert steps(run, rewound(40, entries=1)) == [40, 20]
    write_checkpoint(run, 80, SCHEDULE, rewinds=1)
    assert steps(run, rewound(40)) == [80, 20]


def test_damaged_ones_are_passed_over_but_the_run_is_not_untouched(run: RunDirectory) -> None:
    assert is_untouched(run, ())
    for number, content in enumerate((b"", b"{}", b"\xff", b"[" * 9999, b'{"progress": {"step": "x"}}')):
        folder = run.checkpoint(number)
        folder.mkdir(parents=True)
        (folder / "state.json").write_bytes(content)
        with pytest.raises(CheckpointError, match="cannot be read"):
            read_meta(folder)
    assert steps(run) == []
    assert not is_untouched(run, ())


def test_one_that_was_left_behind_leaves_the_run_untouched(run: RunDirectory) -> None:
    write_checkpoint(run, 60, SCHEDULE)
    assert not is_untouched(run, ())
    assert is_untouched(run, [rewound(10)])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_cannot_be_listed_is_not_taken_for_none(run: RunDirectory) -> None:
    run.steps.mkdir(mode=0)
    with pytest.raises(DiskError):
        is_untouched(run, ())


def test_a_folder_that_fails_is_not_taken_for_none(run: RunDirectory, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(path: Path) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "iterdir", failing)
    with pytest.raises(DiskError, match="cannot read"):
        is_untouched(run, ())


def test_the_sentence_names_the_steps_there_are(run: RunDirectory) -> None:
    assert no_checkpoint(run, 7, [30, 20]).sentence == "run otter has no checkpoint at step 7. There are: 20, 30."
    assert no_checkpoint(run, 7, []).hint == "There are: none."
