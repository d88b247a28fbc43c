"""The promise: stopping, looking, steering, undoing and falling back never change a bit of what training computes."""

from dataclasses import replace
from pathlib import Path

import pytest

from lrtui.config.schema import Config
from lrtui.engine.checkpoint import Origin, read_checkpoint, write_checkpoint
from lrtui.engine.session import Session
from lrtui.engine.state import CheckpointDue
from lrtui.lr.ledger import Entry
from lrtui.messages import Diverged, RateChanged, Rewound, Stepped
from lrtui.runs.directory import RunDirectory
from tests.small import FAMILIES, OPTIMIZERS, checkpoints, script, small_config, small_session, trained, unlucky

EDITS = (
    "7:decay",
    "11:lr=0.02",
    "19:hold",
    "23:scale=0.7",
    "29:reset-optimizer",
    "31:release",
    "37:lr=0.004",
    "41:cooldown=20",
)

every_kind = pytest.mark.parametrize("kind", FAMILIES)
every_optimizer = pytest.mark.parametrize("optim", OPTIMIZERS)


def config_of(kind: str, optim: str, **train: object) -> Config:
    return small_config(
        kind,
        optim,
        model={"dropout": 0.0 if kind == "bigram" else 0.2},
        schedule={"kind": "cosine", "warmup": 5},
        train={"steps": 50, **train},
    )


def resumed(config: Config, due: CheckpointDue, folder: Path, **options: object) -> Session:
    """A fresh session that goes on from `due` as a file on the disk gives it back."""
    session = small_session(config, **options)
    flat = session.live.train.flat
    folder.mkdir(exist_ok=True)
    run = RunDirectory(folder)
    write_checkpoint(run, due.snapshot, flat, Origin(config.lr_schedule(), {}, "", {}))
    snapshot, _ = read_checkpoint(run.checkpoint(due.snapshot.step), flat)
    session.live.restore(snapshot)
    return session


@every_kind
@every_optimizer
def test_n_steps_equal_k_steps_resume_and_the_rest(kind: str, optim: str, tmp_path: Path) -> None:
    config = config_of(kind, optim, checkpoint_every=13)
    straight = small_session(config)
    dues = checkpoints(straight, script(*EDITS))
    at_26 = next(due for due in dues if due.snapshot.step == 26)
    later = tuple(e for e in straight.live.progress.entries if e.step >= 26)
    again = resumed(config, at_26, tmp_path, replay=later)
    trained(again)
    assert again.live.step == straight.live.step == 61
    assert again.live.capture().progress == straight.live.capture().progress
    assert again.live.sha256() == straight.live.sha256()


@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru", "gpt"])
def test_bf16_resumes_to_the_bit_too(kind: str, tmp_path: Path) -> None:
    config = config_of(kind, "adam", checkpoint_every=13, precision="bf16")
    straight = small_session(config)
    due = next(due for due in checkpoints(straight) if due.snapshot.step == 26)
    again = resumed(config, due, tmp_path)
    trained(again)
    assert again.live.sha256() == straight.live.sha256()


@every_kind
@every_optimizer
def test_looking_never_disturbs_training(kind: str, optim: str) -> None:
    plain, watched = (
        small_session(config_of(kind, optim, **looks))
        for looks in ({}, {"sample_every": 5, "eval_every": 7, "checkpoint_every": 3})
    )
    trained(plain, script(*EDITS))
    trained(watched, script(*EDITS, "9:sample", "9:save"))
    assert watched.live.sha256() == plain.live.sha256()


@every_kind
@every_optimizer
def test_replay_of_a_steered_run_is_equal(kind: str, optim: str) -> None:
    config = config_of(kind, optim)
    steered = small_session(config)
    trained(steered, script("3:scale=2", "4:extend 4 keep", *EDITS, "33:undo"))
    replayed = small_session(config, replay=steered.live.progress.entries, automatic=False)
    trained(replayed)
    assert replayed.live.sha256() == steered.live.sha256()
    assert replayed.live.progress.entries == steered.live.progress.entries


@every_kind
def test_undo_returns_to_the_bit(kind: str) -> None:
    config = config_of(kind, "adamw")
    untouched, undone = small_session(config), small_session(config)
    trained(untouched)
    events = trained(undone, script("17:decay", "30:undo"))
    assert [(e.step, e.to, e.entries) for e in events if isinstance(e, Rewound)] == [(30, 17, 0)]
    assert undone.live.sha256() == untouched.live.sha256()


def test_undo_takes_back_the_last_change_only_and_one_at_a_time() -> None:
    config = config_of("mlp", "adam")
    expected, steered, emptied = (small_session(config) for _ in range(3))
    trained(expected, script("5:decay"))
    trained(steered, script("5:decay", "9:lr=0.02", "12:scale=2", "20:undo", "21:undo"))
    assert steered.live.sha256() == expected.live.sha256()
    trained(emptied, script("5:decay", "9:lr=0.02", "20:undo", "21:undo", "22:undo"))
    assert emptied.live.progress.entries == ()


@pytest.mark.parametrize("at", [1, 12, 13, 14, 49])
def test_undo_at_any_step_is_exact_with_a_carried_state(at: int) -> None:
    config = config_of("gru", "sgd")
    untouched, undone = small_session(config), small_session(config)
    trained(untouched)
    trained(undone, script(f"{at}:lr=0.3", "50:undo"))
    assert undone.live.sha256() == untouched.live.sha256()


