"""The questions a form asks; each says what accepting would do, and calls `done` when the form has changed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from lrtui.config.presets import preset_names, read_preset
from lrtui.errors import LrtuiError
from lrtui.tui.form import Form
from lrtui.tui.form_checks import (
    as_path,
    check_field,
    check_file_to_open,
    check_file_to_save,
    check_run_name,
    check_weights,
)
from lrtui.tui.screens.choice import Answer, Choice
from lrtui.tui.screens.prompt import Prompt
from lrtui.tui.sweep_wish import EXAMPLE, SweepWish, wish_around

if TYPE_CHECKING:
    from lrtui.config.schema import Config
    from lrtui.tui.app import LrtuiApp

Asked = TypeVar("Asked", Prompt, Choice)
Done = Callable[[], None]
_KEYS = "123456789abcdefghijklmnopqrstuvwxyz"


class PresetChoice(Choice):
    """A description is worth all the width there is."""

    DEFAULT_CSS = "PresetChoice > Vertical { width: 150; }"


def ask_line(
    app: LrtuiApp,
    title: str,
    value: str,
    check: Callable[[str], str],
    accept: Callable[[str], None],
    done: Done,
    hint: str = "",
) -> None:
    """One line; what accepting it cannot do is told as a toast. `done` is called after a cancel, too."""

    def answered(text: str | None) -> None:
        if text is not None:
            try:
                accept(text)
            except LrtuiError as error:
                app.tell(error.sentence, "error")
        done()

    app.push_screen(_see_through(Prompt(title, value, check=check, hint=hint)), answered)


def _see_through(question: Asked) -> Asked:
    """The form behind stays in sight: it follows what is typed."""
    question.styles.background = "transparent"
    return question


def ask_field(app: LrtuiApp, form: Form, key: str, tried: Callable[[Form], None], done: Done) -> None:
    """The value of a field; `tried` sees the form as it would be while it is typed."""
    choices = form.choices(key)
    if choices:
        now = form.text(key)
        labels = [f"{choice} (now)" if choice == now else choice for choice in choices]
        answers = [Answer(choice, _KEYS[i], labels[i]) for i, choice in enumerate(choices)]

        def chosen(choice: str | None) -> None:
            if choice is not None:
                form.set(key, choice)
                done()

        app.push_screen(_see_through(Choice(key, answers, detail=form.doc(key).description)), chosen)
        return

    def check(text: str) -> str:
        tried(form.trial(key, text))
        return check_field(form, key, text)

    ask_line(app, key, form.text(key), check, partial(form.set, key), done, form.doc(key).allowed)


def ask_preset(app: LrtuiApp, form: Form, done: Done) -> None:
    """A preset to start again from, and what becomes of what was typed."""
    answers = [
        Answer(name, _KEYS[i], f"{name:<18}{read_preset(name).description}") for i, name in enumerate(preset_names())
    ]

    def take(name: str, answer: str | None) -> None:
        if answer:
            form.choose_preset(name, keep_edits=answer == "keep")
            done()

    def chosen(name: str | None) -> None:
        if name and form.edits:
            keep, drop = f"keep what was typed, over {name}", f"take {name} as it is"
            question = Choice("Some fields were typed", [Answer("keep", "k", keep), Answer("drop", "d", drop)])
            app.push_screen(question, partial(take, name))
        elif name:
            take(name, "drop")

    app.push_screen(PresetChoice("Start from a preset", answers), chosen)


def ask_file_to_open(app: LrtuiApp, form: Form, done: Done) -> None:
    """A TOML file to start the form from."""
    ask_line(app, "Open a TOML file", "", check_file_to_open, lambda text: form.open(as_path(text)), done)


def ask_file_to_save(app: LrtuiApp, form: Form, name: str, done: Done) -> None:
    """A TOML file to write the form to; `name` is offered."""

    def save(text: str) -> None:
        form.save(as_path(text), replace=True)
        app.tell(f"wrote {text.strip()}", "good")

    ask_line(app, "Write a TOML file", name, partial(check_file_to_save, form), save, done)


def ask_run_name(app: LrtuiApp, name: str, take: Callable[[str], None], done: Done) -> None:
    """What the run will be called."""
    ask_line(app, "Name of the run", name, partial(check_run_name, app.home), lambda text: take(text.strip()), done)


def ask_weights(app: LrtuiApp, form: Form, source: str, take: Callable[[str], None], done: Done) -> None:
    """RUN or RUN@STEP whose weights the run begins with."""
    check = partial(check_weights, app.home, form)
    ask_line(app, "Weights of RUN or RUN@STEP", source, check, lambda text: take(text.strip()), done)


def ask_sweep(app: LrtuiApp, config: Config, take: Callable[[list[str]], None], done: Done) -> None:
    """Which rates to train this run at; `take` gets the flags of `lrtui sweep`."""
    steps = config.train.steps
    ask_line(
        app,
        "Train it at which rates, side by side?",
        wish_around(config.optim.lr),
        lambda text: SweepWish.parse(text).told(steps),
        lambda text: take(SweepWish.parse(text).arguments()),
        done,
        EXAMPLE,
    )
