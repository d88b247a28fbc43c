"""Both curves of the rate that is left: as planned, and as a command would make it."""

from dataclasses import replace

import pytest

from lrtui.errors import UsageError
from lrtui.lr import ledger
from lrtui.messages import CoolDown, Extend, Reshape, Scale
from lrtui.plot import Look
from lrtui.tui.outlook import outlook, outlook_lines
from lrtui.tui.previews import Ahead
from tests.tui.views import folded, view

LOOK = Look(width=60, height=10, colour=False)


def test_the_rate_before_is_the_present_one_and_after_is_the_command_s() -> None:
    run = view("cosine", step=400)
    found = outlook(run, Scale(0.5), Ahead.of(run))
    assert found is not None
    assert found.before == run.rate
    assert found.after is not None
    assert found.after(700) == pytest.approx(found.before(700) / 2)
    ahead = Ahead.of(run).after(run, Scale(0.5))
    second = outlook(run, Scale(0.5), ahead)
    assert second is not None
    assert second.before == ahead.rate, "a command on its way counts as planned"


def test_the_chart_begins_a_little_before_now_and_stays_while_steps_go_by() -> None:
    begins = {}
    for step in range(400, 470):
        run = view(step=step)
        found = outlook(run, None, Ahead.of(run))
        assert found is not None
        begins[step] = found.begin
    assert all(0 <= step - begin < 100 for step, begin in begins.items())
    assert len(set(begins.values())) <= 7


def test_both_curves_are_drawn_over_what_is_left() -> None:
    run = view(step=400)
    found = outlook(run, CoolDown(300), Ahead.of(run))
    assert found is not None
    shown = outlook_lines(found, LOOK)
    assert "as planned" in shown
    assert "as it would be" in shown
    alone = outlook(run, None, Ahead.of(run))
    assert alone is not None
    assert "as it would be" not in outlook_lines(alone, LOOK)


def test_a_longer_run_is_drawn_to_its_new_end() -> None:
    run = view("cosine", step=1000)
    found = outlook(run, Extend(1000, "restart"), Ahead.of(run))
    assert found is not None
    assert "2k" in outlook_lines(found, LOOK) or "2,000" in outlook_lines(found, LOOK)


@pytest.mark.parametrize("step", [0, 1, 400, 998, 999])
@pytest.mark.parametrize("size", [(20, 4), (60, 10), (200, 40)])
def test_at_every_step_and_size(step: int, size: tuple[int, int]) -> None:
    run = view("one_cycle", step=step)
    found = outlook(run, Reshape({"kind": "constant", "base": 0.1}), Ahead.of(run))
    assert found is not None
    look = Look(width=size[0], height=size[1], colour=False)
    assert len(outlook_lines(found, look).splitlines()) <= size[1] + 1


def test_what_would_be_refused_is_and_a_run_without_a_rate_has_no_outlook() -> None:
    run = view(step=400)
    with pytest.raises(UsageError):
        outlook(run, CoolDown(0), Ahead.of(run))
    assert outlook(replace(run, rate=None), None, Ahead.of(replace(run, rate=None))) is None
    cooling = folded(run, ledger.cool_down(run.rate, 300, 200))  # type: ignore[arg-type]
    found = outlook(cooling, Reshape({"kind": "linear"}), Ahead.of(cooling))
    assert found is not None
    assert (found.before.total, found.after and found.after.total) == (500, 1000)
