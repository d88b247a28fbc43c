"""The list of runs as lines: which columns fit, what stands in them, and the particulars of one run below."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from lrtui.runs.catalog import RunSummary
from lrtui.tui.seeing import Level
from lrtui.tui.wrapping import cut
from lrtui.words import loss_text, rate_text, size_text

#: state → its sign, its sign in ASCII, its level
SIGNS: dict[str, tuple[str, str, Level]] = {
    "live": ("●", "*", "good"),
    "finished": ("✓", "+", "info"),
    "saved": ("‖", "=", "change"),
    "crashed": ("!", "!", "warning"),
    "unreadable": ("×", "x", "error"),
}
#: where a run's own screen has another word for the state than the catalog
_WORDS = {"saved": "stopped"}
_LONGEST = 64
_LEAST_NAME = 14
_ROOMY = 90
_STEADY_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Field:
    """A column: what stands in it; where there is little room, the one worth least goes first."""

    title: str
    text: Callable[[RunSummary], str]
    worth: int
    right: bool = True


def state_word(summary: RunSummary) -> str:
    """The state in the word that the run's own screen has for it."""
    return _WORDS.get(summary.state, summary.state)


def _steps(summary: RunSummary) -> str:
    return f"{summary.step:,}/{summary.steps:,}" if summary.steps else "–"


FIELDS = (
    Field("run", lambda run: run.name, 100, right=False),
    Field("state", state_word, 4, right=False),
    Field("step", _steps, 99),
    Field("model", lambda run: run.model, 7, right=False),
    Field("corpus", lambda run: run.corpus, 2, right=False),
    Field("loss", lambda run: loss_text(run.loss), 9),
    Field("val", lambda run: loss_text(run.val), 3),
    Field("best", lambda run: loss_text(run.best), 8),
    Field("lr", lambda run: rate_text(run.lr), 6),
    Field("changes", lambda run: f"{run.changes}" if run.changes else "", 1),
    Field("size", lambda run: size_text(run.bytes), 5),
    Field("age", lambda run: age_text(run), 10),
)


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns that fit a width, and how wide each is."""

    fields: tuple[Field, ...]
    widths: tuple[int, ...]
    gap: int

    def heading(self) -> str:
        return self._line([field.title for field in self.fields])

    def row(self, summary: RunSummary) -> str:
        return self._line([field.text(summary) for field in self.fields])

    def _line(self, cells: Sequence[str]) -> str:
        padded = []
        for text, field, width in zip(cells, self.fields, self.widths, strict=True):
            shown = cut(text, width)
            room = " " * (width - cell_len(shown))
            padded.append(room + shown if field.right else shown + room)
        return (" " * self.gap).join(padded)


def columns_for(summaries: Sequence[RunSummary], width: int) -> Columns:
    """The columns for these runs in `width` cells: each as wide as what stands in it, names cut before one goes."""
    widths = {field: _width(field, summaries) for field in FIELDS}
    gap = 2 if width >= _ROOMY else 1
    fields = list(FIELDS)
    while True:
        excess = sum(widths[field] for field in fields) + gap * (len(fields) - 1) - width
        spare = widths[FIELDS[0]] - min(_LEAST_NAME, widths[FIELDS[0]])
        if excess <= 0 or len(fields) == 1:
            break
        if excess <= spare:
            widths[FIELDS[0]] -= excess
            break
        fields.remove(min(fields, key=lambda field: field.worth))
    return Columns(tuple(fields), tuple(widths[field] for field in fields), gap)


def _width(field: Field, summaries: Sequence[RunSummary]) -> int:
    widest = max((cell_len(cut(field.text(summary), _LONGEST)) for summary in summaries), default=0)
    return max(len(field.title), min(widest, _LONGEST if field.title == "run" else 20))


def age_text(summary: RunSummary) -> str:
    """How long ago a run was written, coarse enough that a row stays as it is for a minute."""
    if summary.age < _STEADY_SECONDS:
        return "now"
    for seconds, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if summary.age >= seconds:
            return f"{int(summary.age // seconds)} {unit}"
    return "now"


def ordered(summaries: Sequence[RunSummary], before: Sequence[str] = ()) -> list[RunSummary]:
    """Live runs first, then the newest; live ones keep the order they had, or each look would swap them."""
    place = {name: index for index, name in enumerate(before)}
    live = [run for run in summaries if run.state == "live"]
    others = [run for run in summaries if run.state != "live"]
    live.sort(key=lambda run: (place.get(run.name, -1), run.name))
    return live + sorted(others, key=lambda run: (run.age // _STEADY_SECONDS, run.name))


def matching(summaries: Sequence[RunSummary], words: str) -> list[RunSummary]:
    """The runs in whose name, state (in either word), model or corpus each of the words occurs."""
    wanted = words.lower().split()
    return [
        run
        for run in summaries
        if all(word in f"{run.name} {run.state} {state_word(run)} {run.model} {run.corpus}".lower() for word in wanted)
    ]


def count_line(summaries: Sequence[RunSummary]) -> str:
    """How many there are, of each state: `12 runs · 2 live · 1 crashed`."""
    told = [f"{len(summaries)} run{'s' * (len(summaries) != 1)}"]
    for state in SIGNS:
        if number := sum(run.state == state for run in summaries):
            told.append(f"{number} {_WORDS.get(state, state)}")
    return " · ".join(told)
