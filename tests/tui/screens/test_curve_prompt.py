"""Changes of the rate that are typed draw the rate as planned and as it would be, and a mistake is a sentence."""

from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot

from lrtui.lr.schedule import KINDS
from lrtui.messages import CoolDown, ResetOptimizer, Reshape
from lrtui.tui.screens.curve_prompt import CurvePrompt
from lrtui.tui.widgets.chart import Chart
from tests.tui.driving import Driven, drive
from tests.tui.screen_text import screen_text
from tests.tui.screens.test_steering import type_in
from tests.tui.views import CONFIG, view


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (200, 50)])
def test_another_schedule_with_both_curves(tmp_path: Path, size: tuple[int, int]) -> None:
    async def scenario(driven: Driven) -> None:
        await driven.pretend(view())
        await driven.press("H")
        shown = screen_text(driven.app)
        assert "cosine from here to step 1,000: 2e-3 → 2e-3 now" in shown
        assert "as planned" in shown
        assert "as it would be" in shown
        await type_in(driven, "linear end=1e-5 base=0.001")
        assert "linear from here to step 1,000: 2e-3 → 1e-3 now" in screen_text(driven.app)
        await driven.press("enter")
        assert driven.link.sent == [Reshape({"kind": "linear", "end": 1e-5, "base": 0.001})]
        assert driven.said().startswith("linear from here")

    drive(tmp_path, scenario, size=size)


def on_one_line(driven: Driven) -> str:
    """What stands in a dialogue, without its frame and however it is wrapped."""
    rows = [row.split("│") for row in screen_text(driven.app).splitlines()]
    return " ".join(" ".join(max(row, key=len) for row in rows).split())


WRONG = {
    "": f"type a kind: {KINDS[0]}",
    "cosin": "did you mean cosine? For example",
    "cosine end": "is not KEY=VALUE",
    "cosine end=0.5": "schedule.end",
    "cosine [/b]=1": "schedule",
    "cosine base=-1": "a number above 0",
    "plateau patience=-1": "schedule.patience",
}


def test_a_mistake_is_a_sentence_and_only_the_plan_is_drawn(tmp_path: Path) -> None:
    async def scenario(driven: Driven) -> None:
        await driven.pretend(view())
        await driven.press("H")
        for wrong, told in WRONG.items():
            await type_in(driven, wrong)
            shown = on_one_line(driven)
            assert told in shown
            assert "as it would be" not in shown
            await driven.press("enter")
            assert isinstance(driven.app.screen, CurvePrompt), "enter refuses"
        await driven.press("escape")
        assert driven.link.sent == []

    drive(tmp_path, scenario)


def test_a_cool_down_draws_its_curve_and_says_where_it_ends(tmp_path: Path) -> None:
    async def scenario(driven: Driven) -> None:
        await driven.pretend(view())
        await driven.press("w")
        await type_in(driven, "500 sqrt")
        shown = screen_text(driven.app)
        assert "2e-3 → 0 over 500 steps; the run ends at step 900" in shown
        assert "as it would be" in shown
        await driven.press("enter")
        assert driven.link.sent == [CoolDown(500, "sqrt")]

    drive(tmp_path, scenario)


def test_a_small_terminal_shows_the_words_alone(tmp_path: Path) -> None:
    async def scenario(driven: Driven) -> None:
        await driven.pretend(view())
        await driven.press("l")
        await type_in(driven, "5e-4")
        shown = screen_text(driven.app)
        assert "2e-3 → 5e-4: the rate stays there" in shown
        assert "as planned" not in shown

    drive(tmp_path, scenario, size=(60, 16))


def test_the_curves_are_drawn_anew_only_where_they_have_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario(driven: Driven) -> None:
        await driven.pretend(view(step=401))
        await driven.press("w")
        shown: list[object] = []
        monkeypatch.setattr(Chart, "show", lambda self, draw: shown.append(self.id))
        for step in range(402, 412):
            driven.train.view = replace(view(), step=step)
            driven.train.show_run()
            await driven.pilot.pause()
        assert shown.count("outlook") <= 2, "the first step of the chart has moved once"
        assert "ends at step 530" in screen_text(driven.app), "the words follow"

    drive(tmp_path, scenario)


# -- the optimizer's state --------------------------------------------------------------------------------------------


async def choose_in_palette(driven: Driven, text: str) -> None:
    pilot: Pilot[object] = driven.pilot
    await driven.press("ctrl+p")
    palette = driven.app.screen
    palette.query_one("CommandInput").value = text  # type: ignore[attr-defined]
    await driven.until(lambda: text.split()[-1] in screen_text(driven.app) and _offers(driven))
    await pilot.press("enter")
    await driven.until(lambda: driven.app.screen is not palette)
    await pilot.pause()


def _offers(driven: Driven) -> bool:
    return bool(driven.app.screen.query_one("CommandList").option_count)  # type: ignore[attr-defined]


def test_the_state_is_thrown_away_from_the_palette_once_it_was_asked(tmp_path: Path) -> None:
    async def scenario(driven: Driven) -> None:
        await driven.pretend(view())
        await choose_in_palette(driven, "throw the optimizer")
        shown = on_one_line(driven)
        assert "Throw the optimizer's state away?" in shown
        assert "the rate stays, u brings it back" in shown
        await driven.press("k")
        assert driven.link.sent == []
        await choose_in_palette(driven, "throw the optimizer")
        await driven.press("t")
        assert driven.link.sent == [ResetOptimizer()]
        assert driven.said().startswith("throws the optimizer's state away; the rate stays")

    drive(tmp_path, scenario)


@pytest.mark.parametrize("typed", ["throw the optimizer", "reset-optimizer"])
def test_plain_sgd_is_refused_before_anything_is_sent(tmp_path: Path, typed: str) -> None:
    async def scenario(driven: Driven) -> None:
        await driven.pretend(view(config={**CONFIG, "optim": {"kind": "sgd", "lr": 0.1, "momentum": 0.0}}))
        await choose_in_palette(driven, typed)
        await driven.until(driven.toasts)
        assert driven.toasts() == ["plain SGD has no state to throw away. optim.momentum, adam and adamw have."]
        assert driven.link.sent == []
        assert driven.app.screen is driven.train

    drive(tmp_path, scenario)
