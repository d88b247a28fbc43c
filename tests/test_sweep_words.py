"""A sweep in sentences and lines, whatever hostile names it was given."""

import msgspec
import pytest

from lrtui.command_words import parse_command
from lrtui.errors import UsageError
from lrtui.messages import Keep, Kill, LaneKept, LanePromoted, LaneRow, LanesCut, Promote, Prune, PruningChanged, Swept
from lrtui.quantities import fine_rate
from lrtui.runs.sweep_table import rate_rows
from lrtui.sweep_charts import lane_curves, ranked, u_curves, u_marks, u_span
from lrtui.sweep_words import sweep_happening, table_lines
from lrtui.words import sentence
from tests.runs.test_sweeps import STARTED

ROWS = [
    LaneRow(lane=0, rate=1e-3, seed=1, state="pruned", loss=3.0, died=50, rung=1),
    LaneRow(lane=1, rate=1.36e-1, seed=1, state="done", loss=2.1, val=2.2),
    LaneRow(lane=2, rate=0.5, seed=1, state="done", loss=2.3, val=2.4, kept=True),
    LaneRow(lane=3, rate=9.0, seed=1, state="diverged", died=5),
]


def test_rates_have_three_digits() -> None:
    assert [fine_rate(v) for v in (1e-4, 1.85e-4, 0.136, 1.0, 2.0e1)] == ["1e-4", "1.85e-4", "1.36e-1", "1e0", "2e1"]


def test_each_event_is_a_sentence_where_it_happened() -> None:
    cut = LanesCut(50, lanes=[0, 1], cause="pruned", died=[50, 50], losses=[1.0, 2.0], left=2, rung=1)
    assert sentence(cut) == "step 50  rung 1: 2 lanes pruned, 2 go on"
    lost = LanesCut(7, lanes=[3], cause="diverged", died=[5], losses=[None], left=1, reason="the loss is nan\x1b[2J")
    assert sentence(lost) == "step 7  lane 3 lost at step 5, 1 goes on: the loss is nan␛[2J"
    both: LanesCut = msgspec.structs.replace(lost, lanes=[3, 4], died=[5, 6], reason="high")
    assert sentence(both) == "step 7  2 lanes lost at steps 5 … 6, 1 goes on: high"
    assert sentence(msgspec.structs.replace(lost, died=[7], reason="high")) == "step 7  lane 3 lost, 1 goes on: high"
    assert sentence(LaneKept(9, lane=2)) == "step 9  lane 2 stays, whatever a rung says"
    assert sentence(PruningChanged(9, eta=0, rungs=[])) == "step 9  nothing is pruned"
    promoted = sentence(LanePromoted(9, lane=2, run="\x1bx", at=8))
    assert promoted is not None
    assert "\x1b" not in promoted
    started = sweep_happening(STARTED)
    assert started is not None
    assert "2 rates × 2 seeds = 4 lanes from 1e-1 to 2e-1" in started


def test_one_rate_and_one_lane_are_not_several() -> None:
    one = msgspec.structs.replace(STARTED, rates=[0.1], seeds=[1])
    assert (sweep_happening(one) or "").startswith("s: 1 rate at lr 1e-1, ")
    two = msgspec.structs.replace(one, seeds=[1, 2])
    assert (sweep_happening(two) or "").startswith("s: 1 rate × 2 seeds = 2 lanes at lr 1e-1, ")
    rows = [LaneRow(lane=0, rate=0.1, seed=1, state="done", loss=2.0, val=2.2)]
    swept = Swept(100, table=rows, rates=rate_rows(rows, 100), winner=0, rate=0.1)
    assert sentence(swept) == "swept 1 lane: lr 1e-1 wins, val 2.200"
    assert sentence(Swept(9, table=rows, rates=[], winner=None, rate=None)) == "swept 1 lane: none lasted"


def test_the_verdict_names_rate_and_spread() -> None:
    swept = Swept(100, table=ROWS, rates=rate_rows(ROWS, 100), winner=1, rate=1.36e-1)
    assert sentence(swept) == "swept 4 lanes: lr 1.36e-1 wins, val 2.200"
    seeds = [LaneRow(lane=i, rate=0.1, seed=i, state="done", loss=2.0, val=2.0 + i) for i in range(3)]
    swept = Swept(100, table=seeds, rates=rate_rows(seeds, 100), winner=0, rate=0.1)
    assert sentence(swept) == "swept 3 lanes: lr 1e-1 wins, val 3.000 ± 1.000 over 3 seeds"
    assert sentence(Swept(9, table=ROWS, rates=[], winner=None, rate=None)) == "swept 4 lanes: none lasted"


def test_the_table_has_a_line_a_lane_or_a_rate() -> None:
    lines = table_lines(ROWS, rate_rows(ROWS, 100), 1)
    assert lines[1].split() == ["0", "1e-3", "3.000", "–", "pruned", "at", "step", "50,", "rung", "1"]
    assert lines[2].endswith("the winner")
    assert lines[3].endswith("done, kept")
    assert lines[4].endswith("lost at step 5")
    seeds = [LaneRow(lane=i, rate=0.1, seed=i, state="done", loss=2.0, val=2.0 + i) for i in range(3)]
    heading, line = table_lines(seeds, rate_rows(seeds, 100), 0)
    assert line.split() == ["1e-1", "2.000", "0.000", "3.000", "1.000", "3", "the", "winner"]
    assert len(heading.split()) == 7


def test_the_u_shows_what_lasted_and_what_was_cut_where() -> None:
    cut, mean, points = u_curves(ROWS, 100)
    assert (cut.x, cut.y, cut.label) == ([1e-3], [3.0], "at 50")
    assert (mean.x, mean.y, mean.label) == ([1.36e-1, 0.5], [2.2, 2.4], "val")
    assert points.style == "points"
    assert u_marks(None) == []
    assert u_marks(0.136)[0].label == "lr 1.36e-1"


def test_a_rate_that_is_alone_stands_in_the_middle() -> None:
    assert u_span([0.1, 0.2, 0.4]) == (0.1, 0.4)
    assert u_span([0.5]) == (0.05, 5.0)


def test_curves_are_named_from_the_best_on() -> None:
    assert [row.lane for row in ranked(ROWS)] == [1, 2, 0, 3]
    curves = lane_curves(ROWS, {1: ([0, 1], [3.0, 2.0])})
    assert [(curve.label, curve.style) for curve in curves] == [
        ("1.36e-1", "mean"),
        ("5e-1", "mean"),
        ("1e-3", "mean"),
        ("", "dim"),
    ]
    assert list(curves[0].y) == [3.0, 2.0]


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("kill 3", Kill(3)),
        ("keep 12", Keep(12)),
        ("promote", Promote()),
        ("promote 4 best", Promote(4, "best")),
        ("prune 4", Prune(4)),
        ("prune 2 100,200", Prune(2, [100, 200])),
        ("prune off", Prune(0)),
    ],
)
def test_hands_on_a_sweep_as_words(text: str, command: object) -> None:
    assert parse_command(text) == command


@pytest.mark.parametrize("text", ["kill", "kill -1", "kill x", "keep ²", "prune 1", "prune off 3", "promote x"])
def test_words_that_cannot_be_meant(text: str) -> None:
    with pytest.raises(UsageError):
        parse_command(text)
