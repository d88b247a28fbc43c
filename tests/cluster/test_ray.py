"""A sweep on Ray is the sweep of this machine, whatever becomes of a worker, and it leaves nothing behind."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lrtui.cluster.local_members import setup_on
from lrtui.cluster.pool import Pool
from lrtui.cluster.ray_cluster import RayCluster
from lrtui.cluster.ray_process import QUIET
from lrtui.cluster.wire import Done, Hire, Make
from lrtui.engine.build import load_data, make_workplace
from lrtui.engine.sweep import Sweep, SweepYielded
from lrtui.engine.sweep_build import pack_maker
from lrtui.engine.sweep_state import SweepCheckpointDue
from lrtui.lr.ledger import fold
from lrtui.messages import LanesStepped
from lrtui.runs.directory import open_run
from lrtui.runs.metrics import read_metrics
from lrtui.runs.sweeps import read_plan
from lrtui.text.corpus import load_text
from tests.processes import Zygote, set_flags
from tests.small import small_config
from tests.sweeps import losses_of, plan_of, swept, table_of
from tests.worker.test_sweep import SETS, end_of

pytest.importorskip("ray", reason="make test-ray installs it")

CONFIG = small_config(
    "lstm",
    corpus={"name": "sums"},
    train={"steps": 60, "checkpoint_every": 25, "eval_every": 20, "device": "cpu"},
)
PLAN = plan_of([1e-4, 1e-3, 3e-3, 8e-3, 2e-2], eta=2, rungs=[45], mode="processes", devices=["cpu", "cpu"])


def test_sixteen_rates_end_in_the_table_of_this_machine(zygote: Zygote, tmp_path: Path) -> None:
    ends = {}
    for name, *how in (("here", "--devices", "cpu,cpu"), ("ray", "--engine", "ray")):
        argv = ["sweep", "--name", name, "--lr", "1e-4:1e1:16", "--prune", "2", *how]
        argv += set_flags(SETS, train__steps=400)
        ends[name] = end_of(zygote.run(*argv, "--json", home=tmp_path))
    assert ends["ray"].table == ends["here"].table
    assert ends["ray"].rates == ends["here"].rates
    assert {row.state for row in ends["ray"].table} == {"done", "pruned", "diverged"}
    here, there = open_run(tmp_path, "here"), open_run(tmp_path, "ray")
    for row in ends["ray"].table:
        ours, theirs = (read_metrics(run.lane(row.lane)) for run in (here, there))
        assert (ours.step, ours.loss, ours.grad_norm) == (theirs.step, theirs.loss, theirs.grad_norm)
    plan = read_plan(there)
    assert plan is not None
    assert (plan.engine, "over 2 Ray workers" in plan.because) == ("ray", True)


def test_a_worker_that_is_killed_changes_nothing(tmp_path: Path) -> None:
    place = make_workplace(CONFIG, load_data(CONFIG, tmp_path))
    here = swept(Sweep(PLAN, place.config, 3.0, pack_maker(place, PLAN.seeds)))
    text = load_text(CONFIG.corpus, tmp_path).text
    assert isinstance(text, str)
    cluster = RayCluster("", 2, 0)
    try:
        # the text comes with the setup: members need no folder of this machine
        pool = Pool(place.train.flat, PLAN.seeds, cluster.hire(setup_on(place, "cpu", text=text.encode()), 2, 1, 0))
        there = list(disturbed(Sweep(PLAN, place.config, 3.0, pool.make), cluster.process.process.pid))
        ours = list(descendants(cluster.process.process.pid))
    finally:
        cluster.close()
    assert len(pool.news()) == 2, "each loss is told"
    assert losses_of(there) == losses_of(here)
    assert table_of(there) == table_of(here)
    last, wanted = (
        [item.state for item in items if isinstance(item, SweepCheckpointDue)][-1] for items in (there, here)
    )
    assert all(a.values.equal(b.values) for (_, a), (_, b) in zip(last.packs, wanted.packs, strict=True))
    assert len(ours) > 4
    assert not Path(cluster.folder).exists()
    wait_until_ended(ours)


def test_a_sweep_that_waits_for_room_in_the_cluster_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import ray

    from lrtui.cluster import ray_crew

    for variable, value in QUIET.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setattr(ray_crew, "SECONDS_TO_REPLACE", 1.0)
    place = make_workplace(CONFIG, load_data(CONFIG, tmp_path))
    setup = setup_on(place, "cpu", home=str(tmp_path))
    ray.init("local", num_cpus=1, include_dashboard=False, log_to_driver=False, _node_ip_address="127.0.0.1")
    try:
        crew = ray_crew.Crew(Hire(setup, 1, 1, 0), threading.Event())
        assert crew.ready() == Done()
        # somebody else has asked for the room before it is free
        other = ray.remote(Other).options(num_cpus=1).remote()
        (worker,) = [child for child in descendants(os.getpid()) if title(child).startswith("ray::RayPackServer")]
        os.kill(worker, signal.SIGKILL)
        ray.get(other.here.remote())
        told: list[str] = []

        def tell(sentence: str) -> None:
            told.append(sentence)
            if sentence == ray_crew.WAITS:
                ray.kill(other)

        crew.assign(0, Make(0, 1337, [0], [fold(CONFIG.lr_schedule(), ())]))
        assert crew.done(0, tell).error == ""
        assert told == [ray_crew.WAITS, ray_crew.LOST]
    finally:
        ray.shutdown()


class Other:
    """Who takes up room."""

    def here(self) -> bool:
        return True


def disturbed(sweep: Sweep, pid: int) -> Iterator[SweepYielded]:
    """All that `sweep` yields; a Ray worker is killed before the first state, and one after a cut."""
    moments = [7, 49]
    for item in sweep.run():
        if isinstance(item, LanesStepped) and moments and item.step >= moments[0]:
            moments.pop(0)
            workers = [child for child in descendants(pid) if title(child).startswith("ray::RayPackServer")]
            assert len(workers) == 2
            os.kill(workers[-1], signal.SIGKILL)
        yield item


def descendants(pid: int) -> Iterator[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children")
    for child in map(int, children.read_text().split()) if children.exists() else ():
        yield child
        yield from descendants(child)


def title(pid: int) -> str:
    """What a process calls itself; nothing where it has ended, waited for or not."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def wait_until_ended(pids: list[int]) -> None:
    deadline = time.monotonic() + 20
    while left := [text for pid in pids if "ray" in (text := title(pid))]:
        assert time.monotonic() < deadline, left
        time.sleep(0.05)
