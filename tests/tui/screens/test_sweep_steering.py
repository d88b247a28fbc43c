"""Every key that commands a sweep: what it asks before, the exact command it sends, and when it refuses."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from lrtui.errors import UsageError
from lrtui.messages import (
    Command,
    Continue,
    Event,
    Keep,
    Kill,
    LanePromoted,
    Pause,
    Promote,
    Prune,
    Save,
    Stop,
)
from lrtui.runs.lock import RunLock
from lrtui.tui.screens.eye import Eye
from lrtui.tui.screens.prompt import Prompt
from lrtui.tui.sweep_state import SweepView
from lrtui.tui.sweep_words import parse_pruning, pruning_now, pruning_preview
from tests.runs.swept import begun_sweep, tell, told_sweep
from tests.tui.screen_text import screen_text
from tests.tui.screens.test_sweep import live_view
from tests.tui.sweep_driving import DrivenSweep, drive_sweep


def with_state(view: SweepView, lane: int, state: str, **more: Any) -> SweepView:
    rows = [msgspec.structs.replace(row, state=state, **more) if row.lane == lane else row for row in view.rows]
    return replace(view, rows=tuple(rows))


KEYS: list[tuple[tuple[str, ...], Command, str]] = [
    (("k", "k"), Kill(4), "lane 4 is cut"),
    (("home", "k", "enter"), Kill(0), "lane 0 is cut"),
    (("K",), Keep(4), "no rung prunes the rate 2.56e-1"),
    (("space",), Pause(), "pauses"),
    (("c",), Save(), "a checkpoint is written"),
    (("p", "enter"), Prune(4, [250]), "of 8 rates, the best 1/4 of the rates go on at step 250"),
    (("p", *"off", "enter"), Prune(0), "nothing is pruned"),
    (("enter", "enter"), Promote(4), "lane 4 becomes a run"),
    (("enter", *"mine", "enter"), Promote(4, "mine"), "lane 4 becomes a run"),
    (("Q", "s"), Stop(), "saves and stops"),
    (("q", "s"), Stop(), "saves and stops"),
]


def test_keys_of_a_live_sweep(tmp_path: Path) -> None:
    async def scenario(driven: DrivenSweep) -> None:
        view = live_view(tmp_path)
        for number, (keys, command, told) in enumerate(KEYS):
            await driven.pretend(replace(view, name=f"live-{number}"))
            for key in keys:
                await driven.press(key)
            assert driven.link.sent == [command]
            assert driven.said() == told
            assert driven.toasts() == []

    drive_sweep(tmp_path, scenario)


def test_a_rate_is_cut_lane_by_lane_and_kept_once(tmp_path: Path) -> None:
    async def scenario(driven: DrivenSweep) -> None:
        await driven.pretend(live_view(tmp_path, seeds=2))
        await driven.press("v", "home", "k")
        assert "Cut the rate 1e-3?" in screen_text(driven.app)
        await driven.press("k", "K")
        assert driven.link.sent == [Kill(0), Kill(1), Keep(0)]
        await driven.press("enter", "enter")
        assert isinstance(driven.link.sent[-1], Promote)

    drive_sweep(tmp_path, scenario)


def test_commands_as_they_are_written(tmp_path: Path) -> None:
    async def scenario(driven: DrivenSweep) -> None:
        await driven.pretend(live_view(tmp_path))
        for words in ("kill 3", "prune off", "decay", "kill x"):
            driven.sweep.send_words(words)
        assert driven.link.sent == [Kill(3), Prune(0)]
        await driven.until(lambda: len(driven.toasts()) == 2)
        assert driven.toasts()[0] == "decay is no command of a sweep"

    drive_sweep(tmp_path, scenario)


def test_what_is_not_confirmed_is_not_sent(tmp_path: Path) -> None:
    async def scenario(driven: DrivenSweep) -> None:
        await driven.pretend(live_view(tmp_path))
        for keys in (("k", "c"), ("k", "escape"), ("p", "escape"), ("enter", "escape"), ("Q", "c"), ("q", "c")):
            await driven.press(*keys)
            assert driven.link.sent == []
            assert driven.app.screen is driven.sweep

    drive_sweep(tmp_path, scenario)


def test_a_paused_one_goes_on(tmp_path: Path) -> None:
    async def scenario(driven: DrivenSweep) -> None:
        await driven.pretend(replace(live_view(tmp_path), condition="paused"))
        assert "space Continue" in screen_text(driven.app)
        await driven.press("space")
        assert driven.link.sent == [Continue()]

    drive_sweep(tmp_path, scenario)


def test_lanes_that_train_no_more(tmp_path: Path) -> None:
    async def scenario(driven: DrivenSweep) -> None:
        view = live_view(tmp_path)
        await driven.pretend(with_state(view, 0, "pruned", died=100))
        await driven.press("home", "k", "K")
        assert driven.toasts() == ["lane 0 (lr 1e-3) trains no more"] * len(driven.toasts())
        assert driven.toasts()
        await driven.pretend(with_state(view, 0, "diverged", died=100))
        await driven.press("enter")
        assert driven.toasts() == ["lane 0 was lost: it has no state to go on from"]
        alone = view
        for lane in range(1, 8):
            alone = with_state(alone, lane, "killed", died=100)
        await driven.pretend(alone)
        await driven.press("k")
        assert driven.toasts() == ["nothing else trains: Q stops the sweep"]
        assert driven.link.sent == []

    drive_sweep(tmp_path, scenario)


ENDED = {
    "opening": "live has not begun yet",
    "finished": "live has finished: enter makes a run of a lane",
    "stopped": "live was stopped: R goes on with it",
    "crashed": "nobody trains live: R resumes it",
    "deleted": "live has been deleted",
}


def test_no_key_commands_what_nobody_trains(tmp_path: Path) -> None:
    async def scenario(driven: DrivenSweep) -> None:
        view = live_view(tmp_path)
        for condition, said in ENDED.items():
            for key in ("k", "K", "p", "space", "c", "Q"):
                await driven.pretend(replace(view, condition=condition))  # type: ignore[arg-type]
                await driven.press(key)
                assert driven.toasts() == [said]
        assert driven.link.sent == []

    drive_sweep(tmp_path, scenario)


def test_who_only_watches_steers_nothing(tmp_path: Path) -> None:
    async def scenario(driven: DrivenSweep) -> None:
        view = live_view(tmp_path)
        for key in ("k", "p", "enter", "Q", "R"):
            await driven.pretend(view, read_only=True)
            await driven.press(key)
            assert "only watches" in driven.toasts()[0]
        assert "read-only" in screen_text(driven.app)
        assert "k Kill" not in screen_text(driven.app)
        await driven.press("q")
        assert not driven.app.is_running or driven.app.return_code == 0

    drive_sweep(tmp_path, scenario, read_only=True)


# -- pruning ----------------------------------------------------------------------------------------------------------


def test_what_pruning_would_do(tmp_path: Path) -> None:
    view = live_view(tmp_path)
    assert pruning_now(view) == "4 250"
    assert parse_pruning("2 300,600", view) == Prune(2, [300, 600])
    assert pruning_preview("2", view) == "of 8 rates, the best 1/2 of the rates go on at step 300, 400, 600"
    assert pruning_preview("off", view) == "nothing is pruned"
    assert pruning_preview("4 100", view) == "nothing is pruned", "that step is past"
    for text in ("", "1", "many", "4 600,300", "4 1000", "off 3"):
        with pytest.raises(UsageError):
            pruning_preview(text, view)


# -- a lane as a run --------------------------------------------------------------------------------------------------


def test_a_promoted_lane_is_offered_to_be_trained(tmp_path: Path) -> None:
    run = begun_sweep(tmp_path, "live")

    async def scenario(driven: DrivenSweep) -> None:
        driven.sweep.eye.link = driven.link  # type: ignore[assignment]
        await driven.press("end", "enter", *"mine", "enter")
        assert driven.link.sent == [Promote(7, "mine")]
        tell(run, LanePromoted(50, lane=3, run="other", at=50))
        driven.sweep.look_now()
        await driven.until(driven.toasts)
        assert driven.toasts() == ["lane 3 is the run other at step 50"], "somebody else has asked for that"
        tell(run, LanePromoted(50, lane=7, run="mine", at=50))
        driven.sweep.look_now()
        await driven.until(lambda: "Lane 7 is the run mine at step 50" in screen_text(driven.app))
        told_run_of(driven)
        await driven.press("t")
        await driven.until(lambda: driven.app.started)
        assert driven.app.started == [["resume", "mine"]]

    def told_run_of(driven: DrivenSweep) -> None:
        from tests.runs.written import cosine_run

        cosine_run(tmp_path, "mine", ended=False, stopped=True)

    with RunLock(run):
        drive_sweep(tmp_path, scenario, name="live")


class FakeErrand:
    """What is asked of a process of ours."""

    made: "list[FakeErrand]" = []  # noqa: RUF012 - emptied by each test

    def __init__(self, words: list[str], told: Callable[[Event], None], ended: Callable[[str], None]) -> None:
        self.words, self.told, self.ended = words, told, ended
        self.made.append(self)

    def stop(self) -> None:
        pass


def test_a_lane_of_an_ended_sweep_is_promoted_by_a_process_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lrtui.worker.errand.Errand", FakeErrand)
    FakeErrand.made = []
    run = told_sweep(tmp_path)

    async def scenario(driven: DrivenSweep) -> None:
        await driven.press("enter", *"mine", "enter")
        errand = FakeErrand.made[-1]
        assert errand.words == ["promote", "brave-owl", "4", "--name", "mine", "--json", "--home", str(tmp_path)]
        await driven.press("enter")
        assert driven.toasts() == ["a lane is being promoted: wait until it is a run"]
        tell(run, LanePromoted(1000, lane=4, run="mine", at=1000))
        errand.ended("")
        await driven.until(lambda: "give it more steps" in screen_text(driven.app))
        await driven.press("c")
        driven.app.clear_notifications()
        await driven.press("enter", "enter")
        FakeErrand.made[-1].ended("the disk is full")
        await driven.until(driven.toasts)
        assert driven.toasts() == ["the disk is full"]

    drive_sweep(tmp_path, scenario)


def test_a_name_that_cannot_be(tmp_path: Path) -> None:
    async def scenario(driven: DrivenSweep) -> None:
        await driven.press("enter", *"brave-owl", "enter")
        assert isinstance(driven.app.screen, Prompt)
        assert "there is a run brave-owl already" in screen_text(driven.app)

    drive_sweep(tmp_path, scenario)


# -- going on and leaving ---------------------------------------------------------------------------------------------


def test_a_stopped_sweep_goes_on(tmp_path: Path) -> None:
    told_sweep(tmp_path, "stopped", ending="stopped")

    async def scenario(driven: DrivenSweep) -> None:
        await driven.press("R")
        assert driven.app.started == [["resume", "stopped"]]
        await driven.pretend(live_view(tmp_path))
        await driven.press("R")
        assert driven.toasts() == ["live is training already"]
        await driven.pretend(replace(live_view_of(driven), condition="finished"))
        await driven.press("R")
        assert driven.toasts() == ["live has finished"]
        assert len(driven.app.started) == 1

    def live_view_of(driven: DrivenSweep) -> SweepView:
        assert driven.sweep.view is not None
        return driven.sweep.view

    drive_sweep(tmp_path, scenario, name="stopped")


def test_leaving(tmp_path: Path) -> None:
    async def at_once(driven: DrivenSweep) -> None:
        await driven.press("q")
        await driven.until(lambda: driven.app.return_code == 0)

    drive_sweep(tmp_path, at_once)

    async def detached(driven: DrivenSweep) -> None:
        await driven.pretend(live_view(tmp_path))
        await driven.press("q")
        assert "live trains on without this screen" in screen_text(driven.app)
        await driven.press("q")
        await driven.until(lambda: driven.app.return_code == 0)
        assert driven.link.sent == []

    drive_sweep(tmp_path, detached)


def test_a_stop_leaves_when_it_is_saved(tmp_path: Path) -> None:
    async def scenario(driven: DrivenSweep) -> None:
        view = live_view(tmp_path)
        await driven.pretend(view)
        await driven.press("Q", "s")
        assert driven.app.return_code is None
        await driven.pretend(replace(view, condition="stopped"))
        await driven.until(lambda: driven.app.return_code == 0)

    drive_sweep(tmp_path, scenario)


def test_a_refused_stop_leaves_later_ends_alone(tmp_path: Path) -> None:
    async def scenario(driven: DrivenSweep) -> None:
        view = live_view(tmp_path)
        await driven.pretend(view)
        await driven.press("Q", "s")
        driven.sweep.post_message(Eye.Refused(driven.link, Stop(), UsageError("nobody answers")))  # type: ignore[arg-type]
        await driven.until(driven.toasts)
        await driven.pretend(replace(view, condition="stopped"))
        assert driven.app.return_code is None

    drive_sweep(tmp_path, scenario)
