"""Every text that comes from elsewhere may hold anything: the three places paint it, and nothing of it is obeyed."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lrtui.lr.schedule import Schedule
from lrtui.messages import CommandRejected, Diverged, Evaluated, Event, Rewound, RunResumed, RunStarted, Stopped, Warned
from lrtui.runs.catalog import RunSummary
from lrtui.runs.events import SampleLine
from lrtui.runs.history import fold_history
from lrtui.tui.app import LrtuiApp
from lrtui.tui.buckets import Numbers
from lrtui.tui.filters import SafeText
from lrtui.tui.run_details import Details
from lrtui.tui.screens.new_run import NewRunScreen
from lrtui.tui.screens.runs import RunsScreen
from lrtui.tui.settings import Settings
from lrtui.tui.state import RunView, Seen, opening, reduce
from tests.tui.driving import Driven, drive
from tests.tui.worst import WORST, obeyed

anything = st.text(
    st.characters() | st.sampled_from("\x1b]0;\x07\x9b[/@=m\x00\r\n\t\u202e\u2066\ud800\u0301\u200d日👩"), max_size=80
)


@pytest.fixture(autouse=True)
def the_last_gate_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the application's filter would catch: each widget makes its own text safe."""
    monkeypatch.setattr(SafeText, "apply", lambda self, segments, background: segments)


def examples(check: Callable[[str], None]) -> Callable[[], None]:
    """`check` given the worst texts, and whatever else can be thought of."""
    for text in WORST:
        check = example(text)(check)
    return settings(max_examples=30)(given(anything)(check))


def assert_safe(app: LrtuiApp) -> None:
    strips = app.screen._compositor.render_strips()
    bad = [c for strip in strips for segment in strip for c in obeyed(segment.text)]
    assert bad == [], strips


def view_of(text: str) -> RunView:
    """A run of which everything that may be anyone's words is `text`."""
    told: list[Event] = [
        RunStarted(
            step=0,
            run=text,
            parameters=10,
            steps=100,
            vocabulary=5,
            corpus=text,
            corpus_sha256=text,
            baselines={text: 1.0},
            fingerprint={"device": text, text: text},
            schedule=Schedule(kind="constant", base=0.1, steps=100),
        ),
        RunResumed(step=5, run=text, badge=text, steps=100, entries=0, fingerprint={}, skipped=[text]),
        Evaluated(step=10, train_loss=1.0, val_loss=1.0),
        Rewound(step=20, to=10, entries=0, cause=text),
        Diverged(step=30, loss=None, reason=text, action=text),
        CommandRejected(step=30, command=text, reason=text),
        Warned(step=40, message=text),
        Stopped(step=50, cause=text, state_sha256=text, resume=text),
    ]
    config: dict[str, Any] = {
        "corpus": {"name": text, "path": text, "vocab": text},
        "model": {"kind": text, "layers": text, "hidden": text},
        "optim": {"kind": text, "lr": text},
        "schedule": {"kind": text},
        "train": {"seed": text, "device": text, "precision": text, "decay_factor": text, "steps": text},
        "sample": {"prompt": text, "temperature": text},
    }
    seen = Seen(
        now=0.0,
        live=False,
        config=config,
        numbers=Numbers(),
        history=fold_history(told),
        step=50,
        events=tuple(told),
        samples=(SampleLine(10, 0, text, 1.0, text),),
        problems=(text,),
        ending=(text,),
    )
    return reduce(opening(text), seen)


def test_the_training_paints_any_text_safely(tmp_path: Path) -> None:
    async def scenario(driven: Driven) -> None:
        await driven.pretend(replace(view_of("x"), condition="crashed", ending=("x",)))

        def check(text: str) -> None:
            view = view_of(text)
            for condition in ("stopped", "crashed"):
                driven.train.view = replace(view, condition=condition, ending=(text,))
                driven.train.show_run()
                driven.train.say(text)
                assert_safe(driven.app)

        examples(check)()

    drive(tmp_path, scenario)


def in_app(home: Path, place: str, scenario: Callable[[LrtuiApp], None]) -> None:
    async def main() -> None:
        app = LrtuiApp(home, Settings(hz=0.2))
        async with app.run_test(size=(120, 40)) as pilot:
            app.go(place)
            await app.workers.wait_for_complete()
            await pilot.pause()
            scenario(app)

    asyncio.run(main())


def test_the_list_of_runs_paints_any_text_safely(tmp_path: Path) -> None:
    def scenario(app: LrtuiApp) -> None:
        screen = app.screen
        assert isinstance(screen, RunsScreen)

        def check(text: str) -> None:
            view = view_of(text)
            run = RunSummary(name=text, state="crashed", age=1.0, bytes=9, model=text, corpus=text)
            screen.table.show_runs([run], [text], text)
            screen._details = Details(run, view, (10,), view.samples[0], text)
            screen._show_details()
            screen._problem = text
            screen._show_title()
            assert_safe(app)

        examples(check)()

    in_app(tmp_path, "runs", scenario)


def test_the_form_paints_any_text_safely(tmp_path: Path) -> None:
    def scenario(app: LrtuiApp) -> None:
        screen = app.screen
        assert isinstance(screen, NewRunScreen)
        form = screen.form
        assert form is not None

        def check(text: str) -> None:
            screen.run_name = screen.init_from = text
            for key in ("sample.prompt", "corpus.path", "optim.lr"):
                form.set(key, text)
            screen._table.move_to("corpus.path")
            screen._show()
            assert_safe(app)

        examples(check)()

    in_app(tmp_path, "new", scenario)
