"""New shapes for a live run, and the optimizer's state thrown away on purpose."""

import pytest

from lrtui.engine.inbox import Inbox
from lrtui.messages import CommandRejected, RateChanged, Reshape, Rewound
from tests.small import FAMILIES, script, small_config, small_session, trained, unlucky

FRESH = "reset-optimizer"


def changes(events: list[object]) -> list[RateChanged]:
    return [event for event in events if isinstance(event, RateChanged)]


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw"])
@pytest.mark.parametrize("kind", FAMILIES)
def test_a_fresh_optimizer_is_as_new_and_all_else_stays(kind: str, optimizer: str) -> None:
    config = small_config(kind, optimizer)
    session, untouched = small_session(config), small_session(config)
    events = trained(session, script(f"20:{FRESH}", "20:stop"))
    trained(untouched, script("20:stop"))
    (change,) = changes(events)
    assert (change.step, change.entry.kind, change.old) == (20, "reset", change.new)
    ours, theirs = session.live.train, untouched.live.train
    assert ours.optimizer.updates == 0 < theirs.optimizer.updates
    assert not any(buffer.any() for buffer in ours.optimizer.buffers.values())
    assert all(buffer.any() for buffer in theirs.optimizer.buffers.values())
    assert ours.flat.values.equal(theirs.flat.values)
    assert len(ours.carry) == len(theirs.carry)


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw"])
def test_a_fresh_optimizer_changes_the_bits_and_is_undone_to_the_bit(optimizer: str) -> None:
    config = small_config("lstm", optimizer)
    untouched, reset, undone = (small_session(config) for _ in range(3))
    trained(untouched)
    trained(reset, script(f"20:{FRESH}"))
    events = trained(undone, script(f"20:{FRESH}", "41:undo"))
    assert [(e.step, e.to, e.entries) for e in events if isinstance(e, Rewound)] == [(41, 20, 0)]
    assert reset.live.sha256() != untouched.live.sha256()
    assert undone.live.sha256() == untouched.live.sha256()


def test_an_undo_takes_a_reset_back_together_with_the_rollback_it_may_have_caused() -> None:
    config = small_config("mlp", "adam", train={"steps": 260})
    untouched, undone = small_session(config), small_session(config)
    unlucky(untouched, 150)
    unlucky(undone, 150)
    trained(untouched)
    events = trained(undone, script(f"40:{FRESH}", "200:undo"))
    told = [(e.cause, e.to, e.entries) for e in events if isinstance(e, Rewound)]
    assert told == [("rollback", 100, 1), ("undo", 40, 0), ("rollback", 100, 0)], "the undo takes both back"
    assert [entry.cause for entry in undone.live.progress.entries] == ["rollback"], "as it is unlucky still"
    assert undone.live.sha256() == untouched.live.sha256()


def test_plain_sgd_has_nothing_to_throw_away() -> None:
    session = small_session(small_config("mlp", "sgd", optim={"momentum": 0.0}))
    (told,) = [e for e in trained(session, script(f"20:{FRESH}")) if isinstance(e, CommandRejected)]
    assert told.reason.startswith("plain SGD has no state to throw away")
    assert session.live.progress.entries == ()


def test_a_new_shape_begins_at_the_present_rate_without_the_old_warm_up() -> None:
    config = small_config("mlp", "adam", schedule={"kind": "constant", "warmup": 10}, optim={"lr": 0.004})
    session = small_session(config)
    (change,) = changes(trained(session, script("20:schedule cosine end=1e-5")))
    assert (change.old, change.new) == (0.004, 0.004)
    assert (session.live.rate.total, session.live.rate(59)) == (60, pytest.approx(1e-5, rel=2))


def test_a_new_shape_is_checked_against_its_own_rate_and_length() -> None:
    config = small_config("mlp", "adam", optim={"lr": 0.004})
    session = small_session(config)
    events = trained(
        session,
        script(
            "20:schedule linear end=0.006 base=0.01",  # above optim.lr, below its own base
            "30:schedule linear end=0.1 base=0.01",
            "31:schedule cosine warmup=29",
            "32:schedule plateau",  # which needs evaluations
        ),
    )
    assert [(c.step, c.new) for c in changes(events)] == [(20, 0.01)]
    rejected = [(e.step, e.reason) for e in events if isinstance(e, CommandRejected)]
    assert [step for step, _ in rejected] == [30, 31, 32]
    for (_, reason), key in zip(rejected, ("schedule.end", "schedule.warmup", "train.eval_every"), strict=True):
        assert key in reason


@pytest.mark.parametrize("keys", [{"ende": 1}, {"kind": "zigzag"}, {"base": "high"}, {"base": True}, {"end": [1]}])
def test_keys_no_command_line_would_send_are_refused_too(keys: dict[str, object]) -> None:
    session, inbox = small_session(small_config("mlp", "adam")), Inbox()
    inbox.put(Reshape(keys))
    assert [e.command for e in trained(session, inbox) if isinstance(e, CommandRejected)] == ["reshape"]
