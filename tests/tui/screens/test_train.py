"""The training screen: what it shows at every size, and that it follows the run on the disk."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len

from lrtui.errors import UsageError
from lrtui.lr import ledger
from lrtui.messages import CheckpointSaved, Decay, Rewound
from lrtui.printable import printable
from lrtui.runs.directory import create_run
from lrtui.runs.events import EventLog
from lrtui.runs.metrics import MetricsWriter
from lrtui.tui.link import Answered, Failed
from lrtui.tui.seeing import ENDED
from lrtui.tui.widgets.charts import Charts
from lrtui.tui.widgets.sample import SamplePane
from tests.runs.story import block, evaluated, finished, scaled, started, told_run
from tests.tui.driving import Driven, FakeLink, drive
from tests.tui.screen_text import matches_snapshot, screen_text
from tests.tui.stage import rows
from tests.tui.views import changed, folded, log, sample, view

SIZES = [(120, 40), (80, 24), (200, 50)]


@pytest.mark.parametrize("size", SIZES)
def test_a_finished_run(tmp_path: Path, size: tuple[int, int]) -> None:
    async def scenario(driven: Driven) -> None:
        await driven.machine_says("CPU 93% 4.1/16 GB")
        matches_snapshot(screen_text(driven.app), f"train-{size[0]}x{size[1]}")

    drive(tmp_path, scenario, size=size)


@pytest.mark.parametrize("size", [*SIZES, (60, 16), (100, 30), (99, 29), (61, 17)])
def test_every_row_fits(tmp_path: Path, size: tuple[int, int]) -> None:
    async def scenario(driven: Driven) -> None:
        for condition in ("opening", "training", "paused", "crashed"):
            await driven.pretend(view(condition=condition, ending=("killed by SIGKILL", "x" * 500)))
            rows = screen_text(driven.app).split("\n")
            assert len(rows) == size[1]
            assert all(cell_len(row) <= size[0] for row in rows)
            assert "quiet-otter" in rows[0]

    drive(tmp_path, scenario, size=size)


def test_the_worst_strings(tmp_path: Path) -> None:
    evil = "[/b] [red]x \x1b]0;evil\x07 \x9b31m \u202eabc \ud800 e" + "\u0301" * 500 + "日本" * 500

    async def scenario(driven: Driven) -> None:
        config = {
            "corpus": {"path": evil},
            "model": {"kind": evil},
            "optim": {"kind": evil},
            "schedule": {"kind": evil},
        }
        hostile = changed(view(), at=300)
        shown = replace(
            hostile,
            config=config,
            log=log((1, evil), (2, evil)),
            samples=(sample(1, evil, prompt=evil), sample(399, evil, prompt=evil)),
            ending=(evil,),
            badge=evil,
            condition="crashed",
        )
        await driven.pretend(shown)
        for keys in ((), ("tab",), ("tab",), ("tab",), ("tab",), ("tab",)):
            await driven.press(*keys, "z")
            seen = screen_text(driven.app)
            assert printable(seen, keep_newlines=True) == seen
            await driven.press("z")

    drive(tmp_path, scenario)


def test_a_dead_worker_says_so(tmp_path: Path) -> None:
    async def scenario(driven: Driven) -> None:
        await driven.pretend(view(condition="crashed", ending=("killed by SIGKILL", "last saved: step 300")))
        shown = screen_text(driven.app)
        assert "● crashed" in shown
        assert "R resumes the run" in shown
        assert "killed by SIGKILL" in shown
        await driven.pretend(view())
        assert "killed by SIGKILL" not in screen_text(driven.app)

    drive(tmp_path, scenario)


def test_it_follows_the_run_and_tells_the_news(tmp_path: Path) -> None:
    run = create_run(tmp_path, "quiet-otter")
    run.config_toml.write_text('[model]\nkind = "lstm"\n')
    writing, metrics = EventLog(run), MetricsWriter(run, 0)
    writing.append(started())
    metrics.write(block(0))
    writing.append(scaled(50))

    async def scenario(driven: Driven) -> None:
        assert driven.toasts() == [], "what happened before is history"
        metrics.write(block(100))
        writing.append(scaled(150))
        driven.train.look_now()
        await driven.until(lambda: driven.train.view is not None and driven.train.view.step == 200)
        await driven.until(driven.toasts)
        assert any("×0.1" in told for told in driven.toasts())

    with writing, metrics:
        drive(tmp_path, scenario)


def test_two_looks_never_overlap(tmp_path: Path) -> None:
    async def scenario(driven: Driven) -> None:
        train = driven.train
        watch = train.eye.watch
        assert watch is not None
        looks, inside = 0, 0
        honest = watch.look

        def look() -> object:
            nonlocal looks, inside
            assert inside == 0
            inside += 1
            seen = honest()
            looks, inside = looks + 1, inside - 1
            return seen

        watch.look = look  # type: ignore[method-assign, assignment]
        for _ in range(10):
            train.look_now()
        await driven.until(lambda: looks == 2 and not train.eye.is_looking)
        await driven.pilot.pause(0.05)
        assert looks == 2, "ten wishes are one look under way and one more"

    drive(tmp_path, scenario)


def test_nothing_is_drawn_anew_where_nothing_changed(tmp_path: Path) -> None:
    async def scenario(driven: Driven) -> None:
        await driven.pretend(view())
        charts = driven.train.query_one(Charts)
        drawn: list[str] = []
        honest = charts.drawing
        charts.drawing = lambda name, run: drawn.append(name) or honest(name, run)  # type: ignore[method-assign, func-returns-value]
        driven.train.show_run()
        assert drawn == []
        driven.train.view = view(step=401)
        driven.train.show_run()
        assert drawn == ["loss", "rate"]

    drive(tmp_path, scenario)


def test_the_same_run_is_not_painted_twice(tmp_path: Path) -> None:
    async def scenario(driven: Driven) -> None:
        await driven.pretend(view(samples=(sample(1, "abc"),), log=log((1, "began"))))
        driven.train.gauge.is_measuring = True
        await driven.pilot.pause()
        await driven.pretend(replace(driven.train.view))  # type: ignore[type-var]
        assert not driven.train._compositor._dirty_regions
        assert not [widget for widget in driven.train.walk_children() if widget._repaint_required]

    drive(tmp_path, scenario)


def test_without_a_run_it_says_how_to_start(tmp_path: Path) -> None:
    async def scenario(driven: Driven) -> None:
        train = driven.train
        train.eye.close()
        train.view = None
        train.show_run()
        await driven.press("d")
        assert "no run is open: 5 starts one" in screen_text(driven.app)
        assert driven.toasts() == ["no run is open: 5 starts one, 4 lists those there are"]

    drive(tmp_path, scenario)


def test_a_run_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    async def scenario(driven: Driven) -> None:
        driven.app.open_run("quiet-other")
        await driven.until(driven.toasts)
        assert "Did you mean quiet-otter?" in driven.toasts()[0]
        assert driven.train.view is not None
        assert driven.train.view.name == "quiet-otter"

    drive(tmp_path, scenario)


def test_samples_before_and_after(tmp_path: Path) -> None:
    async def scenario(driven: Driven) -> None:
        made = (sample(100, "first"), sample(200, "second"), sample(300, "third"))
        await driven.pretend(view(samples=made))
        pane = driven.train.query_one(SamplePane)
        assert "third" in screen_text(driven.app)
        await driven.press("left")
        assert "second" in screen_text(driven.app)
        await driven.pretend(view(samples=(*made, sample(400, "fourth"))))
        assert pane.shown == made[1], "what is read stays while new samples come"
        await driven.press("left", "left", "left")
        assert pane.shown == made[0]
        await driven.press("right", "right", "right", "right")
        assert "fourth" in screen_text(driven.app)
        await driven.pretend(view(samples=(*made, sample(500, "fifth"))))
        assert "fifth" in screen_text(driven.app), "the newest again follows"

    drive(tmp_path, scenario)


def test_zoom(tmp_path: Path) -> None:
    async def scenario(driven: Driven) -> None:
        told = changed(view(samples=(sample(200, "before it"), sample(400, "after it")), log=log((1, "began"))), at=300)
        await driven.pretend(told)
        for pane, words in [
            ("log", ["1 began"]),
            ("sample", ["before · step 200", "after · step 400", "before it"]),
            ("particulars", ["train.seed", "1337", "optim.kind"]),
            ("loss", ["Loss"]),
            ("rate", ["Learning rate"]),
        ]:
            driven.train.query_one(f"#{pane}").focus()
            await driven.press("z")
            await driven.pilot.pause()
            shown = screen_text(driven.app)
            assert all(word in shown for word in words), shown
            assert driven.app.screen is not driven.train
            await driven.press("escape")
            assert driven.app.screen is driven.train

    drive(tmp_path, scenario)


def test_a_long_run_and_a_short_one_of_the_same_home(tmp_path: Path) -> None:
    told_run(tmp_path, "second-run")

    async def scenario(driven: Driven) -> None:
        driven.app.open_run("second-run")
        await driven.until(lambda: driven.train.view is not None and driven.train.view.name == "second-run")
        await driven.until(lambda: driven.train.view is not None and driven.train.view.condition == "finished")
        assert "second-run" in screen_text(driven.app)

    drive(tmp_path, scenario)


def test_pinned_checkpoints_evaluations_and_the_end_are_in_the_log(tmp_path: Path) -> None:
    run = create_run(tmp_path, "quiet-otter")
    run.config_toml.write_text("")
    with EventLog(run) as writing, MetricsWriter(run, 0) as metrics:
        writing.append(started(steps=100))
        metrics.write(block(0))
        writing.append(evaluated(100))
        writing.append(CheckpointSaved(step=100, path="steps/000000100", pinned=True))
        writing.append(finished(100))

    async def scenario(driven: Driven) -> None:
        assert driven.train.view is not None
        told = " ".join(line.text for line in driven.train.view.log)
        assert "checkpoint" in told
        assert "finished" in told

    drive(tmp_path, scenario)


def test_what_the_worker_says_comes_back_from_the_links_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[tuple[Failed, Answered]] = []

    def link(run: object, *, failed: Failed, answered: Answered) -> FakeLink:
        made.append((failed, answered))
        return FakeLink()

    monkeypatch.setattr("lrtui.tui.screens.eye.Link", link)

    async def scenario(driven: Driven) -> None:
        (failed, answered), looks = made[-1], list[int]()
        monkeypatch.setattr(driven.train, "look_now", lambda: looks.append(1))
        await asyncio.to_thread(answered, Decay(), 400)
        await driven.until(lambda: looks)
        await asyncio.to_thread(failed, Decay(), UsageError("run quiet-otter ended", "R goes on."))
        await driven.until(driven.toasts)
        assert driven.toasts() == ["run quiet-otter ended. R goes on."]

    drive(tmp_path, scenario)


def test_only_a_screen_that_steers_makes_a_link(tmp_path: Path) -> None:
    async def scenario(driven: Driven) -> None:
        assert driven.train.eye.link is None
        assert not driven.train.steers

    drive(tmp_path, scenario, read_only=True)


def test_the_key_bar_names_what_works_now(tmp_path: Path) -> None:
    def bar(driven: Driven) -> str:
        return screen_text(driven.app).split("\n")[-1]

    async def scenario(driven: Driven) -> None:
        held = folded(view(), ledger.hold(view().rate, 100))  # type: ignore[arg-type]
        for run, read_only, told in (
            (view(), False, " d Decay  [ ] ×½ ×2  l Set  h Hold  u Undo  space Pause"),
            (view(condition="paused"), False, "h Hold  u Undo  space Continue"),
            (held, False, "h Release  u Undo"),
            *((view(condition=one), False, " R Resume  z Zoom  2 3 4 5 Find Sweep Runs New  ?") for one in ENDED[:3]),
            (view(condition="deleted"), False, " z Zoom  2 3 4 5 Find Sweep Runs New"),
            (view(), True, " z Zoom  2 3 4 5 Find Sweep Runs New"),
        ):
            await driven.pretend(run, read_only=read_only)
            assert told in bar(driven)
            assert ("read-only" in screen_text(driven.app).split("\n")[0]) is read_only

    drive(tmp_path, scenario)


def test_under_a_dialogue_the_screen_and_the_prompt_follow_the_rate(tmp_path: Path) -> None:
    async def scenario(driven: Driven) -> None:
        await driven.pretend(view())
        await driven.press("l", "1", "e", "minus", "3")
        assert "Set the rate (now 2e-3)" in screen_text(driven.app)
        driven.train.view = replace(changed(view(step=777), at=500), log=log((500, "somebody cut it")))
        driven.train.show_run()
        await driven.pilot.pause()
        shown = screen_text(driven.app)
        assert "Set the rate (now 2e-4)" in shown
        assert "2e-4 → 1e-3" in shown
        assert "step 777/1,000" in shown
        assert "somebody cut it" in "".join(rows(driven.train.query_one("#log")))

    drive(tmp_path, scenario)


def test_toasts_are_few_and_of_this_place(tmp_path: Path) -> None:
    async def scenario(driven: Driven) -> None:
        await driven.pretend(view(condition="opening"))
        await driven.press("d", "d", "d")
        assert len(driven.toasts()) == 1, "the same is told once"
        for number in range(5):
            driven.app.tell(f"told {number}")
        await driven.pilot.pause()
        assert driven.toasts() == ["told 3", "told 4"]
        await driven.press("4")
        assert driven.toasts() == []

    drive(tmp_path, scenario)


def test_a_sample_of_a_branch_left_behind_is_not_the_runs_text(tmp_path: Path) -> None:
    async def scenario(driven: Driven) -> None:
        back = replace(view().history, rewinds=(Rewound(step=500, to=350, entries=0, cause="undo"),))
        made = (sample(300, "kept text"), sample(400, "lost text"))
        await driven.pretend(view(step=360, history=back, samples=made, eras=(0, 0)))
        assert "kept text" in screen_text(driven.app)
        assert "lost text" not in screen_text(driven.app)
        await driven.press("right")
        assert "step 400 · T 0.8 · left behind" in screen_text(driven.app)
        await driven.pretend(view(step=410, history=back, samples=(*made, sample(400, "new")), eras=(0, 0, 1)))
        await driven.press("right")
        assert driven.train.query_one(SamplePane).border_title == "Sample · step 400 · T 0.8"

    drive(tmp_path, scenario)


def test_a_deleted_run_is_not_called_dead(tmp_path: Path) -> None:
    async def scenario(driven: Driven) -> None:
        await driven.pretend(view(condition="deleted", ending=("the run has been deleted",)))
        shown = screen_text(driven.app)
        assert "● deleted" in shown
        assert "Deleted · 4 lists the runs there are" in shown
        assert "resumes" not in shown
        await driven.press("R")
        assert "has been deleted" in driven.toasts()[-1]

    drive(tmp_path, scenario)


def test_sentences_name_the_keys_as_they_are_mapped(tmp_path: Path) -> None:
    async def scenario(driven: Driven) -> None:
        await driven.pretend(view(condition="paused"))
        assert "paused: p goes on" in screen_text(driven.app)
        assert "no sample yet: g generates one" in screen_text(driven.app)
        await driven.press("z")
        assert " esc Back  X y Log axes" in screen_text(driven.app)
        await driven.press("escape")
        await driven.pretend(view(condition="crashed"))
        await driven.press("d")
        assert "f5 goes on with it" in driven.toasts()[-1]

    keys = {"pause": "p", "sample": "g", "log_x": "X", "resume": "f5"}
    drive(tmp_path, scenario, keys=keys)
