"""Every event tells in the view and in the log, whatever happened before it and whatever it says."""

import unicodedata
from dataclasses import fields, is_dataclass, replace

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrtui.lr.ledger import Entry
from lrtui.lr.schedule import Schedule
from lrtui.messages import (
    CheckpointSaved,
    CommandRejected,
    Continued,
    Diverged,
    Evaluated,
    Event,
    Paused,
    RateChanged,
    Rewound,
    RunResumed,
    Stopped,
    Warned,
    decode_event,
    encode,
)
from lrtui.run_charts import changes
from lrtui.runs.events import SampleLine
from lrtui.runs.history import HistoryFold
from lrtui.tui.buckets import Numbers
from lrtui.tui.seeing import LogLine
from lrtui.tui.state import RunView, Seen, news, opening, reduce
from tests.runs.story import evaluated, finished, scaled, started


class Story:
    """Looks at a run that exists only in memory."""

    def __init__(self) -> None:
        self.fold, self.now = HistoryFold(), 0.0

    def seen(self, *events: Event, step: int = 0, live: bool = True, **more: object) -> Seen:
        for event in events:
            self.fold.add(event)
        self.now += 0.5
        given: dict[str, object] = {"config": {"train": {"steps": 7}}, "numbers": Numbers()} | more
        history = self.fold.history()
        return Seen(now=self.now, live=live, history=history, step=step, events=events, **given)  # type: ignore[arg-type]


def told(*looks: tuple[Event, ...], step: int = 0, live: bool = True) -> RunView:
    story, view = Story(), opening("otter")
    for events in looks:
        view = reduce(view, story.seen(*events, step=step, live=live))
    return view


def resumed(badge: str, step: int = 100) -> RunResumed:
    return RunResumed(step=step, run="otter", badge=badge, steps=1000, entries=0, fingerprint={})


STOPPED = Stopped(step=9, cause="SIGINT", state_sha256="", resume="lrtui resume otter")


@pytest.mark.parametrize(
    ("events", "step", "live", "condition"),
    [
        ((), 0, True, "opening"),
        ((), 0, False, "crashed"),
        ((started(),), 5, True, "training"),
        ((started(),), 5, False, "crashed"),
        ((started(), Paused(9)), 9, True, "paused"),
        ((started(), Paused(9), Continued(9)), 9, True, "training"),
        ((started(), Paused(9)), 12, True, "training"),  # `step n` goes on without a word
        ((started(), Paused(9), Rewound(step=9, to=3, entries=0, cause="undo"), Paused(3)), 3, True, "paused"),
        ((started(), Paused(9), resumed("exact", 5)), 5, True, "training"),
        ((started(), Paused(9), STOPPED), 9, False, "stopped"),
        ((started(), STOPPED), 9, True, "stopped"),  # it has said so, and is about to leave
        ((started(), STOPPED, resumed("exact")), 9, True, "training"),
        ((started(), finished()), 1000, False, "finished"),
        ((started(), finished(), resumed("exact")), 1000, False, "crashed"),
    ],
)
def test_the_condition(events: tuple[Event, ...], step: int, live: bool, condition: str) -> None:
    assert told(events, step=step, live=live).condition == condition
    assert told(*((event,) for event in events), step=step, live=live).condition == condition or not events


def test_how_far_it_is() -> None:
    assert told(()).total == 7, "the config knows before the run has said anything"
    extended = Entry(step=10, kind="extend", steps=500, shape="keep")
    view = told((started(steps=1000), msgspec.structs.replace(scaled(10), entry=extended)), step=400)
    assert (view.step, view.total) == (400, 1500)
    assert told((started(), evaluated(10, 2.5), evaluated(20, None))).val_loss is None
    assert told((started(), evaluated(20, None), evaluated(30, 2.5))).val_loss == 2.5


@pytest.mark.parametrize("steps", [True, -5, 10**400, "many", None])
def test_a_config_of_anyones_tells_no_length(steps: object) -> None:
    assert reduce(opening("otter"), Story().seen(config={"train": {"steps": steps}})).total == 0


