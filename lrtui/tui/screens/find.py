"""Which rate is right: a range test of the run on the screen, or of a form, and what its keys do with the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.screen import Screen

from lrtui.errors import LrtuiError
from lrtui.messages import Confirm, Find, SetRate
from lrtui.tui.find_options import FindOptions, check_experiment
from lrtui.tui.find_subjects import ended_sought, form_sought, is_over, live_sought
from lrtui.tui.find_words import Sought
from lrtui.tui.keys import bindings
from lrtui.tui.own_test import OwnTest, without_rate
from lrtui.tui.screens.asking import no_run_text
from lrtui.tui.screens.new_run import NewRunScreen
from lrtui.tui.screens.own_testing import OwnTestingPlace
from lrtui.tui.screens.prompt import Prompt
from lrtui.words import rate_text

if TYPE_CHECKING:
    from lrtui.tui.form import Form


class FindScreen(OwnTestingPlace):
    """`look_at` chooses whose rate is sought. A live run is tested by its worker, all else by a process of ours."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("find")

    def __init__(self) -> None:
        super().__init__()
        self.options = FindOptions()
        self._form_place: NewRunScreen | None = None  # whose form is tested; None: the run that is open

    def look_at(self, place: Screen[None]) -> None:
        """Show what is known of the form, where `place` is one, or else of the run that is open."""
        self._form_place = place if isinstance(place, NewRunScreen) else None
        self.follow()

    # -- whose rate is sought ---------------------------------------------------------------------------------------

    def sought(self) -> Sought:
        train, keymap = self.app.training, self.app.settings.keys
        if self._form_place is not None:
            return self._of_form(self._form_place)
        if train is None or train.view is None:
            return Sought(options=self.options, closed=no_run_text(keymap))
        view = train.view
        if is_over(view):
            own = self.known(OwnTest("checkpoint", (view.name,)))
            return ended_sought(view, own, self.options, read_only=train.read_only, keymap=keymap)
        asked = train.asked_for
        return live_sought(view, train.ahead, asked, self.options, read_only=train.read_only, keymap=keymap)

    def _of_form(self, place: NewRunScreen) -> Sought:
        form = place.form
        if form is None:
            return Sought(subject="form", options=self.options, closed="the form is not there yet")
        try:
            own = self.known(OwnTest("form", _arguments(form)))
        except LrtuiError as error:
            return form_sought(None, _about(form), error.sentence, None, self.options)
        if place.init_from:
            problem = f"It begins with the weights of {place.init_from}: start it, and test it from there"
            return form_sought(None, _about(form), problem, None, self.options)
        return form_sought(form.config, _about(form), "", own, self.options)

    # -- what keys do -----------------------------------------------------------------------------------------------

    def action_test(self) -> None:
        self._begin(self.options.find)

    def action_apply(self) -> None:
        """Apply the rate on offer, or test again where a refusal advises it."""
        sought = self.sought()
        lr, advice = sought.findings.offer, sought.findings.advice
        if sought.busy or sought.closed or lr is None:
            if advice is not None:
                self._begin(advice)
            else:
                self._say_why_not(sought)
        elif sought.applied:
            self.app.tell(sought.applied)
        else:
            self._apply(sought, lr)

    def _apply(self, sought: Sought, lr: float) -> None:
        train = self.app.training
        if self._form_place is not None:
            self.app.go("new")
            self._form_place.call_later(self._form_place.take_rate, lr)
        elif train is None or train.view is None:
            self._say_why_not(sought)
        elif sought.subject == "live" or train.read_only:
            train.ask(SetRate(lr))
            self.follow()
        else:
            from lrtui.tui.screens.resume import go_on

            self.run_worker(go_on(self.app, train.view.name, ask=True, lr=rate_text(lr)), group="resume")

    def action_confirm(self) -> None:
        sought = self.sought()
        tested = sought.findings.tested
        if sought.busy or sought.closed or tested is None:
            self._say_why_not(sought)
            return
        try:
            self._begin(self.options.confirm(tested))
        except LrtuiError as error:
            self.app.tell(error.sentence, "warning")

    def action_options(self) -> None:
        default = self.sought().default

        def check(text: str) -> str:
            return FindOptions.parse(text, default).told(default)

        def answered(text: str | None) -> None:
            if text is not None:
                self.options = FindOptions.parse(text, default)
                self.follow()

        hint = "LOW:HIGH, points, linear; confirm, rates, steps ·"
        self.app.push_screen(Prompt("How to test", self.options.text(default), check=check, hint=hint), answered)

    def action_close(self) -> None:
        if self._form_place is not None:
            if self.sought().busy:
                self.drop()
            self.app.go("new")
            return
        self.app.go("train")

    # -- carrying it out --------------------------------------------------------------------------------------------

    def _begin(self, command: Find | Confirm) -> None:
        sought, train = self.sought(), self.app.training
        if sought.busy or sought.closed:
            self._say_why_not(sought)
        elif sought.subject == "live" and train is not None:
            train.ask(command)
            self.follow()
        else:
            try:
                check_experiment(command, sought.default)
            except LrtuiError as error:
                self.app.tell(error.sentence, "warning")
                return
            self._send_errand(command, sought)

    def _send_errand(self, command: Find | Confirm, sought: Sought) -> None:
        train = self.app.training
        form = self._form_place.form if self._form_place is not None else None
        if sought.subject == "form" and form is not None:
            fresh = OwnTest("form", _arguments(form))
        else:
            assert train is not None
            assert train.view is not None
            fresh = OwnTest("checkpoint", (train.view.name,))
        own = self.known(fresh) or fresh
        if isinstance(command, Confirm):
            words = own.command(sought.findings.find(self.options.find), command, len(command.rates))
            self.carry_out(own.begun("confirm"), words)
        else:
            self.carry_out(own.begun("find"), own.command(command))

    def _say_why_not(self, sought: Sought) -> None:
        if sought.closed:
            self.app.tell(sought.closed, "warning")
        elif sought.busy:
            self.app.tell("an experiment is under way: wait for its end", "warning")
        elif sought.findings.tested is not None:
            self.app.tell("there is no rate to apply: the range test suggests none", "warning")
        else:
            self.app.tell("there is no rate yet: test first", "warning")


def _arguments(form: Form) -> tuple[str, ...]:
    """What says to `lrtui find` which fresh model it is. Raises ConfigError, UsageError."""
    return without_rate(form.arguments()[1:])


def _about(form: Form) -> str:
    from lrtui.runs.catalog import model_label

    config = form.config
    if config is None:
        return f"New run · from {form.origin}"
    text = config.corpus.name or config.corpus.path or ""
    return f"New run, fresh · {model_label(config.model.model_dump())} · {config.optim.kind} · {text}"
