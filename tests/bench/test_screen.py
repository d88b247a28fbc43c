"""The bench of the screens on a small scale: real terminals, real figures, no judgement of them."""

import json
from pathlib import Path

import pytest

from lrtui.bench import long_run
from lrtui.bench.long_run import measure_long_run
from lrtui.bench.measure import HEADING, Measure
from lrtui.bench.screen import first_paint


def test_a_figure_as_a_line_and_as_json() -> None:
    measure = Measure("first paint", 368.5, "ms", 500, True, (350.0, 368.5, 464.0))
    line = measure.line()
    assert len(line) == len(HEADING)
    assert line.split() == ["first", "paint", "368.50", "ms", "350.00", "464.00", "≤", "500"]
    assert json.loads(measure.json())["all"] == [350.0, 368.5, 464.0]


def test_a_form_stands_and_then_is_whole(tmp_path: Path) -> None:
    stands, whole = first_paint(tmp_path, 1)
    assert 100 < stands.value <= whole.value, "no Python starts that soon"
    assert not (tmp_path / "checkpoints").exists()


def test_long_and_short_runs_are_attached_to_while_they_grow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_run, "LONG", 5_000)
    attach, redraw = measure_long_run(tmp_path, 1, 1.0)
    assert attach.value > 100
    assert redraw.value > 0
