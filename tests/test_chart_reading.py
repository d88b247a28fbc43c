"""What a reader of a chart wants to see: a decay in the noise, the rate that is on, words that cover no curve."""

import math
import random
import re
from array import array

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrtui.figure import Layer
from lrtui.frame import Frame
from lrtui.labels import covered
from lrtui.plot import Curve, Look, Mark, Reference, loss_chart, rate_chart

LOOK = Look(width=86, height=17, colour=False)
LOG = Look(width=80, height=8, colour=False, log_y=True)
GUTTER = 8


def rows_of(chart: str) -> list[str]:
    return chart.split("\n")[1:-2]


def lines_at(rows: list[str], columns: range) -> list[int]:
    """The rows, from above, in which a line of braille is in these cells."""
    return [row for row, text in enumerate(rows) for cell in text[columns.start : columns.stop] if cell > "\u2800"]


def noisy(means: list[float], sd: float = 0.25) -> "array[float]":
    source = random.Random(1)
    return array("d", (source.gauss(mean, sd) for mean in means))


def fallen(step: int) -> float:
    """The loss of a small model: fast, then slowly down to 2.15, and to 2.05 once the rate is cut at 50,000."""
    before = 2.15 + 1.2 * math.exp(-step / 1000) + 0.2 * math.exp(-step / 12_000)
    return before - 0.1 * (1 - math.exp(-(step - 50_000) / 300)) if step > 50_000 else before


@pytest.mark.parametrize("log_y", [False, True])
def test_a_decay_is_seen_through_the_noise_of_the_batches(log_y: bool) -> None:
    loss = noisy([fallen(step) for step in range(100_000)])
    look = Look(width=86, height=17, colour=False, log_y=log_y)
    rows = rows_of(loss_chart([Curve(x=range(100_000), y=loss, style="trend")], look))
    before, after = lines_at(rows, range(40, 46)), lines_at(rows, range(70, 84))
    assert min(after) - max(before) >= 2
    assert max(after) - min(after) <= 2, "a plateau is no mountain"


@pytest.mark.parametrize(("level", "sd"), [(2.1, 0.25), (2.1, 0.001), (0.004, 0.0001), (1e-9, 0.0)])
def test_a_plateau_stays_flat_at_every_level(level: float, sd: float) -> None:
    loss = noisy([level] * 40_000, sd)
    for log_y in (False, True):
        look = Look(width=86, height=17, colour=False, log_y=log_y)
        rows = lines_at(rows_of(loss_chart([Curve(x=range(40_000), y=loss, style="trend")], look)), range(GUTTER, 84))
        assert max(rows) - min(rows) <= 4


def test_a_band_is_light_and_leaves_the_line_alone() -> None:
    loss = noisy([2.0 - step / 40_000 for step in range(20_000)])
    curve = Curve(x=range(20_000), y=loss, style="trend")
    alone = Curve(x=range(20_000), y=loss, style="mean")
    for look in (LOOK, Look(width=86, height=17)):
        frame, bare = Frame([curve], look, None), Frame([alone], look, None)
        frame.fit_losses()
        bare.fit_losses()
        band, line = frame.drawn([], []).layers
        (same,) = bare.drawn([], []).layers
        assert line == same
        assert len(band.cells) <= frame.width * frame.height / 2
        up = (2, 4) if band.marker == "braille" else (1, 1)
        assert not covered(band, *up) & covered(line, 2, 4)


def ticks_by_row(rows: list[str]) -> dict[int, str]:
    return {row: text.split("┤")[0].strip() for row, text in enumerate(rows) if "┤" in text}


@pytest.mark.parametrize("rate", [1e-2, 3e-3, 9e-4, 0.5, 2.0])
@pytest.mark.parametrize("height", [5, 6, 7, 8, 9, 12, 16])
@pytest.mark.parametrize("log_y", [True, False])
def test_a_flat_rate_is_drawn_on_the_row_of_its_own_tick(rate: float, height: int, log_y: bool) -> None:
    look = Look(width=80, height=height, colour=False, log_y=log_y)
    rows = rows_of(rate_chart([Curve(x=range(500), y=[rate] * 500)], look, steps=(0, 1000)))
    (row,) = set(lines_at(rows, range(GUTTER, 60)))
    assert float(ticks_by_row(rows)[row]) == rate


