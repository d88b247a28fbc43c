"""The words for changes, events and durations."""

import math

import msgspec
import pytest

from lrtui.lr.ledger import Entry
from lrtui.lr.schedule import Schedule
from lrtui.messages import (
    CheckpointSaved,
    Diverged,
    Event,
    RangeTested,
    RateChanged,
    Rewound,
    RunResumed,
    Stopped,
)
from lrtui.words import change_text, duration_text, range_lines, sentence
from tests.runs.story import block, evaluated


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        (Entry(step=0, kind="scale", value=0.1), "×0.1"),
        (Entry(step=0, kind="set", value=0.002), "lr 2e-3"),
        (Entry(step=0, kind="hold", value=0.002), "hold"),
        (Entry(step=0, kind="release"), "release"),
        (Entry(step=0, kind="cooldown", steps=5, shape="linear"), "cool down"),
        (Entry(step=0, kind="extend", steps=5000, shape="keep"), "+5,000"),
        (Entry(step=0, kind="reset"), "fresh optimizer"),
        (Entry(step=0, kind="reshape", schedule=Schedule(kind="cosine", base=0.1, steps=10)), "cosine"),
    ],
)
def test_changes_in_a_few_characters(entry: Entry, text: str) -> None:
    assert change_text(entry) == text


def test_a_fresh_optimizer_leaves_the_rate() -> None:
    change = RateChanged(5, entry=Entry(step=5, kind="reset"), old=0.002, new=0.002, cause="user")
    assert sentence(change) == "step 5  fresh optimizer: its state is thrown away; lr 2e-3 stays"


TESTED = RangeTested(
    step=4000,
    low=1e-4,
    high=10.0,
    points=100,
    linear=False,
    losses=[3.3] * 88,
    stopped="the loss is nan",
    horizon=26000,
    suggestion=0.12,
    band=(0.05, 0.2),
    rules={"consensus": 0.12, "valley": 0.0496, "minimum": None, "steep": 0.6, "lightning_linear": 0.1},
    refusals={"minimum": "too few points"},
)


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (TESTED, "step 4,000  range test: lr 1.2e-1 for 26,000 steps, band 5e-2 … 2e-1"),
        (
            msgspec.structs.replace(TESTED, suggestion=None, band=None, refusal="never diverged: raise the \x1bend"),
            "step 4,000  range test: no suggestion, never diverged: raise the ␛end",
        ),
        (
            RunResumed(
                step=1200, run="otter", badge="exact", steps=5000, entries=0, fingerprint={}, skipped=["a: torn"]
            ),
            "otter resumed at step 1,200 of 5,000: exact\nskipped checkpoint: a: torn",
        ),
        (Rewound(step=9, to=3, entries=0, cause="undo"), "step 9  undo: back to step 3"),
        (CheckpointSaved(step=9, path="p", pinned=True, best=True), "step 9  checkpoint saved (best, pinned)"),
        (
            Diverged(step=9, loss=None, reason="not finite", action="rolled back"),
            "step 9  diverged at loss –: not finite; rolled back",
        ),
        (
            Stopped(step=9, cause="SIGINT", state_sha256="", resume="lrtui resume otter"),
            "stopped at step 9 (SIGINT); go on with: lrtui resume otter",
        ),
        (block(0), None),
        (evaluated(0), None),
    ],
)
def test_sentences(event: Event, text: str | None) -> None:
    assert sentence(event) == text


def test_durations() -> None:
    times = (0.4, 42, 723, 7510, 3 * 86400 + 4 * 3600, None, math.inf)
    assert [duration_text(seconds) for seconds in times] == ["0:00", "0:42", "12:03", "2:05:10", "3d 04:00", "–", "–"]


def test_a_range_test_in_full() -> None:
    assert range_lines(TESTED) == [
        "100 rates from 1e-4 to 10 in even ratios, one batch each; stopped after 88: the loss is nan",
        "  consensus         1.2e-1   the suggestion",
        "  valley            5e-2     in the band",
        "  minimum           too few points",
        "  steep             6e-1",
        "  lightning_linear  1e-1     for comparison only",
        "Range test: lr 1.2e-1 for 26,000 steps, band 5e-2 … 2e-1",
    ]
