"""A new run: what the keys do to its form, and its beginning."""

from __future__ import annotations

from functools import partial
from types import ModuleType
from typing import ClassVar

from textual import on
from textual.binding import BindingType

from lrtui.errors import LrtuiError
from lrtui.tui.form_words import problem_line
from lrtui.tui.keys import bindings
from lrtui.tui.screens.form_place import FormPlace
from lrtui.tui.starting import NotBegun
from lrtui.tui.widgets.form_table import FormTable
from lrtui.words import rate_text


class NewRunScreen(FormPlace):
    """Edits the form with keys and dialogues, and begins the run."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("new")

    @on(FormTable.Chosen)
    def action_edit(self) -> None:
        key = self._table.cursor
        if self.form is None or not key:
            return
        if key == "preset":
            self.action_presets()
        elif self.form.doc(key).type == "true or false":
            self.action_cycle(1)
        else:
            _dialogues().ask_field(self.app, self.form, key, self._show, self._show)

    def action_cycle(self, by: int) -> None:
        key = self._table.cursor
        choices = self.form.choices(key) if self.form and key else []
        if self.form and choices:
            at = choices.index(self.form.text(key)) if self.form.text(key) in choices else 0
            self.form.set(key, choices[(at + by) % len(choices)])
            self._show()

    def action_reset(self) -> None:
        if self.form and (key := self._table.cursor):
            self.form.reset(key)
            self._show()

    def action_all_keys(self) -> None:
        self._everything = not self._everything
        self._show()

    def action_presets(self) -> None:
        if self.form:
            _dialogues().ask_preset(self.app, self.form, self._show)

    def action_open(self) -> None:
        if self.form:
            _dialogues().ask_file_to_open(self.app, self.form, self._show)

    def action_write(self) -> None:
        if self.form:
            _dialogues().ask_file_to_save(self.app, self.form, f"{self.run_name or 'run'}.toml", self._show)

    def action_name(self) -> None:
        _dialogues().ask_run_name(self.app, self.run_name, partial(setattr, self, "run_name"), self._show)

    def action_weights(self) -> None:
        if self.form:
            take = partial(setattr, self, "init_from")
            _dialogues().ask_weights(self.app, self.form, self.init_from, take, self._show)

    def action_find(self) -> None:
        if self.form:
            self.app.find()

    def take_rate(self, lr: float) -> None:
        """Write this rate into the form, under its cursor."""
        if self.form:
            self.form.set("optim.lr", rate_text(lr))
            self._show()
            self._table.move_to("optim.lr")

    def action_start(self) -> None:
        arguments = self._arguments()
        if arguments:
            arguments += ["--init-from", self.init_from] if self.init_from else []
            self._begin(arguments)

    def action_sweep(self) -> None:
        """Ask for the rates, and train them all side by side."""
        arguments = self._arguments()
        if not arguments or self.form is None or self.form.config is None:
            return
        if self.init_from:
            self.app.tell("a sweep begins with weights of its own: take the other run's away (i) first", "warning")
            return

        def take(flags: list[str]) -> None:
            self._begin(["sweep", *arguments[1:], *flags])

        _dialogues().ask_sweep(self.app, self.form.config, take, self._show)

    def _arguments(self) -> list[str]:
        """What `lrtui run` takes for this form; nothing, and it is said why, where it cannot begin."""
        if self.form is None:
            return []
        self._obstacles.look_again(self.form)
        problems = self._problems(self.form)
        try:
            arguments = [] if problems else self.form.arguments()
        except LrtuiError as error:
            arguments, problems = [], {"": error.sentence}
        if problems:
            self._table.move_to(next(iter(problems)))
            self.app.tell(problem_line(problems), "error")
            return []
        return [*arguments, *(["--name", self.run_name] if self.run_name else [])]

    def _begin(self, arguments: list[str]) -> None:
        if self.form is not None:
            self._obstacles.begun(self._plan(self.form))
            self._show()
            self.app.start_worker(arguments)

    @on(NotBegun)
    def _say_why_not(self, message: NotBegun) -> None:
        """The worker started from here could not begin: why stays in sight until something is edited."""
        self._obstacles.refused(message.said)
        # where it begins with a key: `corpus.path: …`, `train.device = "cuda:7": …`
        self._table.move_to(message.said.partition(" ")[0].rstrip(":"))
        self._show()


def _dialogues() -> ModuleType:
    """Imported when the first question is asked: what they check with takes longer than the first paint may."""
    from lrtui.tui import form_dialogues

    return form_dialogues
