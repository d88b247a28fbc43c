"""Charts as text: the right size, the right marks, and nothing that plotext chokes on."""

import math
import re
from array import array

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

import lrtui.plot
from lrtui.figure import Figure
from lrtui.plot import Curve, Look, Mark, Reference, loss_chart, rate_chart

PLAIN = Look(width=80, height=16, colour=False)


def falling(n: int = 1000) -> Curve:
    return Curve(x=range(n), y=[1.5 + 2.5 * math.exp(-5 * k / n) for k in range(n)], label="train", style="trend")


def without_colour(chart: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", chart)


def test_a_chart_is_as_large_as_asked_whatever_the_terminal() -> None:
    for width, height in ((80, 16), (200, 50), (40, 8)):
        look = Look(width=width, height=height, colour=False)
        for chart in (loss_chart([falling()], look), rate_chart([falling()], look)):
            lines = chart.split("\n")
            assert len(lines) == height
            assert max(map(len, lines)) <= width
            assert max(map(len, lines)) >= width - 1


def test_title_legend_ticks_marks_and_references_are_there() -> None:
    val = Curve(x=[200, 800], y=[2.6, 1.6], label="val", style="points", hue=1)
    marks = [Mark(400, "×0.1"), Mark(700, "undo")]
    references = [Reference("uniform", 4.17), Reference("bigram", 2.45), Reference("far", 99.0)]
    lines = loss_chart([falling(), val], PLAIN, marks=marks, references=references).split("\n")
    assert lines[0] == "Loss   ── train   • val"
    assert lines[-1].split() == ["0", "200", "400", "600", "800"]
    left = 8
    columns = [left + round(mark.step / 999 * (80 - left - 1)) for mark in marks]
    assert all("╎" in "".join(line[column] for line in lines[1:-2]) for column in columns)
    assert lines[1][columns[0] + 1 :].startswith("×0.1")
    assert lines[1][columns[1] + 1 :].startswith("undo")
    assert any(line.rstrip().endswith("bigram 2.45") and "╌╌╌" in line for line in lines)
    assert not any("far" in line for line in lines)
    assert sum(line.count("•") for line in lines[1:]) == 2


def test_the_curve_falls_from_left_to_right() -> None:
    lines = loss_chart([falling()], PLAIN).split("\n")[1:-2]
    first_row = [
        min(row for row, line in enumerate(lines) if line[column : column + 1] > "\u2800") for column in (8, 40, 76)
    ]
    assert first_row == sorted(first_row)
    assert first_row[0] < first_row[2]


def test_values_that_are_not_finite_and_empty_series_draw_nothing_and_raise_nothing() -> None:
    nothing = Curve(x=[], y=[], label="none")
    strange = Curve(x=range(5), y=[math.nan, math.inf, -math.inf, math.nan, math.nan], label="strange")
    for look in (PLAIN, Look(log_x=True, log_y=True, colour=False)):
        for curves in ([], [nothing], [strange], [nothing, strange]):
            assert "nothing to show yet" in loss_chart(curves, look)
            assert "nothing to show yet" in rate_chart(curves, look, marks=[Mark(0, "x"), Mark(99, "y")])
        mixed = Curve(x=range(6), y=[math.nan, 2.0, math.inf, 1.0, 0.0, -1.0])
        assert "nothing" not in loss_chart([mixed, nothing], look)


def test_a_spike_does_not_squash_the_rest() -> None:
    curve = falling()
    y = array("d", curve.y)
    y[500:520] = array("d", [1e6] * 20)
    ticks = [
        line.split("┤")[0].strip() for line in loss_chart([Curve(x=curve.x, y=y)], PLAIN).split("\n") if "┤" in line
    ]
    assert float(ticks[0]) <= 6


def test_rates_on_a_log_axis_have_clean_ticks_and_no_zero() -> None:
    rates = Curve(x=range(100), y=[0.0, *(10 ** (-1 - 4 * k / 98) for k in range(99))], label="lr")
    chart = rate_chart([rates], Look(width=60, height=12, colour=False, log_y=True))
    assert [line.split("┤")[0].strip() for line in chart.split("\n") if "┤" in line] == [
        "1e-1",
        "1e-2",
        "1e-3",
        "1e-4",
        "1e-5",
    ]


def test_a_decay_to_zero_does_not_stretch_a_log_axis_for_ever() -> None:
    y = [0.5 * 1e-3 * (1 + math.cos(math.pi * k / 5000)) for k in range(5000)]
    chart = rate_chart([Curve(x=range(5000), y=y)], Look(width=80, height=12, colour=False, log_y=True))
    ticks = [line.split("┤")[0].strip() for line in chart.split("\n") if "┤" in line]
    assert ticks[0] == "1e-3"
    assert float(ticks[-1]) >= 1e-6
    assert len(ticks) >= 3


def test_two_charts_of_the_same_steps_line_up() -> None:
    short = Curve(x=range(500), y=[0.1] * 500)
    loss = loss_chart([falling()], PLAIN, steps=(0, 999)).split("\n")[-1]
    assert rate_chart([short], PLAIN, steps=(0, 999)).split("\n")[-1] == loss


def test_colour_only_where_it_is_wanted() -> None:
    coloured = loss_chart([falling()], Look(), marks=[Mark(5, "hold")], references=[Reference("bigram", 2.45)])
    assert "\x1b[38;5;32m" in coloured
    assert set(re.findall(r"\x1b\[[^m]*m", coloured)) <= {
        "\x1b[0m",
        "\x1b[38;5;32m",
        "\x1b[38;5;172m",
        "\x1b[38;5;245m",
    }
    assert "\x1b" not in loss_chart([falling()], PLAIN)


def test_ascii_is_ascii() -> None:
    look = Look(width=70, height=14, colour=False, ascii=True)
    dim = Curve(x=[10, 20], y=[3.0, 2.0], label="früher", style="dim")
    val = Curve(x=[100], y=[2.0], label="val", style="points")
    chart = loss_chart([falling(), dim, val], look, marks=[Mark(300, "×0.1")], references=[Reference("bigram", 2.45)])
    chart.encode("ascii")
    assert "x0.1" in chart
    assert "bigram 2.45" in chart


def test_without_colour_runs_differ_by_sign() -> None:
    runs = [Curve(x=range(9), y=[float(k + hue)] * 9, label=f"run{hue}", hue=hue) for hue in range(3) for k in (1,)]
    lines = loss_chart(runs, PLAIN).split("\n")
    assert lines[0] == "Loss   ── run0   oo run1   ++ run2"
    assert any("ooooo" in line for line in lines[1:])
    assert any("+++++" in line for line in lines[1:])


def test_hostile_labels_do_not_reach_the_terminal() -> None:
    curve = Curve(x=[0, 1], y=[1.0, 2.0], label="\x1b]0;evil\x07", hue=7)
    chart = loss_chart([curve], Look(), marks=[Mark(0, "\x1b[2J\n")], references=[Reference("\x9b2J", 1.5)])
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", re.sub(r"\x1b\[(0|38;5;\d+)m", "", chart))
    assert chart.count("\n") == Look().height - 1


def test_many_marks_share_the_rows_without_overlap() -> None:
    marks = [Mark(step, f"×{step}") for step in range(0, 1000, 25)]
    lines = loss_chart([falling()], PLAIN, marks=marks).split("\n")
    shown = [label for line in lines[1:5] for label in re.findall(r"×(\d+)", line)]
    assert len(shown) == len(set(shown))
    assert set(shown) <= {str(mark.step) for mark in marks}
    assert len(shown) > 10


numbers = st.floats() | st.floats(1e-6, 10) | st.sampled_from([1e308, -1e308, 1e-308, 1.0, 1.0 + 1e-15])


@settings(max_examples=60, deadline=None)
@given(
    y=st.lists(numbers, max_size=60),
    width=st.integers(10, 130),
    height=st.integers(4, 40),
    log=st.booleans(),
    marks=st.lists(st.integers(-10, 100), max_size=5),
    style=st.sampled_from(["line", "mean", "trend", "points", "dim"]),
)
def test_no_series_and_no_size_breaks_a_chart(
    y: list[float], width: int, height: int, log: bool, marks: list[int], style: str
) -> None:
    look = Look(width=width, height=height, colour=False, log_x=log, log_y=log)
    curve = Curve(x=range(len(y)), y=y, label="train", style=style)  # type: ignore[arg-type]
    marked = [Mark(step, f"×{step}") for step in marks]
    references = [Reference("bigram", 2.45), Reference("nan", math.nan), Reference("zero", 0.0)]
    for chart in (
        loss_chart([curve], look, marks=marked, references=references),
        rate_chart([curve], look, marks=marked),
    ):
        assert len(chart.split("\n")) == max(height, 5)


@pytest.mark.parametrize("colour", [True, False])
def test_a_million_steps_are_drawn_in_a_moment(colour: bool) -> None:
    import time

    n = 1_000_000
    curve = Curve(x=array("q", range(n)), y=array("d", [2.0, 3.0]) * (n // 2), style="trend")
    begin = time.process_time()
    loss_chart([curve], Look(width=120, height=30, colour=colour))
    assert time.process_time() - begin < 2.0, "plotext alone would need half a minute"


def test_an_early_outlier_is_cut_off_where_it_would_squash_the_rest() -> None:
    y = [27.0] * 15 + [2.2 + 0.8 * math.exp(-k / 100) for k in range(985)]
    lines = loss_chart([Curve(x=range(1000), y=y, style="trend")], PLAIN).split("\n")
    ticks = [float(line.split("┤")[0]) for line in lines if "┤" in line]
    assert max(ticks) <= 5
    assert min(ticks) <= 2.2


def test_a_plateau_is_not_drawn_as_mountains() -> None:
    x, mean = range(4000), [1.5 + 0.001 * math.sin(k / 50) for k in range(4000)]
    for style in ("trend", "mean"):
        curve = Curve(x=x, y=mean, low=[1.1] * 4000, high=[1.9] * 4000, style=style)
        ticks = [float(line.split("┤")[0]) for line in loss_chart([curve], PLAIN).split("\n") if "┤" in line]
        assert 0.05 <= ticks[0] - ticks[-1] <= 0.3


def test_the_band_of_reduced_values_is_drawn_around_their_mean() -> None:
    x, mean = range(0, 1000, 10), [2.0] * 100
    banded = Curve(x=x, y=mean, low=[1.8] * 100, high=[2.2] * 100, style="trend")
    alone = loss_chart([Curve(x=x, y=mean, style="trend")], PLAIN)
    chart = loss_chart([banded], PLAIN)
    assert "·" not in alone
    columns = list(zip(*(line.ljust(80) for line in chart.split("\n")[1:-2]), strict=True))[9:-1]
    assert all(column.count("·") >= 2 for column in columns), "the band is whole"
    for column in columns:
        rows = [row for row, cell in enumerate(column) if cell == "·"]
        (line,) = [row for row, cell in enumerate(column) if cell > "\u2800"]
        assert rows[0] < line < rows[-1]


def test_a_spike_in_a_band_stays_in_its_reduction() -> None:
    y = array("d", [3.0 - k / 4000 for k in range(4000)])
    low, high = array("d", [value - 0.02 for value in y]), array("d", [value + 0.02 for value in y])
    high[3000] = 2.9
    chart = loss_chart([Curve(x=range(4000), y=y, low=low, high=high, style="trend")], PLAIN)
    columns = list(zip(*(line.ljust(80) for line in chart.split("\n")[1:-2]), strict=True))[8:]
    tall = [index for index, column in enumerate(columns) if column.count("·") > 4]
    assert tall == [54]


def test_what_is_to_come_is_dotted_and_ghosts_are_dim() -> None:
    past = Curve(x=range(500), y=[1e-3] * 500, label="lr", hue=2)
    to_come = Curve(x=range(500, 1000), y=[5e-4] * 500, label="to come", style="future", hue=2)
    ghost = Curve(x=range(400, 600), y=[2e-3] * 200, label="left behind", style="dim")
    rows = rate_chart([past, to_come, ghost], PLAIN).split("\n")
    assert rows[0] == "Learning rate   ── lr   ┈┈ to come   ~~ left behind"
    assert any("~~~~~" in row for row in rows[1:])
    dotted = next(row for row in rows[1:] if len(row.rstrip()) > 70 and "─" not in row)
    assert {bin(ord(cell) - 0x2800).count("1") for cell in dotted.rstrip()[46:]} == {1}
    in_ascii = rate_chart([past, to_come], Look(width=80, height=10, colour=False, ascii=True))
    assert ".........." in in_ascii
    assert "**********" in in_ascii
    coloured = rate_chart([ghost], Look())
    assert set(re.findall(r"38;5;(\d+)", coloured)) == {"245"}


def test_an_equal_picture_is_not_built_again(monkeypatch: pytest.MonkeyPatch) -> None:
    built = []
    real = lrtui.plot._build

    def build(figure: Figure) -> str:
        built.append(figure)
        return real(figure)

    monkeypatch.setattr(lrtui.plot, "_build", build)
    monkeypatch.setattr(lrtui.plot, "_drawn", [])
    flat = [1e-3] * 100_000
    # one more step moves nothing by a dot
    charts = {rate_chart([Curve(x=range(n), y=flat)], PLAIN, steps=(0, 100_000)) for n in (50_300, 50_301)}
    assert len(charts) == len(built) == 1
    rate_chart([Curve(x=range(60_000), y=flat)], PLAIN, steps=(0, 100_000))
    rate_chart([Curve(x=range(60_000), y=flat)], PLAIN, steps=(0, 100_001), marks=[Mark(7, "×2")])
    rate_chart([Curve(x=range(60_000), y=flat)], Look(width=60, height=16, colour=False), steps=(0, 100_000))
    assert len(built) == 4


def test_the_newest_mark_keeps_its_label_and_an_alarm_its_colour() -> None:
    marks = [Mark(500 + step, f"×{step}") for step in range(12)]
    chart = loss_chart([falling()], PLAIN, marks=marks)
    assert "×11" in chart
    alarmed = loss_chart([falling()], Look(), marks=[Mark(500, "×2"), Mark(500, "NaN", alarm=True)])
    assert "\x1b[38;5;160m╎" in alarmed
    assert "\x1b[38;5;172m╎" not in alarmed


@given(label=st.text(max_size=20))
@settings(max_examples=60, deadline=None)
def test_every_line_is_as_wide_as_asked_whatever_a_label_holds(label: str) -> None:
    mark, reference = Mark(300, label), Reference(label, 2.0)
    curve = Curve(x=range(9), y=[2.0, 3.0] * 4 + [1.0], label=label)
    for row in loss_chart([curve], PLAIN, marks=[mark], references=[reference], steps=(0, 1000)).split("\n"):
        assert cell_len(row) == len(row) <= 80
        assert row.isprintable()


@pytest.mark.parametrize("label", ["\ud7cb", "\u1160", "\u0301", "\u4dc0"])
def test_what_joins_the_character_before_it_takes_a_cell_too(label: str) -> None:
    heading = loss_chart([Curve(x=[0, 1], y=[1.0, 2.0], label=label)], PLAIN).split("\n")[0]
    assert cell_len(heading) == len(heading)
