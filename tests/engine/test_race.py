"""A lane of a race is the run it would become, to the bit; a race that is dropped never was."""

import math
from collections.abc import Iterator

import pytest

from lrtui.config.schema import Config
from lrtui.engine.inbox import Inbox
from lrtui.engine.session import Session
from lrtui.engine.state import CheckpointDue, Idle, UndoDue
from lrtui.messages import (
    Command,
    CommandRejected,
    Decay,
    DropRace,
    Evaluated,
    Event,
    Finished,
    KeepLane,
    Pause,
    Paused,
    Race,
    Raced,
    RaceDropped,
    RaceKept,
    RaceStarted,
    RaceStepped,
    RateChanged,
    Rewound,
    Sampled,
    Stepped,
    Stop,
    Stopped,
    Undo,
    decode_event,
    encode,
)
from tests.small import FAMILIES, OPTIMIZERS, script, small_config, small_session, trained


def config_of(kind: str, optimizer: str = "adam", **sections: dict[str, object]) -> Config:
    model = {"dropout": 0.0 if kind == "bigram" else 0.2}
    return small_config(kind, optimizer, **{"model": model, "schedule": {"kind": "cosine", "warmup": 10}, **sections})


class Asking(Inbox):
    """Somebody whose first command comes at `step`, and each of the others when the session waits for one."""

    def __init__(self, step: int, commands: tuple[Command, ...], lines: tuple[str, ...] = ()) -> None:
        super().__init__(script(*lines)._script)
        self.at, self.commands = step, list(commands)

    @property
    def next_scripted(self) -> float:
        return min(super().next_scripted, self.at)

    def take(self, step: int):  # type: ignore[no-untyped-def]
        if step >= self.at:
            self.at = math.inf  # type: ignore[assignment]
            self.put(self.commands.pop(0))
        return super().take(step)

    def wait(self) -> bool:
        if self.commands:
            self.put(self.commands.pop(0))
            return True
        return super().wait()


def asked(step: int, *commands: Command, lines: tuple[str, ...] = ()) -> Asking:
    return Asking(step, commands, lines)


def kinds(events: list[Event], *wanted: type[Event]) -> list[Event]:
    return [event for event in events if isinstance(event, wanted)]


def losses_of(events: list[Event]) -> list[float | None]:
    return [value for event in events if isinstance(event, Stepped) for value in event.loss]


def steps_of(events: list[Event]) -> list[int]:
    return [event.step + i for event in events if isinstance(event, Stepped) for i in range(event.n)]


@pytest.mark.parametrize("kind", FAMILIES)
@pytest.mark.parametrize("lane", [1, 2, 3])
def test_a_lane_that_is_kept_is_the_run_that_was_scaled_at_the_fork(kind: str, lane: int) -> None:
    looking = {"train": {"eval_every": 10, "sample_every": 15}}
    kept, plain = small_session(config_of(kind, **looking)), small_session(config_of(kind, **looking))
    told = trained(kept, asked(23, Race([1.0, 0.3, 3.0], 17), KeepLane(lane)))
    expected = trained(plain, script(f"23:scale {[1, 0.3, 3][lane - 1]}"))
    assert kept.live.sha256() == plain.live.sha256()
    assert losses_of(told) == losses_of(expected)
    assert steps_of(told) == list(range(60))
    looked = (Evaluated, Sampled)
    assert kinds(told, *looked) == kinds(expected, *looked)
    assert kept.live.capture().progress.at(entries=()) == plain.live.capture().progress.at(entries=())
    (change,), (plainly,) = kinds(told, RateChanged), kinds(expected, RateChanged)
    assert isinstance(change, RateChanged)
    assert isinstance(plainly, RateChanged)
    assert (change.step, change.old, change.new, change.cause) == (23, plainly.old, plainly.new, "race")
    assert kinds(told, RaceKept) == [RaceKept(23, lane=lane, factor=[1.0, 0.3, 3.0][lane - 1], at=40)]