def test_the_rate_is_the_fold_of_the_ledger_and_folded_only_when_it_changed() -> None:
    story = Story()
    first = reduce(opening("otter"), story.seen(started(), scaled(400)))
    assert first.rate is not None
    assert [first.rate(399), first.rate(400)] == pytest.approx([0.1, 0.01])
    second = reduce(first, story.seen(evaluated(500), step=500))
    assert second.rate is first.rate
    third = reduce(second, story.seen(scaled(600), step=600))
    assert third.rate is not None
    assert third.rate(600) == pytest.approx(0.001)


def test_a_damaged_ledger_is_folded_as_far_as_it_makes_sense() -> None:
    broken = msgspec.structs.replace(scaled(500), entry=Entry(step=500, kind="cooldown"))
    view = told((started(), scaled(400), broken))
    assert view.rate is not None
    assert view.rate(500) == pytest.approx(0.01)
    mad = msgspec.structs.replace(started(), schedule=Schedule(kind="cosine", base=-1.0, steps=0))
    assert told((mad,)).rate is None


@pytest.mark.parametrize(
    ("badges", "badge"),
    [
        ((), "exact"),
        (("exact",), "exact"),
        (("continued: device", "exact"), "continued: device"),
        (("continued: device", "continued: threads"), "continued: threads"),
        (("weights only", "continued: threads"), "weights only"),
    ],
)
def test_the_badge(badges: tuple[str, ...], badge: str) -> None:
    assert told((started(), *(resumed(one) for one in badges))).badge == badge


def test_a_branch_left_behind_takes_its_badge_along() -> None:
    back = Rewound(step=300, to=50, entries=0, cause="undo")
    assert told((started(), resumed("weights only", 100), back)).badge == "exact"


@pytest.mark.parametrize(
    ("event", "lines", "is_news"),
    [
        (scaled(400), [LogLine(400, "×0.1: lr 1e-1 → 1e-2", "change")], True),
        (scaled(400, replayed=True), [LogLine(400, "×0.1: lr 1e-1 → 1e-2, again after the resume", "change")], False),
        (
            Rewound(step=500, to=400, entries=0, cause="undo"),
            [LogLine(500, "undo: back to step 400", "change")],
            True,
        ),
        (
            Diverged(step=9, loss=None, reason="the loss is nan", action="rollback"),
            [LogLine(9, "diverged at loss –: the loss is nan; rollback", "error")],
            True,
        ),
        (
            CommandRejected(9, command="undo", reason="there is no change"),
            [LogLine(9, "undo refused: there is no change", "warning")],
            True,
        ),
        (CheckpointSaved(9, path="steps/9", pinned=True), [LogLine(9, "checkpoint saved (pinned)")], True),
        (CheckpointSaved(9, path="steps/9"), [LogLine(9, "checkpoint saved")], False),
        (Warned(9, message="a\n\x1b[2J"), [LogLine(9, "warning: a␊␛[2J", "warning")], True),
        (evaluated(9), [LogLine(9, "val 2.000 train 1.900")], False),
        (
            Evaluated(step=9, train_loss=1.0, val_loss=2.0, best=True),
            [LogLine(9, "best 2.000 train 1.000", "good")],
            False,
        ),
        (Paused(9), [LogLine(9, "paused")], False),
        (STOPPED, [LogLine(9, "stopped at step 9 (SIGINT); go on with: lrtui resume otter", "warning")], True),
        (
            msgspec.structs.replace(resumed("exact"), skipped=["torn"]),
            [
                LogLine(100, "otter resumed at step 100 of 1,000: exact", "warning"),
                LogLine(100, "skipped checkpoint: torn", "warning"),
            ],
            False,
        ),
    ],
)
def test_the_log_and_the_news(event: Event, lines: list[LogLine], is_news: bool) -> None:
    story = Story()
    before = reduce(opening("otter"), story.seen(started()))
    seen = story.seen(event)
    assert list(reduce(before, seen).log[len(before.log) :]) == lines
    assert news(before, seen) == (lines[:1] if is_news else [])


