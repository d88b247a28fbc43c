"""`i` shows every rule with its numbers, and which one speaks; of any run, at any size."""

from dataclasses import replace
from pathlib import Path

import pytest

from lrtui.tui.screens.examination import Examination, examined
from tests.tui.driving import Driven, drive
from tests.tui.screen_text import screen_text
from tests.tui.test_health import HISTORY, numbers
from tests.tui.views import view

FLAT = view(step=2000, history=HISTORY, numbers=numbers(2000, flat=True))


def test_the_rule_that_speaks_is_marked() -> None:
    told = examined(FLAT, {"decay": "g"})
    assert told.verdict.plain == "plateau since 1,600: decay (g)"
    assert [heading.plain[0] for heading, _ in told.rules] == [" ", " ", " ", " ", "●"]
    healthy = examined(replace(FLAT, numbers=numbers(2000, flat=False)), {})
    assert healthy.verdict.plain == "Nothing is known to be wrong."
    assert all(heading.plain[0] == " " for heading, _ in healthy.rules)
    assert examined(view(), {}).rules == [], "nothing has been trained yet"


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (200, 50), (60, 16)])
def test_i_opens_it_and_closes_it(tmp_path: Path, size: tuple[int, int]) -> None:
    async def scenario(driven: Driven) -> None:
        await driven.pretend(FLAT)
        await driven.press("i")
        assert isinstance(driven.app.screen, Examination)
        shown = screen_text(driven.app)
        assert "Diagnosis at step 2,000" in shown
        assert "plateau since 1,600: decay (d)" in shown
        await driven.press("i")
        assert driven.app.screen is driven.train
        assert driven.link.sent == []

    drive(tmp_path, scenario, size=size)


def test_a_run_that_is_over_is_examined_too_and_a_re_mapped_key_closes_it(tmp_path: Path) -> None:
    async def scenario(driven: Driven) -> None:
        await driven.press("g")
        assert "Diagnosis at step" in screen_text(driven.app)
        await driven.press("g")
        assert driven.app.screen is driven.train

    drive(tmp_path, scenario, keys={"why": "g"}, read_only=True)