@pytest.mark.parametrize("kind", ["lstm", "gru", "gpt"])
@pytest.mark.parametrize("choice", [KeepLane(1), DropRace()])
def test_so_it_is_in_bf16(kind: str, choice: Command) -> None:
    config = config_of(kind, train={"precision": "bf16"})
    raced, plain = small_session(config), small_session(config)
    trained(raced, asked(23, Race([0.3, 1.0], 10), choice))
    trained(plain, script("23:scale 0.3") if isinstance(choice, KeepLane) else None)
    assert raced.live.sha256() == plain.live.sha256()


@pytest.mark.parametrize("kind", FAMILIES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_race_that_is_dropped_never_was(kind: str, optimizer: str) -> None:
    looking = {"train": {"eval_every": 10, "sample_every": 15, "checkpoint_every": 20}}
    dropped, plain = (small_session(config_of(kind, optimizer, **looking)) for _ in range(2))
    told = trained(dropped, asked(23, Race([1.0, 0.3, 3.0], 17), DropRace(), lines=("45:decay",)))
    expected = trained(plain, script("45:decay"))
    assert dropped.live.sha256() == plain.live.sha256()
    assert dropped.live.capture().progress == plain.live.capture().progress
    raced = (RaceStarted, RaceStepped, Raced, RaceDropped)
    told = [event for event in told if not isinstance(event, (*raced, Finished, Stepped))]
    assert told == [event for event in expected if not isinstance(event, Finished | Stepped)]


def test_what_a_race_shows_of_its_lanes_is_what_the_run_then_did() -> None:
    session = small_session(config_of("mlp"))
    told = trained(session, asked(20, Race([1.0, 0.3], 30), KeepLane(2)))
    (raced,) = kinds(told, Raced)
    assert isinstance(raced, Raced)
    assert (raced.done, raced.every, raced.step) == (30, 1, 20)
    assert raced.curves[1] == pytest.approx(losses_of(told)[20:50], rel=1e-5)
    assert [lane.lr for lane in raced.lanes][1] == pytest.approx(0.3 * raced.lanes[0].lr)
    assert all(lane.sample and lane.val is not None for lane in raced.lanes)
    steps = kinds(told, RaceStepped)
    assert steps
    drawn = [loss for event in steps for loss in event.curves[0]]  # type: ignore[attr-defined]
    assert drawn == raced.curves[0][: len(drawn)]
    assert any(lane.sample for event in steps for lane in event.lanes)  # type: ignore[attr-defined]
    assert all(decode_event(encode(event)) == event for event in [raced, *steps, *kinds(told, RaceStarted, RaceKept)])


def test_undo_takes_a_kept_race_back() -> None:
    undone, plain = small_session(config_of("lstm")), small_session(config_of("lstm"))
    told = trained(undone, asked(20, Race([1.0, 3.0], 15), KeepLane(2), lines=("40:undo",)))
    trained(plain)
    (back,) = kinds(told, Rewound)
    assert (back.step, back.to, back.entries) == (40, 20, 0)  # type: ignore[attr-defined]
    assert undone.live.sha256() == plain.live.sha256()


def test_without_a_number_the_lane_that_leads_is_kept_and_a_script_waits_for_nobody() -> None:
    scripted, plain = small_session(config_of("mlp")), small_session(config_of("mlp"))
    told = trained(scripted, script("20:race 0.001,1,0.01 30"))
    trained(plain, script("20:scale 1"))
    (raced,), (kept,) = kinds(told, Raced), kinds(told, RaceKept)
    assert raced.leader == kept.lane == 2  # type: ignore[attr-defined]
    assert scripted.live.sha256() == plain.live.sha256()
    chosen = small_session(config_of("mlp"))
    trained(chosen, asked(20, Race([0.001, 1.0, 0.01], 30), KeepLane()))
    assert chosen.live.sha256() == plain.live.sha256()
    nobody = small_session(config_of("mlp"))
    told = trained(nobody, asked(20, Race([0.001, 1.0, 0.01], 30, best=True)))
    assert kinds(told, RaceKept) == [kept]


class Early(Asking):
    """Somebody who chooses while the lanes still train."""

    def take_sent(self):  # type: ignore[no-untyped-def]
        self.wait()
        return super().take_sent()


@pytest.mark.parametrize("kind", ["mlp", "gru"])
def test_a_lane_can_be_kept_before_the_race_is_run(kind: str) -> None:
    kept, plain = small_session(config_of(kind)), small_session(config_of(kind))
    told = trained(kept, Early(20, (Race([1.0, 0.3], 30), KeepLane(2))))
    trained(plain, script("20:scale 0.3"))
    (event,) = kinds(told, RaceKept)
    assert 20 < event.at < 50  # type: ignore[attr-defined]
    assert kept.live.sha256() == plain.live.sha256()


def test_other_commands_are_refused_while_a_race_is_on() -> None:
    session = small_session(config_of("mlp"))
    told = trained(session, asked(20, Race([1.0, 0.3], 10), Decay(), Race([1.0, 2.0]), KeepLane(3), DropRace()))
    refused = kinds(told, CommandRejected)
    assert [event.reason for event in refused] == [  # type: ignore[attr-defined]
        "a race is on. Keep a lane of it (race keep 2), or drop it (race drop), first.",
        "a race is on. Keep a lane of it (race keep 2), or drop it (race drop), first.",
        "there is no lane 3: they are 1 to 2",
    ]
    assert session.live.progress.entries == ()


def test_a_stop_drops_the_race_and_saves_the_state_before_it() -> None:
    stopped, plain = small_session(config_of("lstm")), small_session(config_of("lstm"))
    told = trained(stopped, asked(20, Race([1.0, 0.3], 10), Stop()))
    ended = trained(plain, asked(20, Stop()))
    assert kinds(told, RaceDropped) == [RaceDropped(20, cause="stop")]
    assert told[-1] == ended[-1]
    assert isinstance(told[-1], Stopped)


class Leaving(Asking):
    """Somebody who keeps a lane and stops the run at once; the Stop has come before the race hears of the lane."""

    def wait(self) -> bool:
        while self.commands:
            self.put(self.commands.pop(0))
        return super().wait()


def test_a_lane_that_was_kept_before_a_stop_is_kept() -> None:
    kept, plain = small_session(config_of("mlp")), small_session(config_of("mlp"))
    told = trained(kept, Leaving(20, (Race([1.0, 0.3], 10), Decay(), KeepLane(2), Stop(), DropRace())))
    trained(plain, Inbox([*script("20:scale 0.3")._script, *script("30:stop")._script]))
    assert kinds(told, RaceKept) == [RaceKept(20, lane=2, factor=0.3, at=30)]
    assert len(kinds(told, CommandRejected)) == 1
    assert isinstance(told[-1], Stopped)
    assert told[-1].step == 30
    assert kept.live.sha256() == plain.live.sha256()


def test_where_nobody_is_there_to_choose_the_race_is_dropped() -> None:
    session, plain = small_session(config_of("mlp")), small_session(config_of("mlp"))
    told = trained(session, asked(20, Race([1.0, 0.3], 10)))
    trained(plain)
    assert kinds(told, RaceDropped) == [RaceDropped(20, cause="nobody is there to choose")]
    assert session.live.sha256() == plain.live.sha256()


def test_a_lane_that_blows_up_dies_and_cannot_be_kept() -> None:
    config = config_of("mlp", "sgd", optim={"clip": 0.0}, schedule={"kind": "constant", "warmup": 0})
    session = small_session(config)
    told = trained(session, asked(20, Race([1.0, 1e9, 1e30], 20), KeepLane(2), KeepLane(1)))
    (raced,), (refused,) = kinds(told, Raced), kinds(told, CommandRejected)
    assert isinstance(raced, Raced)
    assert raced.lanes[0].died is None
    assert all(lane.died and lane.loss is None for lane in raced.lanes[1:])
    assert [len(curve) for curve in raced.curves] == [20, *(lane.died for lane in raced.lanes[1:])]
    assert raced.leader == 1
    assert "lane 2 was lost after" in refused.reason  # type: ignore[attr-defined]
    plain = small_session(config)
    trained(plain, script("20:scale 1"))
    assert session.live.sha256() == plain.live.sha256()


def test_where_all_lanes_blow_up_there_is_none_to_keep() -> None:
    config = config_of("mlp", "sgd", optim={"clip": 0.0}, schedule={"kind": "constant", "warmup": 0})
    session, plain = small_session(config), small_session(config)
    told = trained(session, script("20:race 1e20,1e30 20"))
    trained(plain)
    (raced,) = kinds(told, Raced)
    assert raced.leader is None  # type: ignore[attr-defined]
    assert kinds(told, RaceDropped) == [RaceDropped(20, cause="every lane was lost")]
    assert session.live.sha256() == plain.live.sha256()


@pytest.mark.parametrize(
    ("lines", "steps"),
    [(("50:race 1,0.3 40",), 10), (("30:race 1,0.3 40", "41:decay"), 11), (("30:race 1,0.3 5", "41:decay"), 5)],
)
def test_a_race_ends_at_the_total_and_at_the_next_line_of_the_script(lines: tuple[str, ...], steps: int) -> None:
    session = small_session(config_of("mlp"))
    told = trained(session, script(*lines))
    (started,) = kinds(told, RaceStarted)
    assert started.steps == steps  # type: ignore[attr-defined]
    assert steps_of(told) == list(range(60))
    assert all(event.step == 41 for event in kinds(told, RateChanged)[1:])


def test_a_plateau_cuts_in_a_lane_as_it_would_in_the_run() -> None:
    sections: dict[str, dict[str, object]] = {
        "schedule": {"kind": "plateau", "warmup": 0, "patience": 1, "factor": 0.5, "threshold": 10.0},
        "train": {"eval_every": 5},
    }
    kept, plain = (small_session(small_config("mlp", **sections)) for _ in range(2))
    told = trained(kept, asked(12, Race([1.0, 0.3], 30), KeepLane(2)))
    expected = trained(plain, script("12:scale 0.3"))
    cuts = [(e.step, e.new) for e in kinds(expected, RateChanged)]  # type: ignore[attr-defined]
    assert [(e.step, e.new) for e in kinds(told, RateChanged)] == cuts  # type: ignore[attr-defined]
    assert any(12 < step < 42 for step, _ in cuts)
    assert kept.live.sha256() == plain.live.sha256()
    taken_back = list(_undone(kept))
    assert [event.to for event in taken_back][-1] == 12


def _undone(session: Session) -> Iterator[Rewound]:
    while session.live.progress.entries:
        inbox = Inbox()
        inbox.put(Undo())
        before = len(session.live.progress.entries)
        for event in session._commands(inbox):
            if isinstance(event, Rewound):
                yield event
        assert len(session.live.progress.entries) == before - 1


def test_a_paused_run_races_and_stays_paused() -> None:
    session = small_session(config_of("mlp"))
    told = trained(session, asked(20, Pause(), Race([1.0, 0.3], 10), KeepLane(1)))
    assert [event.step for event in kinds(told, Paused)] == [20, 30]
    assert isinstance(told[-1], Stopped)
    assert told[-1].step == 30


def test_the_states_to_keep_come_with_a_kept_race() -> None:
    session = small_session(config_of("mlp", train={"eval_every": 4, "checkpoint_every": 5}))
    seen = list(session.run(asked(20, Race([1.0, 0.3], 10), KeepLane(1))))
    assert any(isinstance(item, Idle) for item in seen)
    place = next(i for i, item in enumerate(seen) if isinstance(item, RaceKept))
    undo = seen[place - 1]
    assert isinstance(undo, UndoDue)
    assert undo.snapshot.step == 20
    saved = [item.snapshot.step for item in seen[place:] if isinstance(item, CheckpointDue)]
    assert 30 in saved


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (Race([1.0]), "2 to 8 lanes"),
        (Race([float(i) for i in range(1, 10)]), "2 to 8 lanes"),
        (Race([1.0, 1.0]), "same lane"),
        (Race([1.0, math.nan]), "above 0"),
        (Race([1.0, 1e308 * 10]), "above 0"),
        (Race([1.0, 2.0], 1), "5 to 20,000 steps"),
        (KeepLane(1), "no race to decide"),
        (DropRace(), "no race to decide"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(command: Command, sentence: str) -> None:
    session = small_session(config_of("mlp"))
    inbox = Inbox()
    inbox.put(command)
    (refused,) = kinds(trained(session, inbox), CommandRejected)
    assert sentence in refused.reason  # type: ignore[attr-defined]
