"""What the Find screen says: the tables, the verdict, and what enter does."""

from dataclasses import replace

import msgspec
import pytest

from lrtui.messages import RangeTested
from lrtui.tui.find_words import (
    Sought,
    apply_label,
    ending,
    next_line,
    point_rows,
    rule_rows,
    test_title,
    trial_rows,
    trial_title,
    verdict,
)
from lrtui.tui.findings import Findings
from tests.tui.found import CONFIRMED, GAVE_WAY, TESTED, found, refused, stepped, trained

test_title.__test__ = False  # type: ignore[attr-defined]


def test_the_table_has_every_rule_and_how_it_stands_to_the_suggestion() -> None:
    rows = {row.cells[0]: row.cells[1:] for row in rule_rows(TESTED)}
    assert rows == {
        "consensus": ("1e-2", "the suggestion"),
        "valley": ("5e-3", "in the band"),
        "minimum": ("5e-2", ""),
        "slide": ("–", "no descent"),
        "steep": ("2e-2", "in the band"),
        "lightning_linear": ("2e-6", "to compare"),
    }
    assert [row.level for row in rule_rows(TESTED)][:2] == ["good", "info"]
    assert rule_rows(None) == []


def test_the_title_says_what_was_tried_and_where() -> None:
    assert test_title(found(TESTED)) == "step 400 · 100 rates, 1e-6 … 1"
    assert test_title(found(stepped(0, 48))) == "step 400 · 48 of 100 rates, 1e-6 … 1"
    assert ending(found(TESTED)).startswith("stopped after 95 of 100: the loss rose")
    assert ending(found(refused())) == ""
    chance = msgspec.structs.replace(TESTED, stopped="the loss rose from 12.20 to 3.90; knowing nothing is 3.30")
    assert ending(found(chance), short=True) == f"stopped after 95: {chance.stopped}", (
        "the title has the number of points"
    )
    assert len(ending(found(chance), short=True)) <= 76, "a table at 80 columns"


def test_a_test_that_goes_on_says_where_it_is() -> None:
    now, least = (row.cells for row in point_rows(found(stepped(0, 48)))[1:])
    assert now == ("now", "7.1e-4", "3.418")
    assert least == ("least", "7.1e-4", "3.418")
    assert point_rows(found(TESTED)) == []
    gone = replace(found(stepped(0, 8)), losses=(None,))
    assert point_rows(gone) == []


def test_a_confirmation_has_a_row_for_each_rate() -> None:
    begun, ended = found(TESTED, trained(2)).trial, found(TESTED, CONFIRMED).trial
    assert begun is not None
    assert ended is not None
    assert trial_title(begun) == "step 400 · 20 of 200 steps"
    assert [row.cells for row in trial_rows(begun)][1] == ("5e-3", "1.970", "", "")
    assert trial_title(ended) == "step 400 · 200 steps each"
    assert [row.cells for row in trial_rows(ended)][1:] == [
        ("5e-3", "1.500", "1.600", ""),
        ("1e-2", "1.300", "1.400", "the winner"),
        ("2e-2", "–", "–", "lost at step 60"),
    ]
    assert [row.hue for row in trial_rows(ended)] == [None, 0, 1, 2]


@pytest.mark.parametrize(
    ("sought", "told"),
    [
        (Sought(), "No range test yet."),
        (Sought(subject="live", asked="find"), "The range test begins at the next step"),
        (Sought(subject="form", asked="confirm"), "The confirmation loads the model and the text"),
        (Sought(subject="live", findings=found(stepped(0, 48))), "Range test: 48 of 100 rates; training waits"),
        (Sought(subject="form", findings=found(stepped(0, 48))), "Range test: 48 of 100 rates"),
        (Sought(findings=found(TESTED, trained(2))), "Confirmation: 20 of 200 steps"),
        (Sought(findings=found(TESTED)), "Range test: lr 1e-2 for 600 steps, band 5e-3 … 2e-2"),
        (Sought(findings=found(refused())), "Range test: no suggestion, never diverged: raise the upper end"),
        (
            Sought(findings=found(TESTED, CONFIRMED)),
            "Confirmation: of 3 rates lr 1e-2 wins after 200 steps, loss 1.300",
        ),
        (Sought(findings=found(stepped(0, 8), GAVE_WAY)), "The range test gave way at point 40 of 100"),
        (Sought(problem="no such corpus"), "No such corpus"),
    ],
)
def test_the_verdict_in_a_sentence(sought: Sought, told: str) -> None:
    assert verdict(sought)[0].startswith(told)


@pytest.mark.parametrize(
    ("sought", "told"),
    [
        (Sought(), "f tests 100 rates from 1e-6 to 1 in even ratios "),
        (Sought(closed="only watches", findings=found(TESTED)), "only watches"),
        (Sought(subject="live", asked="find"), "esc goes back; the test goes on"),
        (Sought(subject="form", asked="find"), "esc drops it"),
        (Sought(findings=found(TESTED), offered="sets it"), "enter sets it · k confirms it"),
        (Sought(findings=found(TESTED, CONFIRMED), offered="sets it"), "enter sets it"),
        (Sought(findings=found(TESTED), offered="sets it", applied="it is set"), "it is set"),
        (Sought(findings=found(refused())), "enter tests again: 100 rates, 1e-6 … 100"),
        (Sought(findings=found(refused("points"))), "enter tests again: 400 rates, 1e-6 … 1"),
        (Sought(findings=found(refused("raise", high=1e9))), "f tests 100 rates"),
        (
            Sought(findings=found(refused("lower"), refused("lower", low=1e-8))),
            "a lower end did not help · f tests 100",
        ),
    ],
)
def test_what_can_be_done(sought: Sought, told: str) -> None:
    assert next_line(sought, {}).startswith(told)


def test_keys_are_named_as_they_are_mapped() -> None:
    assert next_line(Sought(), {"find_test": "t"}).startswith("t tests 100 rates")


@pytest.mark.parametrize(
    ("findings", "label"),
    [
        (Findings(), ""),
        (found(stepped(0, 8)), ""),
        (found(TESTED), "Apply"),
        (found(refused("raise")), "Raise"),
        (found(refused("lower")), "Lower"),
        (found(refused("points")), "Again"),
    ],
)
def test_what_enter_is_called(findings: Findings, label: str) -> None:
    assert apply_label(findings) == label


def test_what_a_log_holds_is_made_safe() -> None:
    evil: RangeTested = msgspec.structs.replace(
        refused(), refusal="\x1b]0;evil\x07", stopped="\x1b[2J", refusals={"valley": "\x1b[2J: x"}
    )
    wild = found(evil)
    texts = [verdict(Sought(findings=wild))[0], ending(wild), *(cell for row in rule_rows(evil) for cell in row.cells)]
    texts.append(verdict(Sought(findings=found(msgspec.structs.replace(GAVE_WAY, reason="\x1b[2J"))))[0])
    assert all(text.isprintable() for text in texts)
