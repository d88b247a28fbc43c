"""What the diagnosis is read from: every rule, when it holds, and the numbers it looks at now."""

from collections.abc import Mapping
from typing import NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from lrtui.diagnosis import read_signs
from lrtui.lr.rule_numbers import rule_numbers
from lrtui.tui.health import advice_keys
from lrtui.tui.keys import KEYS, keymap_of
from lrtui.tui.screens.dialogue import Dialogue
from lrtui.tui.state import RunView

#: the rule that speaks, one that holds but comes after it, and the others
_SPEAKS, _HOLDS, _SILENT = "●", "○", " "


class Examination(Dialogue[None]):
    """The run as it was when this was opened: numbers that change under the eye cannot be compared."""

    DEFAULT_CSS = """
    Examination > VerticalScroll { width: 100; scrollbar-size-vertical: 1; }
    Examination Static { height: auto; }
    Examination .numbers { padding: 0 0 0 4; }
    Examination.-tall .rule { margin: 1 0 0 0; }
    """
    VERTICAL_BREAKPOINTS = [(0, "-low"), (30, "-tall")]  # noqa: RUF012 - Textual's own declaration
    BINDINGS = [  # noqa: RUF012 - Textual's own declaration
        Binding("q", "cancel", "Close", show=False),
        *(Binding(key.keys, "cancel", "Close", show=False, id=key.id) for key in KEYS if key.id == "why"),
    ]

    def __init__(self, view: RunView) -> None:
        super().__init__()
        self._view = view

    def compose(self) -> ComposeResult:
        told = examined(self._view, keymap_of(self.app))
        with VerticalScroll() as box:
            yield Static(told.verdict, markup=False)
            for heading, numbers in told.rules:
                yield Static(heading, classes="rule", markup=False)
                yield Static(numbers, classes="numbers", markup=False)
        box.border_title = Content(f"Diagnosis at step {self._view.step:,} (escape closes)")


class Examined(NamedTuple):
    """The verdict, and of each rule its heading and its numbers."""

    verdict: Content
    rules: list[tuple[Content, Content]]


def examined(view: RunView, keymap: Mapping[str, str]) -> Examined:
    """All rules in the order in which they are asked: the first that holds speaks."""
    history, branch = view.history, view.numbers.branch
    if history.started is None or not branch.step:
        return Examined(Content("nothing has been trained yet"), [])
    signs = read_signs(history, branch.step, branch.mean, branch.lr, view.numbers.updates, view.step)
    rules = rule_numbers(signs)
    found = next((rule.found for rule in rules if rule.found), None)
    told = []
    for rule in rules:
        sign = _SILENT if rule.found is None else _SPEAKS if rule.found is found else _HOLDS
        heading = Content.assemble(
            (f"{sign} {rule.name}", "bold $text-warning" if rule.found else "bold"), (f"  {rule.when}", "$text-muted")
        )
        told.append((heading, Content("\n".join(rule.numbers))))
    if found is None:
        return Examined(Content.assemble(("Nothing is known to be wrong.", "bold")), told)
    return Examined(Content.assemble((found.line(advice_keys(keymap)), "bold $text-warning")), told)