@pytest.mark.parametrize("height", [6, 7, 8, 9, 10, 14, 20])
def test_plateaus_stand_on_rows_with_their_values(height: int) -> None:
    rates = [3e-2] * 300 + [3e-3] * 300 + [3e-4] * 300
    look = Look(width=80, height=height, colour=False, log_y=True)
    rows = rows_of(rate_chart([Curve(x=range(900), y=rates)], look))
    labels = ticks_by_row(rows)
    for columns, rate in ((range(10, 28), "3e-2"), (range(36, 52), "3e-3"), (range(60, 76), "3e-4")):
        (row,) = set(lines_at(rows, columns))
        assert labels[row] == rate


def test_a_mark_is_named_where_the_curve_is_not() -> None:
    high = [1e-2] * 500 + [1e-3] * 500
    rows = rows_of(rate_chart([Curve(x=range(1000), y=high)], LOG, marks=[Mark(200, "undo"), Mark(500, "×0.1")]))
    assert "undo" in rows[-1]
    assert "×0.1" in rows[0]
    loss = [1.0 + step / 1000 for step in range(1000)]
    rows = rows_of(loss_chart([Curve(x=range(1000), y=loss)], LOOK, marks=[Mark(100, "×2"), Mark(970, "×0.5")]))
    assert "×2" in rows[0]
    assert any("×0.5" in row for row in rows)


words = st.sampled_from(["undo", "×0.1", "cool down", "rollback", "lr 2e-4", "NaN"])


@settings(max_examples=60, deadline=None)
@given(
    marks=st.lists(st.tuples(st.integers(0, 1000), words), max_size=9),
    values=st.lists(st.floats(2.0, 3.5), min_size=2, max_size=40),
    width=st.integers(30, 120),
    height=st.integers(5, 30),
)
def test_words_cover_no_curve_and_no_other_words(
    marks: list[tuple[int, str]], values: list[float], width: int, height: int
) -> None:
    steps = [round(1000 * index / len(values)) for index in range(len(values))]
    frame = Frame([Curve(x=steps, y=values)], Look(width=width, height=height), (0, 1000))
    frame.fit_losses()
    references = [Reference("uniform", 3.3), Reference("bigram", 2.45)]
    figure = frame.drawn([Mark(*mark) for mark in marks], references)
    taken = covered(figure.layers[-1], 2, 4)
    for one in figure.words:
        cells = {(one.column + at, one.row) for at in range(len(one.text))}
        assert not cells & taken
        assert all(0 <= column < frame.width and 0 <= row < frame.height for column, row in cells)
        taken |= cells


def test_the_cells_of_a_line_are_all_it_passes() -> None:
    line = Layer([(0, 0), (19, 0), (19, 39)], "braille", 0, connected=True)
    assert covered(line, 2, 4) == {(column, 0) for column in range(10)} | {(9, row) for row in range(10)}
    dots = Layer([(0, 0), (19, 39)], "braille", 0)
    assert covered(dots, 2, 4) == {(0, 0), (9, 9)}


@pytest.mark.parametrize("colour", [True, False])
def test_in_ascii_what_was_left_behind_differs_from_what_lives(colour: bool) -> None:
    look = Look(width=80, height=10, colour=colour, ascii=True)
    live = Curve(x=range(100), y=[2.0] * 100, label="train", style="trend")
    ghost = Curve(x=range(100), y=[3.0] * 100, label="left behind", style="dim")
    chart = re.sub(r"\x1b\[[0-9;]*m", "", loss_chart([live, ghost], look))
    assert chart.split("\n")[0] == "Loss   ** train   ~~ left behind"
    assert "~~~~~" in chart.split("\n", 1)[1]
    assert "*****" in chart.split("\n", 1)[1]


def test_in_few_rows_the_rates_left_behind_move_no_live_one_off_its_tick() -> None:
    live = Curve(x=range(900), y=[1e-1] * 600 + [1e-2] * 300)
    ghost = Curve(x=range(400, 500), y=[1.0] * 100, style="dim")
    look = Look(width=80, height=5, colour=False, log_y=True)
    rows = rows_of(rate_chart([live, ghost], look))
    assert ticks_by_row(rows) == {0: "1e-1", 1: "1e-2"}
