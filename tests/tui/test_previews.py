"""What a key would do is said with the ledger's own numbers, and what cannot be done is a sentence."""

from dataclasses import replace

import pytest

from lrtui.errors import UsageError
from lrtui.lr import ledger
from lrtui.lr.rate import Rate
from lrtui.lr.schedule import Schedule
from lrtui.messages import (
    Continue,
    CoolDown,
    Decay,
    Extend,
    Hold,
    Pause,
    RateChanged,
    Release,
    ResetOptimizer,
    Reshape,
    Sample,
    Save,
    Scale,
    SetRate,
    Step,
    Stop,
    Undo,
)
from lrtui.tui.previews import Ahead, decay_factor, ladder, next_rate, preview, what_goes_on
from tests.tui.views import changed, folded, view


def test_decay_shows_old_and_new() -> None:
    assert preview(view(), Decay()) == "×0.1: 2e-3 → 2e-4 at the next step"


def test_decay_uses_the_factor_of_the_config() -> None:
    own = view(config={"train": {"decay_factor": 0.5}})
    assert decay_factor(own) == 0.5
    assert preview(own, Decay()) == "×0.5: 2e-3 → 1e-3 at the next step"
    for wrong in ({}, {"train": 3}, {"train": {"decay_factor": "[b]"}}, {"train": {"decay_factor": 7.0}}):
        assert decay_factor(view(config=wrong)) == 0.1


def test_a_second_press_previews_on_the_first() -> None:
    run = view()
    ahead = Ahead.of(run).after(run, Scale(2.0))
    assert preview(run, Scale(2.0), ahead) == "×2: 4e-3 → 8e-3 at the next step"


def test_undo_takes_back_what_is_on_its_way() -> None:
    run = changed(view(), at=300)
    ahead = Ahead.of(run).after(run, Scale(2.0))
    assert preview(run, Undo(), ahead) == "undoes ×2, as soon as that has come"
    ahead = ahead.after(run, Undo())
    assert (ahead.entries, ahead.rate) == (run.history.entries, run.rate)
    assert preview(run, Undo(), ahead).startswith("undoes ×0.1: 2e-4 → 2e-3, exactly back to step 300")
    with pytest.raises(UsageError, match="no change to undo"):
        preview(run, Undo(), ahead.after(run, Undo()))


def test_an_undo_on_its_way_takes_the_cuts_of_rollbacks_along() -> None:
    run = changed(view(), at=200)
    first = run.rate
    run = changed(run, at=300, factor=100.0)
    run = folded(run, ledger.scale(run.rate, 310, 0.5, "rollback"))  # type: ignore[arg-type]
    ahead = Ahead.of(run).after(run, Undo())
    assert (len(ahead.entries), ahead.rate) == (1, first)


def test_setting_says_what_the_schedule_makes_of_it() -> None:
    assert preview(view(), SetRate(5e-4)) == "2e-3 → 5e-4: the rate stays there"
    cosine = view("cosine", step=0)
    assert preview(cosine, SetRate(5e-4)) == "2e-3 → 5e-4: the cosine goes on at ×0.25"
    held = folded(view("cosine"), ledger.hold(cosine.rate, 100))  # type: ignore[arg-type]
    assert preview(held, SetRate(5e-4)).endswith("→ 5e-4: held there until h releases it")
    cooling = folded(view(), ledger.cool_down(view().rate, 300, 200))  # type: ignore[arg-type]
    assert preview(cooling, SetRate(5e-4)) == "1e-3 → 5e-4: the cool-down goes on from there"


def test_setting_where_the_schedule_is_zero_holds() -> None:
    at_zero = replace(view("cosine"), step=1000)
    assert preview(at_zero, SetRate(5e-4)) == "0 → 5e-4: held there, because the schedule is at 0 here"


def test_scaling_zero_says_what_goes_on() -> None:
    at_zero = replace(view("cosine"), step=1000)
    assert preview(at_zero, Decay()) == "×0.1: 0 → 0 at the next step; the cosine goes on at ×0.1"


