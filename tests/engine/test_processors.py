"""A container's share of time counts, however it is written down."""

import math
import os
from pathlib import Path

import pytest

from lrtui.engine import processors
from lrtui.engine.processors import cores, quota


def group(tmp_path: Path, own: str, files: dict[str, str]) -> float:
    """The quota of a process whose cgroup file says `own`, in a tree of `files`."""
    (tmp_path / "own").write_text(own)
    for name, text in files.items():
        path = tmp_path / "tree" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return quota(tmp_path / "tree", tmp_path / "own")


@pytest.mark.parametrize(
    ("own", "files", "wanted"),
    [
        ("0::/\n", {"cpu.max": "250000 100000\n"}, 2.5),
        ("0::/\n", {"cpu.max": "max 100000\n"}, math.inf),
        ("0::/a/b\n", {"cpu.max": "max 100000\n", "a/cpu.max": "100000 100000\n", "a/b/cpu.max": "max 100000\n"}, 1.0),
        ("0::/elsewhere\n", {"cpu.max": "50000 100000\n"}, 0.5),
        ("0::/\n", {}, math.inf),
        ("0::/\n", {"cpu.max": "nonsense\n"}, math.inf),
        (
            "3:memory:/\n2:cpu,cpuacct:/box\n",
            {"cpu/box/cpu.cfs_quota_us": "300000\n", "cpu/box/cpu.cfs_period_us": "100000\n"},
            3.0,
        ),
        ("2:cpu:/\n", {"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, math.inf),
    ],
)
def test_the_least_share_on_the_way_up_counts(own: str, files: dict[str, str], wanted: float, tmp_path: Path) -> None:
    assert group(tmp_path, own, files) == wanted


def test_there_is_always_one_and_never_more_than_it_may_run_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1, 5}, raising=False)
    for share, wanted in ((math.inf, 3), (2.9, 2), (0.3, 1), (64.0, 3)):
        monkeypatch.setattr(processors, "quota", lambda share=share: share)
        assert cores() == wanted
