"""The words for changes, events and durations."""

import math

import pytest

from lrtui.lr.ledger import Entry
from lrtui.lr.schedule import Schedule
from lrtui.messages import (
    CheckpointSaved,
    Diverged,
    Event,
    Rewound,
    RunResumed,
    Stopped,
)
from lrtui.words import change_text, duration_text, sentence
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
        (Entry(step=0, kind="reshape", schedule=Schedule(kind="cosine", base=0.1, steps=10)), "cosine"),
    ],
)
def test_changes_in_a_few_characters(entry: Entry, text: str) -> None:
    assert change_text(entry) == text


@pytest.mark.parametrize(
    ("event", "text"),
    [
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
