"""What a form means: the schedule's curve, the field under the cursor, and the run in a few lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Container

from lrtui.tui.form_words import field_help, run_lines
from lrtui.tui.texts import TextTold
from lrtui.tui.widgets.chart import Chart
from lrtui.tui.widgets.pane import Pane
from lrtui.tui.widgets.tints import tint
from lrtui.tui.wrapping import wrapped

if TYPE_CHECKING:
    from lrtui.config.schema import Config
    from lrtui.tui.form import Form

_LABEL = 8


class FormSide(Container):
    """Three boxes that follow a form; what they show before it is there is nothing."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.draws_curves = False

    def compose(self) -> ComposeResult:
        yield Chart(id="form-curve")
        yield Pane(id="form-field")
        yield Pane(id="form-run")

    def show_field(self, form: Form, key: str, problem: str) -> None:
        """The help of one field."""
        pane = self.query_one("#form-field", Pane)
        width = pane.size.width
        wrong = tint(self, "error")
        lines: list[Text | str] = [Text.assemble((line, wrong)) for line in wrapped(problem, width)] if problem else []
        lines += [line for told in field_help(form, key) for line in wrapped(told, width)]
        pane.show(lines, key)

    def show_run(self, config: Config, told: TextTold) -> None:
        """The run that the form describes, and the curve of its rate."""
        pane = self.query_one("#form-run", Pane)
        lines: list[str] = []
        for label, words in run_lines(config, told):
            first, *rest = wrapped(words, pane.size.width - _LABEL)
            lines += [f"{label:<{_LABEL}}{first}", *(" " * _LABEL + line for line in rest)]
        pane.show(lines, "Run")
        if self.draws_curves:
            from lrtui.tui.charts import schedule_lines

            curve = config.schedule.kind, config.lr_schedule(), config.train.steps
            self.query_one(Chart).show(lambda look: schedule_lines([curve], look))
