"""What each live edit does to the rate, in words and over random ledgers."""

import copy
import math
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrtui.errors import LrtuiError, UsageError
from lrtui.lr import ledger
from lrtui.lr.ledger import Entry, Rate, fold
from lrtui.lr.schedule import KINDS, Schedule

STEPS = 200
CONSTANT = Schedule(base=0.5, steps=STEPS)
COSINE = Schedule(kind="cosine", base=0.5, steps=STEPS)
WARM = Schedule(kind="linear", base=0.5, steps=STEPS, warmup=50)

learning_rates = st.floats(1e-8, 1e4)
schedules = st.builds(
    Schedule,
    kind=st.sampled_from(KINDS),
    base=learning_rates,
    steps=st.just(STEPS),
    warmup=st.integers(0, STEPS // 2),
    end=st.sampled_from([0.0, 1e-9]),
    milestones=st.just((40, 90)),
)
Ask = Callable[[Rate, int], Entry]
asks: st.SearchStrategy[Ask] = st.one_of(
    st.floats(0.01, 100.0).map(lambda f: lambda rate, step: ledger.scale(rate, step, f)),
    learning_rates.map(lambda lr: lambda rate, step: ledger.set_rate(rate, step, lr)),
    st.just(ledger.hold),
    st.just(ledger.release),
    schedules.map(lambda spec: lambda rate, step: ledger.reshape(rate, step, spec)),
    st.tuples(st.integers(1, 90), st.sampled_from(["linear", "cosine", "sqrt"])).map(
        lambda a: lambda rate, step: ledger.cool_down(rate, step, *a)
    ),
    st.tuples(st.integers(1, 90), st.sampled_from(["keep", "rescale", "restart"])).map(
        lambda a: lambda rate, step: ledger.extend(rate, step, *a)
    ),
)


@st.composite
def steered(draw: st.DrawFn) -> tuple[Schedule, list[Entry]]:
    """A schedule and the ledger that a hand which asks for anything, at any time, leaves behind."""
    schedule = draw(schedules)
    rate, entries, step = Rate.of(schedule), [], 0
    for ask in draw(st.lists(asks, max_size=8)):
        step += draw(st.integers(0, 60))
        try:
            entries.append(ask(rate, step))
        except UsageError:
            continue
        rate = rate.apply(entries[-1])
    return schedule, entries


@given(schedules)
def test_untouched_it_is_the_schedule_bit_for_bit(schedule: Schedule) -> None:
    rate = Rate.of(schedule)
    assert [rate(step) for step in range(300)] == [schedule(step) for step in range(300)]
    assert (rate.total, rate.multiplier, rate.held) == (STEPS, 1.0, None)


@given(steered(), learning_rates, st.integers(0, 300))
def test_after_set_the_rate_is_what_was_asked_to_the_last_bit(
    run: tuple[Schedule, list[Entry]], lr: float, later: int
) -> None:
    rate = fold(*run)
    step = max([entry.step for entry in run[1]], default=0) + later
    after = rate.apply(ledger.set_rate(rate, step, lr))
    assert after(step) == lr
    assert after.total == rate.total


@given(steered(), st.integers(0, 300))
def test_hold_keeps_the_bits(run: tuple[Schedule, list[Entry]], later: int) -> None:
    rate = fold(*run)
    step = max([entry.step for entry in run[1]], default=0) + later
    if rate(step) == 0:
        with pytest.raises(UsageError, match="is 0: nothing to hold"):
            ledger.hold(rate, step)
        return
    after = rate.apply(ledger.hold(rate, step))
    assert {after(s) for s in range(step, step + 400)} == {rate(step)}


@given(steered())
def test_the_fold_is_the_same_by_pieces_and_from_json(run: tuple[Schedule, list[Entry]]) -> None:
    schedule, entries = run
    read = msgspec.json.decode(msgspec.json.encode(entries), type=list[Entry])
    assert read == entries
    one_by_one = Rate.of(schedule)
    for entry in read:
        one_by_one = one_by_one.apply(entry)
    rate = fold(schedule, entries)
    assert one_by_one == rate == copy.deepcopy(rate)
    assert [one_by_one(step) for step in range(900)] == [rate(step) for step in range(900)]


@given(steered(), asks, st.integers(0, 60))
def test_an_edit_never_changes_the_past(run: tuple[Schedule, list[Entry]], ask: Ask, later: int) -> None:
    rate = fold(*run)
    step = max([entry.step for entry in run[1]], default=0) + later
    try:
        after = rate.apply(ask(rate, step))
    except UsageError:
        return
    assert [after(s) for s in range(step)] == [rate(s) for s in range(step)]
    assert [after.momentum(s) for s in range(step)] == [rate.momentum(s) for s in range(step)]


@given(steered())
def test_whatever_was_asked_the_rate_is_finite_and_not_negative(run: tuple[Schedule, list[Entry]]) -> None:
    rate = fold(*run)
    assert all(math.isfinite(rate(step)) and rate(step) >= 0 for step in range(rate.total))
    assert rate.total > 0


def test_decay_multiplies_whatever_the_schedule_says() -> None:
    rate = fold(COSINE, [Entry(step=50, kind="scale", value=0.1), Entry(step=100, kind="scale", value=0.5)])
    assert rate(49) == COSINE(49)
    assert rate(50) == pytest.approx(0.1 * COSINE(50), rel=1e-15)
    assert rate(150) == pytest.approx(0.05 * COSINE(150), rel=1e-15)
    assert rate.multiplier == 0.05


def test_set_is_a_multiplier_so_the_schedule_goes_on() -> None:
    rate = Rate.of(COSINE)
    entry = ledger.set_rate(rate, 100, 0.05, cause="script")
    assert (entry.kind, entry.value, entry.cause) == ("set", 0.05, "script")
    assert entry.multiplier == pytest.approx(0.2)
    after = rate.apply(entry)
    assert after(100) == 0.05
    assert after(150) == pytest.approx(0.2 * COSINE(150))
    assert after.multiplier == pytest.approx(0.2)


def test_set_on_a_constant_schedule_is_exact_at_every_step() -> None:
    awkward = Rate.of(Schedule(base=0.3, steps=STEPS))
    after = awkward.apply(ledger.set_rate(awkward, 10, 0.002))
    assert {after(step) for step in range(10, STEPS)} == {0.002}


def test_where_the_schedule_is_zero_set_holds() -> None:
    rate = Rate.of(WARM)
    entry = ledger.set_rate(rate, 0, 0.01)
    assert entry.kind == "hold"
    assert {rate.apply(entry)(step) for step in range(STEPS)} == {0.01}


def test_a_held_rate_can_be_scaled_and_set_and_release_forgets_it_all() -> None:
    rate = fold(COSINE, [Entry(step=20, kind="scale", value=4.0)])
    rate = rate.apply(ledger.hold(rate, 50))
    rate = rate.apply(ledger.scale(rate, 60, 0.5))
    assert rate(100) == rate.held == pytest.approx(2.0 * COSINE(50))
    entry = ledger.set_rate(rate, 70, 0.125)
    assert (entry.kind, entry.multiplier) == ("set", None)
    rate = rate.apply(entry)
    assert rate(100) == rate.held == 0.125
    rate = rate.apply(ledger.release(rate, 80))
    assert [rate(step) for step in range(80, STEPS)] == [COSINE(step) for step in range(80, STEPS)]
    assert (rate.held, rate.multiplier) == (None, 1.0)


def test_reshape_begins_its_own_curve_and_ends_where_the_run_did() -> None:
    rate = fold(CONSTANT, [Entry(step=10, kind="scale", value=0.1), Entry(step=20, kind="hold", value=0.05)])
    spec = Schedule(kind="linear", base=0.25, steps=7, warmup=10)
    after = rate.apply(ledger.reshape(rate, 100, spec))
    assert (after.total, after.origin, after.schedule.steps, after.held, after.multiplier) == (200, 100, 100, None, 1.0)
    assert [after(100), after(105), after(110), after(155)] == pytest.approx([0.0, 0.125, 0.25, 0.125])


@pytest.mark.parametrize(("shape", "half_way"), [("linear", 0.5), ("cosine", 0.5), ("sqrt", 1 - math.sqrt(0.5))])
def test_cool_down_goes_to_zero_then_the_run_ends(shape: str, half_way: float) -> None:
    rate = Rate.of(COSINE)
    after = rate.apply(ledger.cool_down(rate, 60, 40, shape))
    assert after(60) == COSINE(60)
    assert after(80) == pytest.approx(half_way * COSINE(60))
    assert after(100) == 0.0
    assert (after.total, after.cooling) == (100, True)
    assert after.curve(60, 3) == [(step, after(step)) for step in (60, 79, 99)]


def test_a_cool_down_may_pass_the_planned_end() -> None:
    rate = Rate.of(CONSTANT)
    assert rate.apply(ledger.cool_down(rate, 190, 50)).total == 240


def test_edits_during_a_cool_down() -> None:
    cooling = fold(CONSTANT, [Entry(step=100, kind="cooldown", steps=50, shape="linear")])
    halved = cooling.apply(ledger.scale(cooling, 125, 0.5))
    assert (halved(125), halved(137), halved.total) == (0.125, pytest.approx(0.25 * 13 / 50), 150)
    raised = cooling.apply(ledger.set_rate(cooling, 125, 1.0))
    assert (raised(125), raised(140), raised.total) == (1.0, pytest.approx(0.4), 150)
    again = halved.apply(ledger.cool_down(halved, 130, 10))
    assert (again(130), again(135), again.total) == (halved(130), pytest.approx(halved(130) / 2), 140)
    released = cooling.apply(ledger.release(cooling, 125))
    assert (released(125), released.total, released.cooling) == (0.5, 200, False)
    reshaped = cooling.apply(ledger.reshape(cooling, 125, COSINE))
    assert (reshaped(125), reshaped.total) == (0.5, 200)


def test_extend_keep_holds_the_end_value() -> None:
    linear = Rate.of(Schedule(kind="linear", base=1.0, end=0.25, steps=100))
    after = linear.apply(ledger.extend(linear, 90, 50, "keep"))
    assert after.total == 150
    assert [after(step) for step in range(100)] == [linear(step) for step in range(100)]
    assert {after(step) for step in range(100, 150)} == {0.25}


def test_extend_rescale_stretches_from_where_the_shape_began() -> None:
    linear = Rate.of(Schedule(kind="linear", base=1.0, steps=100))
    after = linear.apply(ledger.extend(linear, 50, 100, "rescale"))
    assert [after(49), after(50), after(150)] == pytest.approx([0.51, 0.75, 0.25])
    reshaped = linear.apply(ledger.reshape(linear, 50, Schedule(kind="linear", base=2.0, steps=1)))
    longer = reshaped.apply(ledger.extend(reshaped, 75, 50, "rescale"))
    assert (longer.origin, longer.total, longer(100)) == (50, 150, pytest.approx(1.0))


def test_extend_restart_begins_again_and_keeps_the_multiplier() -> None:
    linear = fold(Schedule(kind="linear", base=1.0, steps=100), [Entry(step=0, kind="scale", value=0.5)])
    after = linear.apply(ledger.extend(linear, 80, 80, "restart"))
    assert (after.total, after.origin) == (180, 80)
    assert [after(79), after(80), after(130), after(180)] == pytest.approx([0.105, 0.5, 0.25, 0.0])


def test_extend_without_a_mode_where_the_total_does_not_matter() -> None:
    rate = Rate.of(CONSTANT)
    entry = ledger.extend(rate, 200, 100)
    assert entry.shape == "keep"
    assert (rate.apply(entry).total, rate.apply(entry)(299)) == (300, 0.5)


def test_momentum_freezes_with_the_rate_and_is_released_with_it() -> None:
    spec = Schedule(kind="one_cycle", base=0.5, steps=STEPS, momentum_low=0.85, momentum_high=0.95)
    held = fold(spec, [Entry(step=40, kind="hold", value=spec(40))])
    assert {held.momentum(step) for step in range(40, 200)} == {spec.momentum(40)}
    assert held.momentum(20) == spec.momentum(20) != spec.momentum(40)
    assert held.apply(ledger.release(held, 90)).momentum(120) == spec.momentum(120)
    assert held.apply(ledger.reshape(held, 90, CONSTANT)).momentum(120) is None
    cooling = Rate.of(spec).apply(ledger.cool_down(Rate.of(spec), 100, 50))
    assert cooling.momentum(149) == spec.momentum(100)


def test_a_reset_leaves_the_rate_as_it_is() -> None:
    rate = fold(COSINE, [Entry(step=20, kind="scale", value=0.3)])
    after = rate.apply(ledger.reset(50))
    assert [after(step) for step in range(STEPS)] == [rate(step) for step in range(STEPS)]
    assert (after.total, after.multiplier, after.held) == (rate.total, rate.multiplier, rate.held)
    assert after.apply(ledger.release(after, 60))(60) == COSINE(60)


COOLING = fold(COSINE, [Entry(step=190, kind="cooldown", steps=50, shape="linear")])


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (lambda r: ledger.scale(r, 5, 0.0), "the factor of a rate must be a finite number above 0, not 0.0"),
        (lambda r: ledger.scale(r, 5, math.nan), "the factor of a rate must be a finite number above 0, not nan"),
        (lambda r: ledger.scale(r, 0, 1e308 * 8), "the factor of a rate must be a finite number above 0, not inf"),
        (lambda r: ledger.scale(Rate.of(Schedule(base=1e9, steps=9)), 5, 1e300),
         "1e+09 × 1e+300 is no learning rate: it must stay a finite number above 0"),
        (lambda r: ledger.scale(Rate.of(Schedule(base=1e-200, steps=9)), 5, 1e-200),
         "1e-200 × 1e-200 is no learning rate: it must stay a finite number above 0"),
        (lambda r: ledger.set_rate(r, 5, -1.0), "a learning rate must be a finite number above 0, not -1.0"),
        (lambda r: ledger.set_rate(r, 5, math.inf), "a learning rate must be a finite number above 0, not inf"),
        (lambda r: ledger.set_rate(r, 5, 1e12), "a learning rate is at most 1e+09, not 1e+12"),
        (lambda r: ledger.hold(Rate.of(WARM), 0), "the rate at step 0 is 0: nothing to hold"),
        (lambda r: ledger.release(COOLING, 200),
         "the schedule itself ended at step 200: there is nothing to release to"),
        (lambda r: ledger.reshape(r, 200, COSINE), "no steps are left after step 200 for a new schedule"),
        (lambda r: ledger.reshape(r, 180, WARM),
         "this linear schedule cannot begin here: warmup must be shorter than the 20 steps there are, not 50"),
        (lambda r: ledger.cool_down(r, 5, 0), "a cool-down needs at least 1 step, not 0"),
        (lambda r: ledger.cool_down(r, 5, 9, "zigzag"), "there is no cool-down shape 'zigzag'"),
        (lambda r: ledger.cool_down(Rate.of(WARM), 0, 9), "the rate at step 0 is 0: nothing to cool down from"),
        (lambda r: ledger.extend(r, 5, 0, "keep"), "an extension needs at least 1 step, not 0"),
        (lambda r: ledger.extend(r, 5, 9),
         "more steps would change the rates of a cosine schedule: say keep, rescale or restart"),
        (lambda r: ledger.extend(r, 5, 9, "bend"),
         "there is no way 'bend' to extend a cosine schedule: say keep, rescale or restart"),
        (lambda r: ledger.extend(Rate.of(WARM), 190, 20, "restart"),
         "this linear schedule cannot begin here: warmup must be shorter than the 30 steps there are, not 50"),
        (lambda r: ledger.extend(COOLING, 195, 9, "keep"), "the run cools down to its end at step 240"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_in_words(ask: Callable[[Rate], Entry], sentence: str) -> None:
    with pytest.raises(UsageError) as raised:
        ask(Rate.of(COSINE))
    assert raised.value.message == sentence


def test_a_damaged_ledger_is_an_error_in_words() -> None:
    rate = fold(CONSTANT, [Entry(step=50, kind="scale", value=2.0)])
    with pytest.raises(LrtuiError, match="out of order: hold at step 40 after step 50"):
        rate.apply(Entry(step=40, kind="hold", value=1.0))
    for kind in ("scale", "set", "hold", "reshape", "cooldown", "extend"):
        with pytest.raises(LrtuiError, match=f"'{kind}' at step 60 is incomplete"):
            rate.apply(Entry(step=60, kind=kind))


@pytest.mark.parametrize(
    ("story", "kept"),
    [
        ([(10, "user")], 0),
        ([(10, "user"), (20, "user")], 1),
        ([(10, "user"), (100, "rollback")], 0),
        ([(10, "user"), (20, "user"), (100, "rollback"), (100, "rollback")], 1),
        ([(10, "user"), (5000, "rollback")], 1),
        ([(100, "rollback")], 0),
        ([(100, "rollback"), (100, "rollback")], 1),
        ([(100, "rollback"), (120, "user")], 1),
        ([(10, "plateau")], 0),
    ],
)
def test_an_undo_leaves_what_came_before_the_change_to_blame(story: list[tuple[int, str]], kept: int) -> None:
    entries = [Entry(step=step, kind="scale", value=0.5, cause=cause) for step, cause in story]
    assert ledger.kept_by_undo(entries) == kept


def test_without_a_change_there_is_nothing_to_undo() -> None:
    with pytest.raises(UsageError, match="no change to undo"):
        ledger.kept_by_undo([])
