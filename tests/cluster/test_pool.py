"""Packs in other processes train as those in this one, and none of them outlives its sweep."""

from pathlib import Path

import pytest

from lrtui.cluster.local_members import local_members
from lrtui.cluster.pool import Pool
from lrtui.cluster.wire import Setup
from lrtui.engine.build import load_data, make_workplace
from lrtui.engine.inbox import Inbox
from lrtui.engine.lane_field import arranged
from lrtui.engine.sweep import Sweep
from lrtui.engine.sweep_build import choose_way, pack_maker
from lrtui.engine.sweep_state import SweepCheckpointDue
from lrtui.errors import LrtuiError
from lrtui.messages import Kill
from tests.small import small_config
from tests.sweeps import losses_of, plan_of, swept, table_of

CONFIG = small_config(
    "lstm",
    corpus={"name": "sums"},
    train={"steps": 24, "checkpoint_every": 10, "eval_every": 12, "device": "cpu"},
)
PLAN = plan_of([1e-4, 1e-3, 3e-3, 8e-3], [1, 2], eta=2, rungs=[15], mode="processes", devices=["cpu", "cpu"])


def test_processes_give_the_bits_of_turns_and_tell_what_is_wrong(tmp_path: Path) -> None:
    place = make_workplace(CONFIG, load_data(CONFIG, tmp_path))
    here = swept(Sweep(PLAN, place.config, 3.0, pack_maker(place, PLAN.seeds)), _hand())
    members = local_members(place, tmp_path, PLAN.devices)
    pool = Pool(place.train.flat, PLAN.seeds, members)
    try:
        there = swept(Sweep(PLAN, place.config, 3.0, pool.make), _hand())
        assert losses_of(there) == losses_of(here)
        assert table_of(there) == table_of(here)
        state = next(item.state for item in there if isinstance(item, SweepCheckpointDue))
        assert state.packs[0][1].values.equal(
            next(item.state for item in here if isinstance(item, SweepCheckpointDue)).packs[0][1].values
        )
        # the same processes go on from a state in the middle
        again = swept(Sweep(PLAN, place.config, 3.0, pool.make, state=state))
        assert table_of(again) == table_of(here)
        setup = Setup(CONFIG.model_dump_json().replace('"cpu"', '"cuda:99"'), place.data.sha256, home=str(tmp_path))
        members[0].post(setup)
        with pytest.raises(LrtuiError, match="this machine has"):  # what is wrong over there is told here
            pool.taken(members[0])
        members[1].process.kill()
        members[1].process.wait()
        with pytest.raises(LrtuiError, match="a process that trains lanes has ended"):
            swept(Sweep(PLAN, place.config, 3.0, pool.make))
    finally:
        pool.close()
    assert all(member.process.poll() is not None for member in members)


def _hand() -> Inbox:
    inbox = Inbox()
    inbox.put(Kill(3))
    return inbox


def test_packs_are_shared_out_over_devices() -> None:
    plan = plan_of([1.0, 2.0, 3.0], [1, 2])
    assert arranged(plan) == [[0, 2, 4], [1, 3, 5]]
    two = plan_of([1.0, 2.0, 3.0], [1, 2], devices=["cuda:0", "cuda:1"])
    assert arranged(two) == [[0, 4], [2], [1, 5], [3]]
    assert arranged(PLAN) == [[lane] for lane in range(8)]


def test_the_rule_that_says_how_lanes_train(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lrtui.engine.sweep_build.cores", lambda: 2)
    mlp, lstm, gpt = (small_config(kind, train={"threads": 0, "steps": 1000}) for kind in ("mlp", "lstm", "gpt"))
    assert choose_way(mlp, 3_000, 16, "cpu").mode == "lanes"
    assert choose_way(lstm, 3_000, 16, "cpu").mode == "turns"
    assert choose_way(lstm, 3_000, 16, "cuda").mode == "lanes"
    assert [choose_way(gpt, size, 16, "cpu").mode for size in (10_000, 10**6)] == ["lanes", "turns"]
    long = choose_way(lstm, 10**7, 16, "cpu")
    assert (long.mode, long.devices, long.chunk) == ("processes", ("cpu", "cpu"), 1)
    chosen = small_config("lstm", train={"threads": 2, "steps": 1000})
    assert choose_way(chosen, 10**7, 16, "cpu").mode == "turns"  # threads that somebody chose stay in one process
    assert choose_way(lstm, 3_000, 16, "cpu", "lanes").because == "as asked"
    two = choose_way(lstm, 3_000, 16, "cuda", devices=["cuda:0", "cuda:1"])
    assert (two.mode, two.devices) == ("lanes", ("cuda:0", "cuda:1"))
    assert choose_way(mlp, 3_000, 16, "cpu").chunk == 100
