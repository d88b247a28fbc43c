"""Every shape against torch's scheduler of the same name, and by hand where torch has none."""

import copy
import itertools
import math
import pickle
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.optim import lr_scheduler as torch_lr

from lrtui.lr.schedule import KINDS, Schedule

BASE = 3e-3
STEPS = 1000
MakeTorch = Callable[[torch.optim.Optimizer, int], torch_lr.LRScheduler]


def torch_rates(make: MakeTorch, length: int, n: int = STEPS) -> list[float]:
    """The rates that `n` steps of an optimizer use under torch's scheduler for a run of `length` steps."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=BASE, momentum=0.9)
    scheduler = make(optimizer, length)
    rates = []
    for _ in range(n):
        rates.append(float(optimizer.param_groups[0]["lr"]))
        optimizer.step()
        scheduler.step()
    return rates


def cyclic(mode: str, half: int, low: float, gamma: float = 1.0) -> MakeTorch:
    return lambda optimizer, length: torch_lr.CyclicLR(
        optimizer, base_lr=low, max_lr=BASE, step_size_up=half, mode=mode, gamma=gamma, cycle_momentum=False
    )


# name: our parameters, torch's scheduler of the same name, whether SequentialLR can put LinearLR in front of it
SAME_NAME: dict[str, tuple[dict[str, Any], MakeTorch, bool]] = {
    "step": ({"kind": "step", "gamma": 0.5, "every": 70}, lambda o, n: torch_lr.StepLR(o, 70, 0.5), True),
    "step, every derived": ({"kind": "step"}, lambda o, n: torch_lr.StepLR(o, n // 3, 0.1), True),
    "multistep": (
        {"kind": "multistep", "milestones": (700, 100, 300, 300)},
        lambda o, n: torch_lr.MultiStepLR(o, [100, 300, 300, 700], 0.1),
        True,
    ),
    "exponential": ({"kind": "exponential", "gamma": 0.99}, lambda o, n: torch_lr.ExponentialLR(o, 0.99), True),
    "exponential, gamma derived": (
        {"kind": "exponential"},
        lambda o, n: torch_lr.ExponentialLR(o, 0.01 ** (1 / n)),
        True,
    ),
    "linear": ({"kind": "linear", "end": 3e-4}, lambda o, n: torch_lr.LinearLR(o, 1.0, 0.1, n), True),
    "linear to zero": ({"kind": "linear"}, lambda o, n: torch_lr.LinearLR(o, 1.0, 0.0, n), True),
    "cosine": ({"kind": "cosine", "end": 1e-4}, lambda o, n: torch_lr.CosineAnnealingLR(o, n, 1e-4), True),
    "cosine to zero": ({"kind": "cosine"}, lambda o, n: torch_lr.CosineAnnealingLR(o, n), True),
    "sgdr": (
        {"kind": "sgdr", "cycle": 130, "end": 1e-5},
        lambda o, n: torch_lr.CosineAnnealingWarmRestarts(o, 130, 1, 1e-5),
        False,
    ),
    "sgdr, cycles doubling": (
        {"kind": "sgdr", "cycle": 9, "cycle_mult": 2.0},
        lambda o, n: torch_lr.CosineAnnealingWarmRestarts(o, 9, 2),
        False,
    ),
    "sgdr, cycles tripling": (
        {"kind": "sgdr", "cycle": 1, "cycle_mult": 3.0},
        lambda o, n: torch_lr.CosineAnnealingWarmRestarts(o, 1, 3),
        False,
    ),
    "triangular": ({"kind": "triangular", "half": 77, "low": 1e-4}, cyclic("triangular", 77, 1e-4), False),
    "triangular2": ({"kind": "triangular2", "half": 31, "low": 1e-4}, cyclic("triangular2", 31, 1e-4), False),
    "triangular2, low derived": ({"kind": "triangular2", "half": 1}, cyclic("triangular2", 1, BASE / 10), False),
    "exp_range": (
        {"kind": "exp_range", "half": 50, "low": 1e-4, "gamma": 0.995},
        cyclic("exp_range", 50, 1e-4, 0.995),
        False,
    ),
    "one_cycle": (
        {"kind": "one_cycle", "pct": 0.3, "div": 25.0, "final_div": 25e4},
        lambda o, n: torch_lr.OneCycleLR(o, BASE, total_steps=n, cycle_momentum=False),
        False,
    ),
    "one_cycle, peak between steps": (
        {"kind": "one_cycle", "pct": 0.1237, "div": 10.0, "final_div": 100.0},
        lambda o, n: torch_lr.OneCycleLR(
            o, BASE, total_steps=n, pct_start=0.1237, div_factor=10.0, final_div_factor=10.0, cycle_momentum=False
        ),
        False,
    ),
    "one_cycle, never rising": (
        {"kind": "one_cycle", "pct": 0.0, "final_div": 1e4},
        lambda o, n: torch_lr.OneCycleLR(
            o, BASE, total_steps=n, pct_start=0.0, final_div_factor=400.0, cycle_momentum=False
        ),
        False,
    ),
    "constant": ({"kind": "constant"}, lambda o, n: torch_lr.ConstantLR(o, 1.0), True),
}


@pytest.mark.parametrize("name", SAME_NAME)
def test_agrees_with_torch_over_1000_steps(name: str) -> None:
    parameters, make, _ = SAME_NAME[name]
    ours = Schedule(base=BASE, steps=STEPS, **parameters)
    assert [ours(step) for step in range(STEPS)] == pytest.approx(torch_rates(make, STEPS), rel=1e-9, abs=0)


@pytest.mark.parametrize("name", [name for name, case in SAME_NAME.items() if case[2]])
def test_agrees_with_torch_behind_a_warmup_composed_by_sequential_lr(name: str) -> None:
    parameters, make, _ = SAME_NAME[name]
    warmup = 60

    def with_warmup(optimizer: torch.optim.Optimizer, length: int) -> torch_lr.LRScheduler:
        rise = torch_lr.LinearLR(optimizer, start_factor=0.01, total_iters=warmup)
        return torch_lr.SequentialLR(optimizer, [rise, make(optimizer, length - warmup)], [warmup])

    ours = Schedule(base=BASE, steps=STEPS, warmup=warmup, warmup_start=0.01, **parameters)
    assert [ours(s) for s in range(STEPS)] == pytest.approx(torch_rates(with_warmup, STEPS), rel=1e-9, abs=0)


@pytest.mark.parametrize("name", [name for name, case in SAME_NAME.items() if not case[2]])
def test_is_torchs_shifted_behind_a_warmup_that_ends_where_the_shape_begins(name: str) -> None:
    parameters, make, _ = SAME_NAME[name]
    warmup = 40
    ours = Schedule(base=BASE, steps=STEPS, warmup=warmup, warmup_start=0.01, **parameters)
    theirs = torch_rates(make, STEPS - warmup, STEPS - warmup)
    rise = [0.01 * BASE + (theirs[0] - 0.01 * BASE) * step / warmup for step in range(warmup)]
    assert [ours(step) for step in range(STEPS)] == pytest.approx(rise + theirs, rel=1e-9, abs=0)


def test_every_kind_is_compared_with_torch_or_by_hand() -> None:
    by_hand = {"wsd", "inverse_sqrt", "plateau"}
    assert {case[0]["kind"] for case in SAME_NAME.values()} | by_hand == set(KINDS)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ("linear", [0, 4, 8, 8, 8, 8, 6.5, 5, 3.5, 2]),
        ("cosine", [0, 4, 8, 8, 8, 8, 8 - 6 * 0.1464466094067262, 5, 2 + 6 * 0.1464466094067262, 2]),
        ("sqrt", [0, 4, 8, 8, 8, 8, 5, 8 - 6 * math.sqrt(0.5), 8 - 6 * math.sqrt(0.75), 2]),
    ],
)
def test_wsd_rises_stays_and_decays(shape: str, expected: list[float]) -> None:
    # 2 steps of warm-up, stable up to step 5, four steps of decay from 8 to 2
    wsd = Schedule(kind="wsd", base=8.0, end=2.0, steps=9, warmup=2, decay=4, decay_shape=shape)
    assert [wsd(step) for step in range(10)] == pytest.approx(expected, rel=1e-12)
    assert wsd(100) == 2.0


def test_wsd_decays_over_the_last_fifth_unless_told_and_over_everything_at_most() -> None:
    assert Schedule(kind="wsd", base=1.0, steps=100)(90) == pytest.approx(0.5)
    assert Schedule(kind="wsd", base=1.0, steps=100, decay=500)(50) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("warmup", "expected"),
    [
        # √(w / step), after a rise of w steps
        (4, {0: 0.0, 1: 0.25, 3: 0.75, 4: 1.0, 9: 2 / 3, 16: 0.5, 400: 0.1, 40_000: 0.01}),
        (0, {0: 1.0, 1: 1.0, 4: 0.5, 100: 0.1, 10_000: 0.01}),
    ],
)
def test_inverse_sqrt_by_hand(warmup: int, expected: dict[int, float]) -> None:
    schedule = Schedule(kind="inverse_sqrt", base=1.0, steps=1000, warmup=warmup)
    assert {step: schedule(step) for step in expected} == pytest.approx(expected, rel=1e-12)


def test_sgdr_restarts_lower_and_longer() -> None:
    # cycles of 4, 6 and 9 steps, peaks 1, ½ and ¼
    sgdr = Schedule(kind="sgdr", base=1.0, steps=100, cycle=4, cycle_mult=1.5, cycle_decay=0.5)
    assert [sgdr(s) for s in (0, 2, 4, 7, 10)] == pytest.approx([1.0, 0.5, 0.5, 0.25, 0.25], rel=1e-12)
    assert sgdr(3) == pytest.approx(0.5 * (1 + math.cos(0.75 * math.pi)))
    assert sgdr(18) == pytest.approx(0.125 * (1 + math.cos(math.pi * 8 / 9)))
    assert sgdr(19) == pytest.approx(0.125)


def test_sgdr_never_restarts_below_the_end_and_survives_absurd_growth() -> None:
    low = Schedule(kind="sgdr", base=1.0, end=0.3, steps=100, cycle=4, cycle_decay=0.5)
    assert min(low(step) for step in range(100)) == pytest.approx(0.3)
    assert low(12) == low(14) == pytest.approx(0.3)  # ⅛ would be below
    absurd = Schedule(kind="sgdr", base=1.0, steps=100, cycle=4, cycle_mult=1e300)
    assert (absurd(2), absurd(10**9)) == (pytest.approx(0.5), pytest.approx(1.0, rel=1e-4))


@given(first=st.integers(1, 500), mult=st.floats(1.0, 4.0), s=st.integers(0, 10_000_000))
def test_sgdr_finds_the_cycle_that_adding_up_finds(first: int, mult: float, s: int) -> None:
    sgdr = Schedule(kind="sgdr", base=1.0, steps=10, cycle=first, cycle_mult=mult)
    start, length, cycles = 0.0, float(first), 0
    while start + length <= s and cycles < 2000:
        start, length, cycles = start + length, length * mult, cycles + 1
    # added up, starts carry rounding errors: near a restart either side is right
    if start + length > s and min(s - start, start + length - s) > 1e-6 * s:
        assert sgdr(s) == pytest.approx(0.5 * (1 + math.cos(math.pi * (s - start) / length)), abs=1e-5)


def test_plateau_itself_stays_where_it_is() -> None:
    schedule = Schedule(kind="plateau", base=0.5, steps=100, warmup=10)
    assert [schedule(5), schedule(10), schedule(99), schedule(1000)] == [0.25, 0.5, 0.5, 0.5]


@pytest.mark.parametrize(
    ("parameters", "end"),
    [
        ({"kind": "linear", "end": 0.25}, 0.25),
        ({"kind": "cosine", "end": 0.25}, 0.25),
        ({"kind": "wsd"}, 0.0),
        ({"kind": "exponential"}, 0.01),
        ({"kind": "one_cycle", "final_div": 64.0}, 1 / 64),
        ({"kind": "step"}, 0.01),  # not one cut more at the very end
        ({"kind": "sgdr", "end": 0.25}, 0.25 + 0.375 * (1 + math.cos(math.pi * 29 / 30))),  # not one restart more
        ({"kind": "triangular", "low": 0.125}, 0.125),
    ],
)
def test_beyond_the_end_a_shape_made_for_the_total_holds(parameters: dict[str, Any], end: float) -> None:
    schedule = Schedule(base=1.0, steps=90, **parameters)
    assert schedule.depends_on_total
    assert [schedule(step) for step in (90, 91, 10_000)] == pytest.approx([end] * 3)


@pytest.mark.parametrize(
    ("parameters", "at_200"),
    [
        ({"kind": "step", "every": 50, "gamma": 0.5}, 1 / 16),
        ({"kind": "exponential", "gamma": 0.99}, 0.99**200),
        ({"kind": "triangular", "half": 40, "low": 0.0}, 1.0),
        ({"kind": "sgdr", "cycle": 40}, 1.0),
        ({"kind": "exp_range", "half": 40, "low": 0.0, "gamma": 0.99}, 0.99**200),
        ({"kind": "multistep", "milestones": (150,)}, 0.1),
        ({"kind": "constant"}, 1.0),
    ],
)
def test_beyond_the_end_a_shape_of_its_own_goes_on(parameters: dict[str, Any], at_200: float) -> None:
    schedule = Schedule(base=1.0, steps=90, **parameters)
    assert not schedule.depends_on_total
    assert schedule(200) == pytest.approx(at_200)


@given(kind=st.sampled_from(KINDS), steps=st.integers(1, 300), warmup=st.integers(0, 50), longer=st.integers(1, 300))
def test_depends_on_total_tells_the_truth(kind: str, steps: int, warmup: int, longer: int) -> None:
    schedule = Schedule(kind=kind, base=1.0, steps=steps, warmup=warmup, milestones=(7,))
    stretched = Schedule(kind=kind, base=1.0, steps=steps + longer, warmup=warmup, milestones=(7,))
    if not schedule.depends_on_total:
        assert [schedule(s) for s in range(2 * steps)] == [stretched(s) for s in range(2 * steps)]


@given(kind=st.sampled_from(KINDS), steps=st.integers(1, 50), warmup=st.integers(0, 60), pct=st.floats(0, 1))
def test_no_parameters_make_a_rate_that_is_no_number(kind: str, steps: int, warmup: int, pct: float) -> None:
    schedule = Schedule(kind=kind, base=2.0, steps=steps, warmup=warmup, pct=pct, cycle_mult=1.01)
    assert all(0 <= schedule(step) <= 2.0 for step in itertools.chain(range(120), (10**6, 10**12)))


def test_a_growing_exponential_stays_finite() -> None:
    assert math.isfinite(Schedule(kind="exponential", base=1.0, steps=10, gamma=10.0)(10_000))


def test_one_cycle_momentum_mirrors_torchs() -> None:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=BASE, momentum=0.9)
    scheduler = torch_lr.OneCycleLR(optimizer, BASE, total_steps=500, base_momentum=0.85, max_momentum=0.95)
    theirs = []
    for _ in range(500):
        theirs.append(optimizer.param_groups[0]["momentum"])
        optimizer.step()
        scheduler.step()
    ours = Schedule(kind="one_cycle", base=BASE, steps=520, warmup=20, momentum_low=0.85, momentum_high=0.95)
    assert [ours.momentum(step) for step in range(20, 520)] == pytest.approx(theirs, rel=1e-9)
    assert ours.momentum(3) == ours.momentum(2000) == pytest.approx(0.95)


@pytest.mark.parametrize("kind", KINDS)
def test_momentum_is_off_unless_both_ends_are_given(kind: str) -> None:
    assert Schedule(kind=kind, base=1.0, steps=10, momentum_low=0.8).momentum(5) is None
    both = Schedule(kind=kind, base=1.0, steps=10, momentum_low=0.8, momentum_high=0.9).momentum(5)
    assert (both is not None) == (kind == "one_cycle")


def test_curve_is_even_and_has_both_ends() -> None:
    schedule = Schedule(kind="linear", base=1.0, steps=101)
    assert [step for step, _ in schedule.curve(5)] == [0, 25, 50, 75, 100]
    assert schedule.curve(3) == [(0, schedule(0)), (50, schedule(50)), (100, schedule(100))]
    assert [step for step, _ in schedule.curve(1000)] == list(range(101))
    assert schedule.curve(1) == [(0, 1.0)]
    assert schedule.curve(0) == []


@pytest.mark.parametrize("kind", KINDS)
def test_travels_as_json_copies_and_pickles_to_the_same_bits(kind: str) -> None:
    schedule = Schedule(kind=kind, base=0.1, steps=77, warmup=3, milestones=(5, 40))
    rates = [schedule(step) for step in range(100)]  # computed first, so that the memo is there when it is copied
    for twin in (
        msgspec.json.decode(msgspec.json.encode(schedule), type=Schedule),
        copy.deepcopy(schedule),
        pickle.loads(pickle.dumps(schedule)),
    ):
        assert twin == schedule
        assert [twin(step) for step in range(100)] == rates


def test_problems_name_the_field() -> None:
    assert Schedule(base=0.1, steps=10).problems() == []
    bad = Schedule(
        kind="zigzag", base=-1.0, steps=10, warmup=10, end=math.inf, gamma=0.0, cycle_mult=0.5, pct=2.0, decay_shape="x"
    )
    assert [problem.split()[0] for problem in bad.problems()] == [
        "kind", "decay_shape", "base", "gamma", "end", "cycle_mult", "pct", "warmup",
    ]  # fmt: skip
    assert "base must be a finite number above 0, not -1.0" in bad.problems()
