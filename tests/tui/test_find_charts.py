"""The charts of the Find screen are of the size that was asked for, and show what there is."""

from lrtui.figure import Look
from lrtui.tui.find_charts import range_lines, trial_lines
from lrtui.tui.findings import Findings
from tests.tui.found import CONFIRMED, TESTED, found, stepped, trained

LOOK = Look(width=80, height=20, colour=False)


def test_a_range_test_shows_its_rules_its_band_and_the_rate_there_is() -> None:
    told = range_lines(found(TESTED), 3e-5, LOOK)
    lines = told.splitlines()
    assert (len(lines), max(map(len, lines))) == (20, 80)
    assert "band" in lines[0]
    assert all(label in told for label in ("lr 1e-2", "valley", "stopped", "now 3e-5"))
    assert "now" not in range_lines(found(TESTED), 5.0, LOOK), "a rate that was not tried has no place"


def test_half_a_test_is_half_a_curve_on_the_whole_axis() -> None:
    half, empty = range_lines(found(stepped(0, 48)), None, LOOK), range_lines(Findings(), None, LOOK)
    assert half.splitlines()[-1].split() == ["1e-6", "1e-4", "1e-2", "1"]
    assert "band" not in half
    assert "nothing to show yet" in empty
    assert len(empty.splitlines()) == 20


def test_ascii_and_small() -> None:
    for look in (Look(width=80, height=20, ascii=True), Look(width=20, height=5), Look(width=4, height=2)):
        for findings in (Findings(), found(stepped(0, 1)), found(TESTED)):
            told = range_lines(findings, 1e-3, look)
            assert told.isascii() or not look.ascii


def test_a_confirmation_has_a_curve_for_each_rate() -> None:
    for event in (trained(0), trained(1), CONFIRMED):
        trial = found(TESTED, event).trial
        assert trial is not None
        lines = trial_lines(trial, LOOK).splitlines()
        assert all(rate in lines[0] for rate in ("5e-3", "1e-2", "2e-2"))
        assert (len(lines), max(map(len, lines))) == (20, 80)
