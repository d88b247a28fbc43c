"""The resume dialogue: new total, shape, rate and checkpoint, with the rate as it was and as it will be drawn."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from rich.text import Text
from textual import work
from textual.app import ComposeResult

from lrtui.errors import LrtuiError, UsageError
from lrtui.lr.ledger import EXTEND_MODES
from lrtui.runs.directory import open_run
from lrtui.runs.lock import is_live
from lrtui.tui.keys import bindings
from lrtui.tui.resume_form import ResumeForm, read_form
from lrtui.tui.screens.place import Place
from lrtui.tui.screens.prompt import Prompt
from lrtui.tui.widgets.chart import Chart
from lrtui.tui.widgets.key_bar import KeyBar
from lrtui.tui.widgets.pane import Pane
from lrtui.tui.widgets.tints import tint
from lrtui.tui.wrapping import cut, wrapped

if TYPE_CHECKING:
    from lrtui.figure import Look
    from lrtui.tui.app import LrtuiApp

_LABEL = 10
_NO_MORE = "It cools down to its end and takes no more steps: f goes back before the cool-down."


async def go_on(app: LrtuiApp, name: str, *, ask: bool = False) -> None:
    """Resume a run: at once where it only goes on; asked, where it has finished or its config was changed, or `ask`."""
    try:
        form = await asyncio.to_thread(_form_of, app, name)
    except LrtuiError as error:
        app.tell(error.sentence, "error")
        return
    if ask or form.why:
        app.push_screen(ResumeScreen(name, form))
    else:
        app.start_worker(["resume", name])


def _form_of(app: LrtuiApp, name: str) -> ResumeForm:
    run = open_run(app.home, name)
    if is_live(run):
        raise UsageError(f"{run.name} is training already", "Open it with enter.")
    return read_form(run)


class ResumeScreen(Place):
    """Asks how the run of this name goes on; enter starts the worker, escape leaves all as it is."""

    CSS = """
    ResumeScreen { layout: vertical; }
    ResumeScreen #answers { height: auto; max-height: 14; }
    ResumeScreen #planned { height: 1fr; min-height: 6; }
    """
    AUTO_FOCUS = "#answers"
    BINDINGS = bindings("resume")

    app: LrtuiApp

    def __init__(self, run_name: str, form: ResumeForm | None = None) -> None:
        super().__init__()
        self.run_name, self.form = run_name, form
        self._drawn: object = None

    def compose(self) -> ComposeResult:
        yield Pane(id="answers")
        yield Chart(id="planned")
        yield KeyBar("resume")

    def on_mount(self) -> None:
        if self.form is not None:
            self.show_form(self.form)
        else:
            self._read()

    @work
    async def _read(self) -> None:
        try:
            self.show_form(await asyncio.to_thread(_form_of, self.app, self.run_name))
        except LrtuiError as error:
            self.app.tell(error.sentence, "error")
            self.dismiss(None)

    def on_resize(self) -> None:
        if self.form is not None:
            self.call_after_refresh(self._show_answers, self.form)

    # -- showing ----------------------------------------------------------------------------------------------------

    def show_form(self, form: ResumeForm) -> None:
        """Show these answers, and the rates they make."""
        self.form = form
        self._show_answers(form)
        shown = (form.options, form.standing)
        if shown != self._drawn:
            self._drawn = shown
            self.query_one("#planned", Chart).show(lambda look: _planned(form, look))

    def _show_answers(self, form: ResumeForm) -> None:
        pane = self.query_one("#answers", Pane)
        width = max(20, self.size.width - 4)
        why = form.dead_end or form.why
        lines = [Text(line, tint(self, "change")) for line in wrapped(why, width)] if why else []
        place = form.standing
        state = ", finished" if place.finished else ""
        if place.known:
            state += f"; then {len(place.known)} later change{'s' * (len(place.known) != 1)} again"
        whence = "the newest checkpoint" if form.options.step is None else "chosen, what came after is left behind"
        told = [
            ("", "stands", f"step {place.step:,} of {form.before.total:,}{state}"),
            ("f", "from", f"step {place.step:,}, {whence}" if place.step else "the very beginning"),
            ("t", "total", form.total_words()),
            ("s", "shape", form.shape_words()),
            ("l", "rate", form.lr_words()),
        ]
        for key, label, text in told:
            lines.append(Text.assemble((f"{key:<3}", "bold"), (f"{label:<{_LABEL}}", "dim"), cut(text, width - 13)))
        lines += self._verdict(form, width)
        pane.styles.height = len(lines) + 2
        pane.show(lines, f"Resume {form.run.name}")

    def _verdict(self, form: ResumeForm, width: int) -> list[Text]:
        if form.dead_end:
            return []  # it stands above
        try:
            command = " ".join(["lrtui", *form.arguments()])
        except LrtuiError as error:
            more = "t gives it more steps, " if form.takes_more else ""
            told = f"{error.message}: {more}f goes back to an earlier checkpoint"
            return [Text(line, tint(self, "error")) for line in wrapped(told, width)]
        lines = [Text(line, tint(self, "good")) for line in wrapped(f"enter: {command}", width)]
        if form.learns_nothing:
            told = "The rate is 0 from here on: nothing would be learned. s changes the shape, l the rate."
            lines += [Text(line, tint(self, "warning")) for line in wrapped(told, width)]
        return lines

    # -- what keys do -----------------------------------------------------------------------------------------------

    def action_go_on(self) -> None:
        if self.form is None:
            return
        try:
            arguments = self.form.arguments()
        except LrtuiError as error:
            self.app.tell(self.form.dead_end or error.message, "warning")
            return
        self.dismiss(None)
        self.app.start_worker(arguments)

    def action_total(self) -> None:
        form = self.form
        if form is None:
            return
        if not form.takes_more:
            self.app.tell(form.dead_end or _NO_MORE, "warning")
            return

        def answered(text: str | None) -> None:
            if text is not None:
                self.show_form(form.with_total(text))

        hint = f"now {form.before.total:,}; +1000 means more ·"
        self.app.push_screen(
            Prompt("How many steps in all?", str(form.total), check=form.check_total, hint=hint), answered
        )

    def action_shape(self) -> None:
        form = self.form
        if form is None:
            return
        if not form.shape_matters:
            why = (
                "first give it more steps with t" if form.total == form.before.total else "more steps do not change it"
            )
            why = why if form.takes_more else "it cools down to its end"
            self.app.tell(f"The {form.before.schedule.kind} schedule stays as it is: {why}.")
            return
        following = EXTEND_MODES.index(form.options.schedule) + 1
        self.show_form(form.with_shape(EXTEND_MODES[following % len(EXTEND_MODES)]))

    def action_rate(self) -> None:
        form = self.form
        if form is None:
            return

        def answered(text: str | None) -> None:
            if text is not None:
                self.show_form(form.with_lr(text))

        hint = "keep, config or a rate ·"
        self.app.push_screen(
            Prompt("Which rate does it go on with?", form.options.lr, check=form.check_lr, hint=hint), answered
        )

    def action_checkpoint(self) -> None:
        if self.form is not None:
            self._choose_checkpoint(self.form)

    @work(exclusive=True)
    async def _choose_checkpoint(self, form: ResumeForm) -> None:
        from lrtui.tui.screens.checkpoints import Checkpoints, read_checkpoints

        try:
            there = await asyncio.to_thread(read_checkpoints, form.run)
            if not there:
                raise UsageError(f"{form.run.name} has no checkpoint", "It goes on from its beginning.")
        except LrtuiError as error:
            self.app.tell(error.sentence, "warning")
            return

        def chosen(step: int | None) -> None:
            if step is None:
                return
            try:
                self.show_form(form.with_step(None if step == Checkpoints.NEWEST else step))
            except LrtuiError as error:
                self.app.tell(error.sentence, "error")

        newest = "the newest, with every later change applied again"
        self.app.push_screen(Checkpoints(f"Which checkpoint of {form.run.name}?", there, newest=newest), chosen)

    def action_close(self) -> None:
        self.dismiss(None)


def _planned(form: ResumeForm, look: Look) -> str:
    from lrtui.tui.charts import schedule_lines

    before, after = form.before, form.before if form.problem() else form.after()
    if before == after:
        return schedule_lines([("as it was", before, before.total)], look)
    return schedule_lines([("as it was", before, before.total), ("as it will be", after, after.total)], look)