def test_hold_and_release() -> None:
    run = view("cosine", step=500)
    assert preview(run, Hold()) == "held at 1e-3 until h releases it, whatever the cosine does"
    held = folded(view("cosine", step=500), ledger.hold(run.rate, 100))  # type: ignore[arg-type]
    assert preview(held, Release()) == "released: 2e-3 → 1e-3, the cosine's own value"
    with pytest.raises(UsageError, match="is 0: nothing to hold"):
        preview(replace(run, step=1000), Hold())


def test_cooling_down_says_where_it_ends() -> None:
    assert preview(view(), CoolDown(500)) == "2e-3 → 0 over 500 steps; the run ends at step 900"
    with pytest.raises(UsageError, match="at least 1 step"):
        preview(view(), CoolDown(0))


def test_extending_says_what_becomes_of_the_shape() -> None:
    assert preview(view(), Extend(500)) == "1,000 → 1,500 steps; the rate goes on as it is"
    run = view("cosine", step=500)
    keep = preview(run, Extend(1000, "keep"))
    assert keep == "1,000 → 2,000 steps; the cosine ends at step 1,000, then holds 0"
    assert preview(run, Extend(1000, "rescale")).endswith("the cosine is stretched: 1e-3 → 1.7e-3 now")
    assert preview(run, Extend(1000, "restart")).endswith("the cosine restarts: 1e-3 → 2e-3 now")
    with pytest.raises(UsageError, match="say keep, rescale or restart"):
        preview(run, Extend(1000))


def test_undo_says_where_it_goes_back_to() -> None:
    with pytest.raises(UsageError, match="there is no change to undo"):
        preview(view(), Undo())
    run = changed(view(), at=300)
    told = "undoes ×0.1: 2e-4 → 2e-3, exactly back to step 300"
    assert preview(run, Undo()) == told


def test_the_pace() -> None:
    assert preview(view(), Pause()) == "pauses at the next step"
    assert preview(view(condition="paused"), Continue()) == "training goes on"
    assert preview(view(), Step()) == "trains 1 step, then pauses at step 401"
    assert preview(view(), Step(5000)) == "trains 5,000 steps, then pauses at step 1,000"
    assert preview(view(), Save()).startswith("saves a checkpoint that stays")
    assert preview(view(), Stop()) == "saves, and stops at step 400 of 1,000"
    assert preview(view(), Sample()) == "generates text"
    assert preview(view(), Sample("[/b]\x1b", 0.5)) == "generates text at temperature 0.5 from '[/b]␛'"


@pytest.mark.parametrize(
    ("condition", "sentence"),
    [
        ("opening", "has not begun yet"),
        ("finished", "has finished its 1,000 steps. R gives it more steps."),
        ("stopped", "nobody trains quiet-otter now. R goes on with it."),
        ("crashed", "nobody trains quiet-otter now. R goes on with it."),
    ],
)
def test_nobody_to_ask_is_a_sentence(condition: str, sentence: str) -> None:
    with pytest.raises(UsageError) as refused:
        preview(view(condition=condition), Decay())
    assert sentence in refused.value.sentence


def test_a_ledger_ahead_of_the_view_is_no_error() -> None:
    # another client's change is in the log before the step that uses it is in the metrics
    ahead = folded(view(), ledger.scale(view().rate, 450, 0.5))  # type: ignore[arg-type]
    assert preview(ahead, Decay()) == "×0.1: 1e-3 → 1e-4 at the next step"


@pytest.mark.parametrize(
    ("lr", "lower", "higher"),
    [(2e-3, 1e-3, 5e-3), (1e-3, 5e-4, 2e-3), (5e-3, 2e-3, 1e-2), (3e-3, 2e-3, 5e-3), (1.0, 0.5, 2.0), (9.9, 5, 10)],
)
def test_the_ladder(lr: float, lower: float, higher: float) -> None:
    assert ladder(lr, -1) == lower
    assert ladder(lr, 1) == higher


def test_the_ladder_has_no_rung_next_to_zero() -> None:
    with pytest.raises(UsageError, match="the rate is 0"):
        ladder(0.0, 1)


