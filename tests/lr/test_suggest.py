"""The rules of the libraries: on curves made by hand, on the libraries' own traces, and on what is no number."""

import json
import math
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrtui.lr.range_plan import RangePlan, smooth
from lrtui.lr.suggest import (
    NO_DESCENT,
    RULES,
    TOO_FEW,
    Refusal,
    gradient,
    lightning_linear,
    minimum,
    slide,
    steep,
    trimmed,
    valley,
)

TRACES: list[dict[str, Any]] = json.loads((Path(__file__).parent.parent / "data" / "range_traces.json").read_text())[
    "traces"
]
PLAN = RangePlan(low=1e-5, high=10.0, points=61)  # ten points a decade
LRS = PLAN.lrs()
EVERY_RULE = pytest.mark.parametrize("rule", RULES.values(), ids=RULES)


def single(value: float) -> float:
    """As float32 has it, which the libraries compute in."""
    return float(struct.unpack("f", struct.pack("f", value))[0])


def trace_id(trace: dict[str, Any]) -> str:
    return f"{trace['library']} {trace.get('name', trace['points'])}"


@pytest.mark.parametrize("trace", TRACES, ids=trace_id)
def test_each_rule_says_what_the_library_says(trace: dict[str, Any]) -> None:
    losses = [math.nan if v is None else single(v) for v in trace["smoothed"]]
    lrs = [single(v) for v in trace["lrs"]]
    if "skip" in trace:
        begin, end = trace["skip"]
        window = lrs[begin:-end], losses[begin:-end]
    else:
        window = trimmed(lrs, losses, trace["points"])  # type: ignore[assignment]
    assert trace["rules"]
    for name, said in trace["rules"].items():
        assert RULES[name](*window) == pytest.approx(said, rel=1e-5), name


# Lightning's bias correction is off by one step; fastai's is the formula
@pytest.mark.parametrize("trace", [t for t in TRACES if t["points"] == 100 and "skip" not in t], ids=trace_id)
def test_we_smooth_as_fastai_does(trace: dict[str, Any]) -> None:
    raw = [math.nan if v is None else v for v in trace["raw"]]
    theirs = [v for v in trace["smoothed"] if v is not None]
    assert smooth(raw, 100)[: len(theirs)] == pytest.approx(theirs, rel=1e-4)


def test_fastai_drops_a_tenth_of_the_plan_and_five_of_what_was_measured() -> None:
    losses = [float(i) for i in range(50)]
    lrs = [i / 100 for i in range(50)]
    assert trimmed(lrs, losses, 100) == (lrs[10:45], losses[10:45])
    losses[30] = math.nan
    assert trimmed(lrs, losses, 100)[1] == losses[10:30]
    assert trimmed(lrs[:14], losses[:14], 100) == ((), ())


# -- curves made by hand --------------------------------------------------------------------------------------------


def v_curve(bottom: int) -> list[float]:
    return [4.0 - 0.05 * i if i <= bottom else 4.0 - 0.05 * bottom + 0.02 * (i - bottom) ** 2 for i in range(61)]


def test_a_valley() -> None:
    losses = v_curve(36)
    # 37 losses descend, ending at 36: start −1, third 37/3 = 12.3 → −1 + 12 + 6
    assert valley(LRS, losses) == LRS[17]
    assert minimum(LRS, losses) == pytest.approx(LRS[26])  # ten points lower: a tenth
    assert slide(LRS, losses) == LRS[21]


def test_the_steepest_place_is_found_over_the_logarithm_and_over_the_rate() -> None:
    losses = [4.0] * 20 + [3.0] * 41
    assert steep(LRS, losses) == LRS[19]
    early = [4.0 - 0.1 * i for i in range(61)]
    assert steep(LRS, early) in LRS
    assert lightning_linear(LRS, early) == LRS[0]  # the same fall over a smaller stretch of rates


def test_falling_to_the_end() -> None:
    losses = [4.0 - 0.03 * i for i in range(61)]
    assert minimum(LRS, losses) == pytest.approx(1.0)
    assert valley(LRS, losses) == LRS[-1 + 20 + 10]
    assert slide(LRS, losses) == LRS[-16]  # as fastai: the slope never differs