@pytest.mark.parametrize(("change", "back"), [(90, 90), (120, 100)])
def test_undo_takes_a_rollback_back_with_the_change_that_may_have_caused_it(change: int, back: int) -> None:
    """It diverges at 150 and goes back to 100: a change of before that is still there, one of after it is gone."""
    session = small_session(config_of("mlp", "adam", steps=300))
    unlucky(session, 150)
    events = trained(session, script(f"{change}:scale=2", "180:undo"))
    undone = [event for event in events if isinstance(event, Rewound) and event.cause == "undo"]
    assert [(event.to, event.entries) for event in undone] == [(back, 0)]


@pytest.mark.parametrize("kind", ["mlp", "lstm", "gpt"])
def test_rollback_survives_a_resume_at_any_checkpoint(kind: str, tmp_path: Path) -> None:
    """Diverges at step 233; checkpoints every 17 steps lie before, between and after the good state of step 200."""
    config = config_of(kind, "adam", steps=260, checkpoint_every=17)
    straight = small_session(config)
    unlucky(straight, 233)
    dues: list[CheckpointDue] = []
    rewinds: list[Rewound] = []
    for item in straight.run(script("150:scale=0.5")):
        if isinstance(item, CheckpointDue):
            dues.append(item)
        elif isinstance(item, Rewound):
            rewinds.append(item)
    assert [(e.step, e.to) for e in rewinds] == [(234, 200)]
    entries = straight.live.progress.entries
    assert [e.step for e in entries] == [150, 200]
    for due in [d for d in dues if d.snapshot.step in (119, 136, 170, 187, 221, 238, 255)]:
        known: tuple[Entry, ...] = entries[len(due.snapshot.progress.entries) : 1]
        again = resumed(config, due, tmp_path / str(due.snapshot.step), replay=known)
        unlucky(again, 233)
        trained(again)
        assert again.live.sha256() == straight.live.sha256(), due.snapshot.step
        assert again.live.capture().progress == straight.live.capture().progress


def test_an_undo_while_known_entries_wait_drops_them() -> None:
    """Resumed before a change the log knows, then undone: the future of the old branch does not come back."""
    config = config_of("mlp", "adam")
    known = small_session(config)
    trained(known, script("10:scale=0.5", "40:decay"))
    resumed_early = small_session(config, replay=known.live.progress.entries)
    trained(resumed_early, script("20:undo"))
    assert resumed_early.live.progress.entries == ()


def test_after_weights_only_a_rollback_has_somewhere_to_go() -> None:
    config = config_of("lstm", "adam", steps=150)
    first, second = small_session(config), small_session(config)
    due = checkpoints(first)[-1]
    bare = replace(due.snapshot, buffers={}, carry=(), good=None, progress=replace(due.snapshot.progress, step=60))
    second.live.restore(bare, weights_only=True)
    unlucky(second, 90)
    events = trained(second)
    assert [e.to for e in events if isinstance(e, Rewound)] == [60]


def test_each_rollback_cuts_again_and_the_fourth_divergence_stops() -> None:
    session = small_session(config_of("mlp", "adam", steps=200))
    whole = session.live.train.losses
    session.live.train.losses = lambda batch, carry: (  # type: ignore[method-assign]
        whole(batch, carry)[0] * (float("nan") if session.live.step == 120 else 1.0),
        (),
    )
    events = trained(session)
    assert [e.to for e in events if isinstance(e, Rewound)] == [100] * 4
    assert [e.new / e.old for e in events if isinstance(e, RateChanged)] == [0.5] * 3
    assert [e.action for e in events if isinstance(e, Diverged)] == ["rollback"] * 3 + ["stop"]
    assert session.live.step == 100


def test_plateau_cuts_are_entries_and_survive_resume_and_replay(tmp_path: Path) -> None:
    config = small_config(
        "bigram",
        "sgd",
        optim={"lr": 3.0},
        schedule={"kind": "plateau", "patience": 1, "threshold": 0.02, "factor": 0.5},
        train={"steps": 240, "eval_every": 10, "checkpoint_every": 70},
    )
    straight = small_session(config)
    dues = checkpoints(straight)
    cuts = tuple(e for e in straight.live.progress.entries if e.cause == "plateau")
    assert len(cuts) >= 2
    replayed = small_session(config, replay=cuts, automatic=False)
    trained(replayed)
    assert replayed.live.sha256() == straight.live.sha256()
    for due in [d for d in dues if d.snapshot.step % 70 == 0]:
        n = len(due.snapshot.progress.entries)
        for known in ((), cuts[n:]):  # the log's tail lost with the power, or not
            again = resumed(config, due, tmp_path / f"{due.snapshot.step}-{len(known)}", replay=known)
            trained(again)
            assert again.live.capture().progress == straight.live.capture().progress
            assert again.live.sha256() == straight.live.sha256()


def test_the_rate_logged_is_the_rate_used() -> None:
    session = small_session(config_of("mlp", "sgd"))
    used: list[float] = []
    optimizer = session.live.train.optimizer
    step = optimizer.step

    def noted(lr: float, momentum: float | None = None) -> None:
        used.append(lr)
        step(lr, momentum)

    optimizer.step = noted  # type: ignore[method-assign,assignment]
    events = trained(session, script(*EDITS))
    logged = [lr for e in events if isinstance(e, Stepped) for lr in e.lr]
    assert logged == used
    assert len(logged) == 61


def test_a_different_ledger_makes_different_bits() -> None:
    """Guards the tests above: the hash sees what the ledger does."""
    config = config_of("mlp", "adam")
    one, other = small_session(config), small_session(config)
    trained(one, script("48:decay"))
    trained(other)
    assert one.live.sha256() != other.live.sha256()