def test_the_first_look_only_catches_up() -> None:
    story = Story()
    seen = story.seen(started(), scaled(400), finished(), live=False)
    assert news(opening("otter"), seen) == []
    assert len(reduce(opening("otter"), seen).log) >= 3


def test_a_death_is_told_once_and_explained_as_long_as_it_lasts() -> None:
    story, why = Story(), ("killed by SIGKILL", "R resumes\x1b")
    alive = reduce(opening("otter"), story.seen(started(), step=10))
    assert alive.condition == "training"
    seen = story.seen(step=10, live=False, ending=why)
    assert news(alive, seen) == [], "the screen says it large"
    dead = reduce(alive, seen)
    assert dead.ending == why
    assert [line.text for line in dead.log[-1:]] == ["killed by SIGKILL"]
    again = story.seen(step=10, live=False, ending=why)
    assert news(dead, again) == []
    assert reduce(dead, again).log == dead.log
    back = reduce(dead, story.seen(resumed("exact", 5), step=5))
    assert (back.condition, back.ending) == ("training", ())


def test_another_run_in_its_place_is_begun_anew() -> None:
    story = Story()
    view = reduce(opening("otter"), story.seen(started(), scaled(400)))
    seen = replace(Story().seen(started()), anew=True)
    assert news(view, seen) == []
    assert len(reduce(view, seen).log) < len(view.log)


def test_what_is_kept_is_bounded() -> None:
    story, view = Story(), opening("otter")
    for number in range(30):
        samples = tuple(SampleLine(number, 0, "", 0.8, "x") for _ in range(20))
        events = tuple(evaluated(number * 100 + k) for k in range(100))
        view = reduce(view, story.seen(*events, samples=samples))
    assert (len(view.samples), view.samples[-1].step) == (200, 29)
    assert (len(view.log), view.log[-1].step) == (1000, 2999)


def paced(*looks: tuple[float, int] | None) -> RunView:
    """The view after looks at (seconds, step); None is a look at a paused run."""
    story, view = Story(), opening("otter")
    story.fold.add(started(steps=10_000))
    clock, step = 0.0, 0
    for look in looks:
        if look is None:
            clock += 60
            seen = story.seen(Paused(step), step=step)
        else:
            clock, step = look
            seen = story.seen(Continued(step), step=step)
        view = reduce(view, replace(seen, now=clock))
    return view


def test_the_speed_is_unknown_until_steps_have_come_twice() -> None:
    assert paced().speed is None
    assert paced().eta is None
    view = paced((0, 100), (1, 200), (2, 300))
    assert view.speed == pytest.approx(100)
    assert view.eta == pytest.approx(97)
    assert paced((0, 100)).speed is None


def test_a_pause_does_not_count() -> None:
    running = [(float(second), 100 * second) for second in range(1, 5)]
    paused = paced(*running, None)
    assert (paused.condition, paused.eta) == ("paused", None)
    assert paused.speed == pytest.approx(100)
    later = [(100.0 + second, 400 + 100 * second) for second in range(1, 4)]
    assert paced(*running, None, *later).speed == pytest.approx(100)


def test_one_stall_among_many_looks_does_not_count() -> None:
    looks = [(second / 2, 50 * second) for second in range(1, 13)]
    stalled = [(6.0 + 4.0 + second / 2, 600 + 50 * second) for second in range(1, 10)]
    assert paced(*looks, *stalled).speed == pytest.approx(100)