def test_a_plateau_then_a_cliff_has_no_descent_for_most() -> None:
    losses = [3.0] * 40 + [3.0 + 0.1 * i * i for i in range(21)]
    assert valley(LRS, losses) == NO_DESCENT
    assert steep(LRS, losses) == NO_DESCENT
    assert lightning_linear(LRS, losses) == NO_DESCENT
    assert slide(LRS, losses) == LRS[25]  # down to where both ends lie on the plateau


@EVERY_RULE
def test_flat(rule: Any) -> None:
    answer = rule(LRS, [3.0] * 61)
    # argmin of equals is the first, the slide stays where it begins, as in the libraries
    assert answer in (NO_DESCENT, LRS[0] / 10, LRS[-16])


@pytest.mark.parametrize("n", [0, 1])
@EVERY_RULE
def test_one_point_is_too_few(rule: Any, n: int) -> None:
    assert rule(LRS[:n], [3.0] * n) == TOO_FEW


def test_slide_needs_its_interval() -> None:
    assert slide(LRS[:15], v_curve(9)[:15]) == TOO_FEW
    assert slide(LRS[:16], v_curve(9)[:16]) != TOO_FEW


def test_a_spike_moves_the_valley_by_little() -> None:
    spiked = v_curve(36)
    spiked[20] += 5.0
    plain, shaken = valley(LRS, v_curve(36)), valley(LRS, spiked)
    assert isinstance(plain, float)
    assert isinstance(shaken, float)
    assert abs(math.log10(shaken / plain)) <= 0.1 + 1e-9


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("place", [0, 1, 20, 36, 60])
@EVERY_RULE
def test_a_loss_that_is_no_number_ends_what_a_rule_sees(rule: Any, place: int, bad: float) -> None:
    losses = v_curve(36)
    losses[place] = bad
    assert rule(LRS, losses) == rule(LRS[:place], losses[:place])


def quadratic_descents(losses: list[float]) -> tuple[int, int]:
    """The definition: the length of the longest strictly decreasing subsequence, and where it is first attained."""
    lengths = [1] * len(losses)
    for i in range(len(losses)):
        lengths[i] += max((lengths[j] for j in range(i) if losses[i] < losses[j]), default=0)
    return max(lengths), lengths.index(max(lengths))


@given(st.lists(st.floats(0, 5).map(lambda v: round(v, 1)), min_size=3, max_size=60))
def test_the_valley_is_that_of_the_quadratic_definition(losses: list[float]) -> None:
    length, end = quadratic_descents(losses)
    answer = valley(LRS, losses)
    if length < 2:
        assert answer == NO_DESCENT
        return
    start, third = end - length, length / 3
    assert answer == LRS[max(0, start + int(third) + int(third / 2))]


@given(
    st.lists(st.one_of(st.floats(allow_nan=True, allow_infinity=True), st.floats(0, 6), st.just(math.nan)), max_size=61)
)
def test_what_is_no_number_never_becomes_a_suggestion(losses: list[float]) -> None:
    lrs = LRS[: len(losses)]
    for name, rule in RULES.items():
        answer = rule(lrs, losses)
        if isinstance(answer, Refusal):
            assert answer.sentence
            continue
        assert math.isfinite(answer)
        finite = next((i for i, loss in enumerate(losses) if not math.isfinite(loss)), len(losses))
        within = [lr / 10 for lr in lrs[:finite]] if name == "minimum" else lrs[:finite]
        assert answer in within


def test_the_gradient_is_exact_for_a_parabola_wherever_it_is_measured() -> None:
    at = [0.0, 1.0, 1.5, 4.0, 9.0]
    slopes = gradient([x * x for x in at], at)
    assert slopes[1:-1] == pytest.approx([2.0, 3.0, 8.0])
    assert (slopes[0], slopes[-1]) == (1.0, 13.0)
    assert gradient([1.0, 4.0]) == [3.0, 3.0]
