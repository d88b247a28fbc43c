"""The form of a run's configuration on a screen, and what the run would be, redrawn while one types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Container
from textual.message import Message

from lrtui.tui.form_obstacles import Obstacles, Plan
from lrtui.tui.form_words import form_rows, heading, model_line, problem_line
from lrtui.tui.screens.place import Place
from lrtui.tui.texts import TextTold, text_told
from lrtui.tui.widgets.form_side import FormSide
from lrtui.tui.widgets.form_table import FormTable
from lrtui.tui.widgets.form_title import FormTitle
from lrtui.tui.widgets.key_bar import KeyBar

if TYPE_CHECKING:
    from lrtui.config.schema import Config, CorpusConfig
    from lrtui.tui.app import LrtuiApp
    from lrtui.tui.form import Form


class FormPlace(Place):
    """The form on the left; the schedule's curve, the field under the cursor and the run on the right or below.

    Nothing is shown and no key does anything until `form` is there, a moment after the first paint.
    """

    CSS_PATH = "new_run.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012 - Textual declares it as an instance variable
    VERTICAL_BREAKPOINTS = [(0, "-tiny"), (18, "-low"), (22, "-middle"), (30, "-tall")]  # noqa: RUF012

    app: LrtuiApp

    @dataclass
    class Loaded(Message):
        """The first form has been made."""

        form: Form

    @dataclass
    class TextRead(Message):
        """A thread has read a text."""

        corpus: CorpusConfig
        told: TextTold

    def __init__(self) -> None:
        super().__init__()
        self.form: Form | None = None
        self.run_name = ""
        self.init_from = ""
        self._given: Config | None = None
        self._everything = False
        self._obstacles = Obstacles(self._begin_to_read)

    def compose(self) -> ComposeResult:
        yield FormTitle(id="form-title")
        with Container(id="form-body"):
            yield FormTable(id="form-table")
            yield FormSide(id="form-side")
        yield KeyBar("new")

    def on_mount(self) -> None:
        self._table.focus()
        # What the form is made of takes longer to import than the frame to paint, and plotext comes after that.
        self.call_after_refresh(self.run_worker, self._load, thread=True, group="load")

    def on_screen_resume(self) -> None:
        self._obstacles.texts.forget_problems()
        if self.run_name and (self.app.home / "checkpoints" / self.run_name).exists():
            self.run_name = ""  # the run that had it has begun
        self._show()

    def on_resize(self) -> None:
        self.call_after_refresh(self._show)

    def fill(self, config: Config | None, init_from: str) -> None:
        """Start again from `config` (None: the form stays), with the weights of `init_from`."""
        self.init_from = init_from
        if self.form is None:
            self._given = config
        elif config is not None:
            from lrtui.tui.form import Form

            self.form = Form(config, "another run")
        self._show()

    def _load(self) -> None:
        from lrtui.tui.form import Form

        self.post_message(self.Loaded(Form()))

    @on(Loaded)
    def _form_is_there(self, message: Loaded) -> None:
        from lrtui.tui.form import Form

        self.form = message.form if self._given is None else Form(self._given, "another run")
        self._show()
        self._table.move_to("corpus.name")
        self.call_after_refresh(self._begin_to_draw)

    def _begin_to_draw(self) -> None:
        self.query_one(FormSide).draws_curves = True
        self._show()

    @property
    def _table(self) -> FormTable:
        return self.query_one(FormTable)

    # What is seen

    def _show(self, trial: Form | None = None) -> None:
        """Everything, as it is with the form or with one that is being typed."""
        form = trial or self.form
        if form is None:
            return
        texts = self._obstacles.texts
        told = texts.told(form.config.corpus, ask=trial is None) if form.config else TextTold()
        problems = self._problems(form)
        self._table.show(form_rows(form, problems, everything=self._everything))
        self._show_field(form)
        if form.config is not None:
            self.query_one(FormSide).show_run(form.config, told)
        wrong = problem_line(problems) or self._obstacles.refusal(self._plan(form))
        run = model_line(form.config, told) if form.config else ""
        self.query_one(FormTitle).tell(heading(form, self.run_name, self.init_from), wrong, run)

    def _show_field(self, form: Form) -> None:
        if key := self._table.cursor:
            self.query_one(FormSide).show_field(form, key, self._problems(form).get(key, ""))

    def _problems(self, form: Form) -> dict[str, str]:
        return self._obstacles.problems(self._plan(form), self.app.home)

    def _plan(self, form: Form) -> Plan:
        return Plan(form, self.run_name, self.init_from)

    def _begin_to_read(self, corpus: CorpusConfig) -> None:
        def read() -> None:
            self.post_message(self.TextRead(corpus, text_told(corpus, self.app.home)))

        self.run_worker(read, thread=True, group="texts", exit_on_error=False)

    @on(TextRead)
    def _text_was_read(self, message: TextRead) -> None:
        self._obstacles.texts.heard(message.corpus, message.told)
        self._show()

    @on(FormTable.Moved)
    def _cursor_moved(self) -> None:
        if self.form is not None:
            self._show_field(self.form)