def test_slow_steps_are_counted_between_their_arrivals() -> None:
    looks = [(half / 2, half // 10) for half in range(60)]  # a step every five seconds, two looks a second
    assert paced(*looks).speed == pytest.approx(0.2)


def test_a_training_that_hangs_becomes_slow() -> None:
    looks = [(float(second), 100 * second) for second in range(1, 6)]
    hanging = paced(*looks, *((5.0 + second, 500) for second in range(1, 60)))
    assert hanging.speed is not None
    assert hanging.speed < 10


# -- anything at all --------------------------------------------------------------------------------------------------

TEXT = st.text(st.characters(exclude_categories=()), max_size=12) | st.sampled_from(
    ["\x1b]0;x\x07", "[/b]", "a\nb\r\x85", "\u202eabc", "\x9b2J", "exact", "weights only"]
)


@st.composite
def events(draw: st.DrawFn) -> Event:
    """Any event that a line of the log can hold."""
    kind = draw(st.sampled_from([one for one in Event.__subclasses__() if one.__name__ != "Stepped"]))
    made = draw(st.builds(kind, **{f.name: _strategy(f) for f in msgspec.structs.fields(kind)}))
    try:
        return decode_event(encode(made))
    except (msgspec.MsgspecError, UnicodeEncodeError, ValueError):
        return Warned(0, message=draw(st.text(max_size=3)))


NUMBERS = st.floats() | st.sampled_from([0.0, -1.0, 1e308, 1e-320, 0.1])
STEPS = st.integers(0, 50) | st.integers(-(2**62), 2**62)
SCHEDULES = st.builds(
    Schedule,
    kind=st.sampled_from(["constant", "cosine", "one_cycle", "plateau", "nonsense"]),
    base=NUMBERS,
    steps=STEPS,
)
ENTRIES = st.builds(
    Entry,
    step=STEPS,
    kind=st.sampled_from(["scale", "set", "hold", "release", "reshape", "cooldown", "extend"]),
    value=st.none() | NUMBERS,
    multiplier=st.none() | NUMBERS,
    steps=st.none() | STEPS,
    shape=st.none() | st.sampled_from(["linear", "keep", "restart", "rescale", "bent"]),
    schedule=st.none() | SCHEDULES,
    cause=TEXT,
)
STRATEGIES = {
    "step": STEPS,
    "entry": ENTRIES,
    "schedule": SCHEDULES,
    "fingerprint": st.just({}),
    "baselines": st.dictionaries(TEXT, NUMBERS, max_size=2),
    "skipped": st.lists(TEXT, max_size=2),
    "script": st.none(),
}
BY_TYPE = {int: STEPS, float: NUMBERS, str: TEXT, bool: st.booleans(), float | None: st.none() | NUMBERS}


def _strategy(one: msgspec.structs.FieldInfo) -> st.SearchStrategy[object]:
    if one.name == "script" and one.type == list[str]:
        return st.just([])
    by_type: dict[object, st.SearchStrategy[object]] = BY_TYPE  # type: ignore[assignment]
    return STRATEGIES[one.name] if one.name in STRATEGIES else by_type.get(one.type, st.none())


def strings(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, tuple):
        return [text for one in value for text in strings(one)]
    if is_dataclass(value):
        return [text for one in fields(value) for text in strings(getattr(value, one.name))]
    return []


@settings(max_examples=120)
@given(st.lists(st.tuples(st.lists(events(), max_size=4), STEPS, st.booleans()), max_size=5))
def test_no_events_whatever_raise_or_reach_a_terminal(looks: list[tuple[list[Event], int, bool]]) -> None:
    story, view = Story(), opening("otter")
    for found, step, live in looks:
        seen = story.seen(*found, step=step, live=live)
        shown = [line.text for line in news(view, seen)]
        view = reduce(view, seen)
        shown += [view.badge, *strings(view.log), *strings(view.ending)]
        for text in shown:
            assert not any(unicodedata.category(c) in ("Cc", "Cs") for c in text), repr(text)
    assert len(view.log) <= 1000


def test_cuts_of_a_plateau_and_a_fresh_optimizer_are_in_the_log_and_on_the_charts() -> None:
    cut = RateChanged(
        300, entry=Entry(step=300, kind="scale", value=0.5, cause="plateau"), old=0.1, new=0.05, cause="plateau"
    )
    reset = RateChanged(400, entry=Entry(step=400, kind="reset"), old=0.05, new=0.05, cause="user")
    view = told((started(), cut, reset), step=500)
    assert [(line.step, line.text, line.level) for line in view.log[-2:]] == [
        (300, "×0.5 (plateau): lr 1e-1 → 5e-2", "change"),
        (400, "fresh optimizer: its state is thrown away; lr 5e-2 stays", "change"),
    ]
    assert [(mark.step, mark.label) for mark in changes(view.history)] == [(300, "×0.5"), (400, "fresh optimizer")]
