"""A container's share of time counts, however it is written down."""

import math
import os
from pathlib import Path

import pytest

from lrtui.engine import device, processors
from lrtui.engine.processors import cores, free_cores, quota, wait_politely, without_our_waiting
from tests.small import small_config, small_workplace


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


class Clock:
    """Two processors whose use a second of sleep adds to; `uses` are those of one look after another."""

    def __init__(self, stat: Path, uses: list[tuple[float, float]]) -> None:
        self.stat, self.uses, self.ticks = stat, iter(uses), [[0, 0, 0, 0], [0, 0, 0, 0]]
        self.write()

    def write(self) -> None:
        lines = [f"cpu{i} {user} {nice} 0 {idle} 0 0 0 0 0 0" for i, (user, nice, idle, _) in enumerate(self.ticks)]
        self.stat.write_text("\n".join(["cpu  9 9 9 9 9 9 9 9 9 9", *lines, "intr 5"]))

    def sleep(self, seconds: float) -> None:
        for ticks, use in zip(self.ticks, next(self.uses), strict=True):
            ticks[0 if use >= 0 else 1] += int(abs(use) * 10)
            ticks[2] += 10 - int(abs(use) * 10)
        self.write()


@pytest.mark.parametrize(
    ("uses", "wanted"),
    [
        ([(0.0, 0.0)] * 3, 2),
        ([(1.0, 0.0)] * 3, 1),  # a run on one thread
        ([(1.0, 1.0)] * 3, 1),  # a run on two
        ([(0.1, 0.1)] * 3, 2),  # an attached screen
        ([(0.4, 0.4)] * 3, 1),
        ([(1.0, 1.0), (1.0, 0.0), (0.1, 0.0)], 2),  # something that starts
        ([(-1.0, -1.0)] * 3, 2),  # gives way
    ],
)
def test_threads_are_as_many_as_processors_are_free(
    uses: list[tuple[float, float]], wanted: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1}, raising=False)
    monkeypatch.setattr(processors, "quota", lambda: math.inf)
    clock = Clock(tmp_path / "stat", uses)
    assert free_cores(clock.stat, clock.sleep) == wanted


def test_where_nothing_is_counted_all_are_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processors, "cores", lambda: 5)
    assert free_cores(tmp_path / "none", lambda seconds: None) == 5


def test_threads_wait_politely_unless_told_otherwise() -> None:
    for told, wanted in (
        ({}, {"GOMP_SPINCOUNT": "2000"}),
        ({"GOMP_SPINCOUNT": "7"}, {"GOMP_SPINCOUNT": "7"}),
        ({"OMP_WAIT_POLICY": "active"}, {"OMP_WAIT_POLICY": "active"}),
    ):
        environment = dict(told)
        wait_politely(environment)
        assert environment == wanted
        assert without_our_waiting(environment) == told


@pytest.mark.parametrize(("free", "asked", "threads", "told"), [(1, 0, 1, True), (3, 0, 3, False), (1, 2, 2, False)])
def test_a_large_step_takes_what_is_free_and_the_run_keeps_it(
    free: int, asked: int, threads: int, told: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device, "free_cores", lambda: free)
    monkeypatch.setattr(device, "cores", lambda: 3)
    monkeypatch.setattr(device, "TINY_STEP", 0.0)
    place = small_workplace(small_config("gpt", train={"threads": asked}))
    assert place.config.train.threads == threads == int(place.fingerprint["threads"])
    assert (
        [note for note in place.notes if "others use the rest" in note]
        == list(place.notes)
        == (["trains on 1 of 3 processors, for others use the rest; it keeps train.threads = 1"] if told else [])
    )
