"""From a range test to the curves and marks of its chart."""

import math

import msgspec
import pytest

from lrtui.lr.range_plan import RangePlan
from lrtui.messages import RangeStepped, RangeTested
from lrtui.plot import Look, Mark, range_chart
from lrtui.range_charts import curves, marks, plan_of
from tests.lr.test_consensus import curve

PLAN = RangePlan(low=1e-6, high=1.0, points=100)
TESTED = RangeTested(
    step=0,
    low=PLAN.low,
    high=PLAN.high,
    points=100,
    linear=False,
    losses=curve(PLAN, noise=0.05)[:95],
    stopped="the loss rose",
    horizon=2000,
    suggestion=0.01,
    band=(0.005, 0.02),
    rules={"consensus": 0.01, "valley": 0.005, "steep": 0.02, "minimum": None, "lightning_linear": 2e-6},
)
LOOK = Look(width=80, height=20, colour=False)


def drawn(event: RangeTested, look: Look = LOOK) -> list[str]:
    plan = plan_of(event)
    text = range_chart(curves(plan, event.losses), look, (plan.low, plan.high), marks=marks(event), linear=plan.linear)
    return text.splitlines()


def test_the_suggestion_the_rules_and_the_stop_are_marks() -> None:
    assert marks(TESTED) == [
        Mark(0.005, "valley"),
        Mark(0.02, "steep"),
        Mark(0.01, "lr 1e-2"),
        Mark(PLAN.lr(94), "stopped", alarm=True),
    ]
    whole = msgspec.structs.replace(TESTED, suggestion=None, stopped="", rules={"consensus": None})
    assert marks(whole) == []


def test_the_chart_has_its_size_its_labels_and_rates_for_ticks() -> None:
    lines = drawn(TESTED)
    assert len(lines) == 20
    assert max(map(len, lines)) <= 80
    assert lines[0].startswith("Loss by learning rate")
    assert lines[-1].split() == ["1e-6", "1e-4", "1e-2", "1"]
    text = "\n".join(lines)
    assert all(label in text for label in ("lr 1e-2", "valley", "steep", "stopped"))
    assert "lightning" not in text


def test_the_curve_rises_where_the_losses_of_a_trained_model_do() -> None:
    losses = [1.5 + 0.05 * (-1) ** i for i in range(80)] + [1.5 + 0.4 * i for i in range(15)]
    raw, smooth = curves(PLAN, losses)
    assert raw.y[-1] == pytest.approx(7.1)
    assert smooth.y[-1] > 6.0
    assert all(1.4 < loss < 1.6 for loss in smooth.y[:75])


def test_the_curve_falls_where_the_losses_do() -> None:
    raw, smooth = curves(PLAN, TESTED.losses)
    assert raw.style == "dots"
    assert list(raw.x) == PLAN.lrs(95)
    assert len(smooth.y) == 95
    lowest = min(range(95), key=smooth.y.__getitem__)
    assert 0.005 < smooth.x[lowest] < 0.5


@pytest.mark.parametrize("losses", [[], [None], [None] * 3, [4.0], [4.0, None], [math.nan, 4.0], [1e300, 4.0, 1e-300]])
def test_a_test_that_has_hardly_begun_can_be_drawn(losses: list[float | None]) -> None:
    event = RangeStepped(step=0, low=1e-6, high=1.0, points=100, linear=False, first=0, losses=losses)
    plan = plan_of(event)
    for look in (LOOK, Look(width=40, height=10, ascii=True), Look(width=200, height=50)):
        text = range_chart(curves(plan, losses), look, (plan.low, plan.high))
        assert len(text.splitlines()) == look.height


def test_even_steps_have_a_linear_axis() -> None:
    event = msgspec.structs.replace(TESTED, low=0.001, high=0.5, linear=True)
    assert drawn(event)[-1].split() == ["0.0", "0.1", "0.2", "0.3", "0.4", "0.5"]


def test_ascii_is_ascii() -> None:
    assert "\n".join(drawn(TESTED, Look(width=80, height=20, colour=False, ascii=True))).isascii()


def test_the_band_is_the_part_of_the_curve_inside_of_it() -> None:
    _, smooth, band = curves(PLAN, TESTED.losses, TESTED.band)
    assert (band.label, band.hue) == ("band", 2)
    assert min(band.x) >= 0.005
    assert max(band.x) <= 0.02
    assert set(zip(band.x, band.y, strict=True)) < set(zip(smooth.x, smooth.y, strict=True))
    assert len(curves(PLAN, TESTED.losses, (2.0, 3.0))) == 2, "nothing of it was tried"