def test_a_new_shape_says_where_it_leads() -> None:
    run = view(step=400, config={})
    told = preview(run, Reshape({"kind": "cosine", "end": 1e-5}))
    assert told == "cosine from here to step 1,000: 2e-3 → 2e-3 now, 1e-5 at the last"
    ahead = Ahead.of(run).after(run, Reshape({"kind": "linear", "base": 0.1}))
    later = ahead.rate
    assert later is not None
    assert [entry.kind for entry in ahead.entries] == ["reshape"]
    assert (later(400), later(700), later.total) == (0.1, pytest.approx(0.05), 1000)
    with pytest.raises(UsageError, match=r"schedule\.end"):
        preview(run, Reshape({"kind": "cosine", "end": 0.1}))
    with pytest.raises(UsageError, match="unknown key"):
        preview(replace(run, config={"future": 1}), Reshape({"kind": "cosine"}))


def test_a_fresh_optimizer_is_said_to_leave_the_rate() -> None:
    told = preview(view(), ResetOptimizer())
    assert told == "throws the optimizer's state away; the rate stays, u brings it back"
    told = preview(view(), ResetOptimizer(), keymap={"undo": "z"})
    assert told.endswith("the rate stays, z brings it back")
    ahead = Ahead.of(view()).after(view(), ResetOptimizer())
    assert ([entry.kind for entry in ahead.entries], ahead.rate(400)) == (["reset"], 2e-3)  # type: ignore[misc]
    assert preview(view(), Undo(), ahead) == "undoes fresh optimizer, as soon as that has come"


def test_plain_sgd_is_refused_before_anything_is_sent() -> None:
    for optim in ({"kind": "sgd"}, {"kind": "sgd", "momentum": 0.0}):
        with pytest.raises(UsageError, match="plain SGD has no state to throw away"):
            preview(view(config={"optim": optim}), ResetOptimizer())
    assert preview(view(config={"optim": {"kind": "sgd", "momentum": 0.9}}), ResetOptimizer())
    assert preview(view(config={}), ResetOptimizer()), "what is not known is for the run to say"


def test_undoing_a_reset_shortly_before_a_rollback_says_that_both_go() -> None:
    run = view(step=400)
    reset = ledger.reset(200)
    cut = ledger.scale(run.rate, 250, 0.5, "rollback")  # type: ignore[arg-type]
    run = folded(run, reset, cut)
    changes = (
        RateChanged(200, entry=reset, old=2e-3, new=2e-3, cause="user"),
        RateChanged(250, entry=cut, old=2e-3, new=1e-3, cause="rollback"),
    )
    run = replace(run, history=replace(run.history, entries=(reset, cut), changes=changes))
    told = preview(run, Undo())
    assert told == "undoes fresh optimizer and 1 cut since: 1e-3 → 2e-3, exactly back to step 200"


def test_the_ladder_goes_to_a_rate_that_reads_otherwise() -> None:
    assert ladder(4.99e-3, 1) == 1e-2
    assert ladder(5.01e-3, -1) == 2e-3


def test_absurdly_many_steps_are_doubted() -> None:
    assert "Is that meant? It is 200 times the 1,000 steps" in preview(view(), Extend(200_000))
    assert "Is that meant?" in preview(view(), CoolDown(200_000))
    assert "Is that meant?" not in preview(view(), Extend(100_000))


def test_a_restart_tells_of_its_warm_up() -> None:
    run = view("cosine", step=500)
    warm = replace(run, rate=Rate.of(Schedule(kind="cosine", base=2e-3, steps=1000, warmup=100)))
    assert "the cosine restarts, warm-up 100: " in preview(warm, Extend(1000, "restart"))


def test_what_has_cooled_down_takes_no_more_steps() -> None:
    run = folded(view(), ledger.cool_down(view().rate, 300, 100))  # type: ignore[arg-type]
    told = what_goes_on(replace(run, condition="finished"), {"runs_branch": "b"})
    assert told == "a branch from before its cool-down goes on: b in Runs (4)"
    assert what_goes_on(view(condition="finished"), {}) == "R gives it more steps"


def test_the_next_rate_of_a_run_that_waits() -> None:
    run = changed(view("cosine", step=500), at=500, factor=2.0)
    assert next_rate(run) == pytest.approx(2e-3)
    assert next_rate(replace(run, step=1000, lr=1e-9)) == 1e-9
