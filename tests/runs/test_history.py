"""Which part of everything that happened is still true: the fold of steered, undone, killed and resumed runs."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrtui.lr.ledger import Entry, Rate, cool_down, extend, fold, release, scale
from lrtui.lr.schedule import Schedule
from lrtui.messages import Event, RateChanged, Rewound, RunResumed, ScriptDone, Stopped
from lrtui.runs.history import fold_history, read_history, total_steps
from tests.runs.story import evaluated, finished, scaled, started, told_run


def resumed(step: int, entries: int = 0, steps: int = 1000) -> RunResumed:
    return RunResumed(step=step, run="otter", badge="exact", steps=steps, entries=entries, fingerprint={})


def test_nothing_happened() -> None:
    history = fold_history([])
    assert history.started is None
    assert history.entries == ()
    assert history.steps == 0


def test_an_undone_change_does_not_survive() -> None:
    first, second, third = scaled(100), scaled(300), scaled(250)
    history = fold_history([started(), first, second, Rewound(step=400, to=200, entries=1, cause="undo"), third])
    assert history.entries == (first.entry, third.entry)
    assert history.changes == (first, third)
    assert [rewind.to for rewind in history.rewinds] == [200]


def test_deeds_keep_the_order_in_which_things_happened_and_what_took_them_back() -> None:
    first, second, third = scaled(300), scaled(310), scaled(200)
    undo, rollback = (Rewound(step=400, to=200, entries=n, cause=cause) for n, cause in ((1, "undo"), (0, "rollback")))
    history = fold_history([started(), first, second, undo, rollback, third])
    assert history.deeds == ((first, "rollback"), (second, "undo"), (undo, ""), (rollback, ""), (third, ""))


def test_a_rewind_to_the_start_leaves_nothing() -> None:
    history = fold_history([started(), scaled(10), scaled(20), Rewound(step=30, to=0, entries=0, cause="rollback")])
    assert history.entries == ()
    assert history.last_step == 0


def test_what_a_resume_applies_again_is_not_counted_twice() -> None:
    change = scaled(300)
    history = fold_history([started(), change, resumed(200), replace_change(change, replayed=True)])
    assert history.entries == (change.entry,)


def replace_change(change: RateChanged, *, replayed: bool) -> RateChanged:
    return RateChanged(
        step=change.step, entry=change.entry, old=change.old, new=change.new, cause="resume", replayed=replayed
    )


def test_evaluations_that_were_rewound_or_repeated_are_dropped() -> None:
    events: list[Event] = [started(), evaluated(100, 3.0), evaluated(200, 2.5), evaluated(300, 9.0)]
    events += [Rewound(step=350, to=200, entries=0, cause="undo"), evaluated(300, 2.2)]
    assert [e.val_loss for e in fold_history(events).evaluations] == [3.0, 2.5, 2.2]
    events += [resumed(100), evaluated(200, 2.5)]
    assert [e.step for e in fold_history(events).evaluations] == [100, 200]


def test_how_it_ended() -> None:
    stop = Stopped(step=50, cause="SIGINT", state_sha256="", resume="lrtui resume otter")
    assert fold_history([started(), stop]).stopped == stop
    assert fold_history([started(), finished()]).finished == finished()
    again = fold_history([started(), stop, resumed(50)])
    assert again.stopped is None
    assert again.finished is None
    assert fold_history([started(), stop, resumed(50), finished()]).stopped is None


def test_lines_of_the_script_that_ran_do_not_run_again() -> None:
    events = [
        started(script=("100:decay", "200:undo", "300:save", "400:decay")),
        scaled(100, script=0),
        Rewound(step=200, to=100, entries=0, cause="undo", script=1),
        ScriptDone(step=300, script=2),
    ]
    history = fold_history(events)
    assert history.script == ("100:decay", "200:undo", "300:save", "400:decay")
    assert history.script_done == {0, 1, 2}
    assert history.entries == ()


def changed(entry: Entry) -> RateChanged:
    return RateChanged(step=entry.step, entry=entry, old=1.0, new=1.0, cause="user")


def test_the_total_follows_extensions_and_their_undoing() -> None:
    longer = changed(Entry(step=500, kind="extend", steps=300, shape="keep"))
    cool = changed(Entry(step=700, kind="cooldown", steps=100, shape="linear"))
    events: list[Event] = [started(), longer]
    assert fold_history(events).steps == 1300
    events.append(cool)
    assert fold_history(events).steps == 800
    events.append(resumed(750, entries=2, steps=800))
    assert fold_history(events).steps == 800
    events.append(Rewound(step=780, to=700, entries=1, cause="undo"))
    assert fold_history(events).steps == 1300
    events.append(Rewound(step=780, to=400, entries=0, cause="undo"))
    assert fold_history(events).steps == 1000


ASKED: dict[str, Callable[[Rate, int, int], Entry]] = {
    "scale": lambda rate, step, n: scale(rate, step, 0.5),
    "extend": extend,
    "cooldown": cool_down,
    "release": lambda rate, step, n: release(rate, step),
}


@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(ASKED)), st.integers(0, 50), st.integers(1, 500)),
        max_size=8,
    )
)
def test_the_total_is_that_of_the_rate(asked: list[tuple[str, int, int]]) -> None:
    rate, entries, step = fold(Schedule(base=0.1, steps=1000), ()), [], 0
    for kind, later, n in asked:
        step += later
        if rate.cooling and (kind != "release" or step >= rate.total):
            continue
        entry = ASKED[kind](rate, step, n)
        entries.append(entry)
        rate = rate.apply(entry)
    assert total_steps(1000, entries) == rate.total


def test_a_run_on_disk(tmp_path: Path) -> None:
    run = told_run(tmp_path)
    with run.events.open("ab") as file:
        file.write(b'nonsense\n{"event":"finis')
    history = read_history(run)
    assert [entry.step for entry in history.entries] == [700]
    assert [rewind.to for rewind in history.rewinds] == [400]
    assert history.started is not None
    assert history.finished is not None
    assert history.skipped == 1
    assert history.last_step == 1000


@pytest.mark.parametrize("entries", [-1, 5])
def test_a_rewind_beyond_the_ledger_breaks_nothing(entries: int) -> None:
    history = fold_history([started(), scaled(1), Rewound(step=2, to=1, entries=entries, cause="undo")])
    assert len(history.entries) == (0 if entries < 0 else 1)
