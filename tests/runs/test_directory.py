"""A run has one place and one name; nothing leads out of the home, and every refusal is a sentence."""

import os
from pathlib import Path

import pytest

from lrtui.errors import DiskError, UsageError
from lrtui.runs.directory import create_run, home, open_run, run_names


def test_the_home_is_the_option_then_the_variable_then_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LRTUI_HOME", raising=False)
    assert home() == tmp_path
    monkeypatch.setenv("LRTUI_HOME", str(tmp_path / "variable"))
    assert home() == tmp_path / "variable"
    assert home("option") == tmp_path / "option"
    monkeypatch.setenv("LRTUI_HOME", "")
    assert home() == tmp_path


def test_layout(tmp_path: Path) -> None:
    run = create_run(tmp_path, "names-1")
    assert run.path == tmp_path / "checkpoints" / "names-1"
    assert run.checkpoint(12000) == run.path / "steps" / "000012000"
    assert run.metrics(1).name == "metrics-001.jsonl"
    for number in (0, 12, 1000):
        run.metrics(number).touch()
    (run.path / "metrics-1.jsonl").touch()
    assert run.segments() == [0, 12, 1000]


def test_names_made_by_us_are_valid_and_differ(tmp_path: Path) -> None:
    names = {create_run(tmp_path).name for _ in range(60)}
    assert len(names) == 60
    assert run_names(tmp_path) == sorted(names)


def test_a_taken_name_is_refused(tmp_path: Path) -> None:
    create_run(tmp_path, "otter")
    with pytest.raises(UsageError, match="there is a run named otter already") as refusal:
        create_run(tmp_path, "otter")
    assert "lrtui resume otter" in refusal.value.hint


@pytest.mark.parametrize(
    "name", ["", ".", "..", "-x", ".x", "a/b", "a\\b", "a b", "ä", "a\n", "x" * 65, "a\x00b", "../a"]
)
def test_names_that_cannot_be(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="cannot name a run"):
        create_run(tmp_path, name)
    assert not list(tmp_path.iterdir())


def test_a_run_is_opened_by_name_and_by_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = create_run(tmp_path, "otter")
    monkeypatch.chdir(tmp_path)
    assert open_run(tmp_path, "otter") == run
    for path in (run.path, "checkpoints/otter", "checkpoints/otter/", "./checkpoints/../checkpoints/otter"):
        assert open_run(tmp_path, path).path == run.path


@pytest.mark.parametrize(
    "way_out", ["..", "../..", "/etc", "checkpoints/otter/steps", "checkpoints/..", "a\x00/b", "~nobody0/x"]
)
def test_no_path_leaves_the_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way_out: str) -> None:
    create_run(tmp_path, "otter").steps.mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="is not a run of"):
        open_run(tmp_path, way_out)


def test_a_link_out_of_the_home_is_no_run(tmp_path: Path) -> None:
    create_run(tmp_path / "home", "otter")
    foreign = create_run(tmp_path / "other", "seal")
    link = tmp_path / "home" / "checkpoints" / "seal"
    link.symlink_to(foreign.path)
    for name in ("seal", str(link)):
        with pytest.raises(UsageError):
            open_run(tmp_path / "home", name)
    assert run_names(tmp_path / "home") == ["otter"]


def test_unknown_names_get_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no run lives in"):
        open_run(tmp_path, "otter")
    for name in ("quiet-otter", "happy-seal"):
        create_run(tmp_path, name)
    with pytest.raises(UsageError) as refusal:
        open_run(tmp_path, "Quiet-oter")
    assert refusal.value.hint == "Did you mean quiet-otter?"
    with pytest.raises(UsageError) as refusal:
        open_run(tmp_path, "zzz")
    assert "lrtui runs" in refusal.value.hint


def test_escapes_in_names_do_not_reach_the_message(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refusal:
        open_run(tmp_path, "\x1b[31m/x")
    assert "\x1b" not in str(refusal.value)


def test_a_home_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "checkpoints").write_text("a file in the way")
    with pytest.raises(DiskError, match=r"cannot create .*checkpoints: file exists"):
        create_run(tmp_path, "otter")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_home_is_a_sentence(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(DiskError, match="permission denied") as refusal:
        create_run(tmp_path, "otter")
    assert "--home" in refusal.value.hint
