"""What the bench tells: a table whose columns stand under their headings, and the same as JSON."""

import json

from lrtui.bench.contest import Outcome
from lrtui.bench.rows import choose
from lrtui.bench.sides import Figures
from lrtui.bench.table import HEADING, json_line, line, preamble

FIGURES = Figures(choose(["lstm"])[0], Outcome((40.0, 60.0, 30.0), (40.0, 40.0, 40.0)), 117_856, 96)


def test_a_line_tells_medians_and_spread():
    assert line(FIGURES).split() == ["lstm", "117,856", "40.0", "40.0", "1.00×", "0.75", "1.50", "0.98"]
    assert len(line(FIGURES)) == len(HEADING) < 80


def test_fast_rows_have_whole_steps():
    fast = Figures(choose(["names-mlp-sgd"])[0], Outcome((4120.4,), (3000.0,)), 3481, 27)
    assert line(fast).split()[2:4] == ["4,120", "3,000"]


def test_json_has_every_round():
    told = json.loads(json_line(FIGURES, "2.13.0", 2, 1.5))
    assert (told["row"], told["ratio"], told["ratio_min"], told["ratio_max"]) == ("lstm", 1.0, 0.75, 1.5)
    assert (told["ours"], told["theirs"]) == ([40.0, 60.0, 30.0], [40.0, 40.0, 40.0])
    assert (told["threads"], told["seconds"], told["torch"], told["vocabulary"]) == (2, 1.5, "2.13.0", 96)


def test_the_preamble_says_on_what():
    text = preamble([], "2.13.0", 1, 0.5, 7)
    assert "1 thread," in text
    assert "unicode stands in for names" in text
    assert "2 threads," in preamble([], "2.13.0", 2, 0.5, 7)
