"""What keeps a form from being started: its own problems, its text's, its weights', and what a worker said."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lrtui.errors import LrtuiError
from lrtui.tui.texts import Texts

if TYPE_CHECKING:
    from lrtui.config.schema import Config, CorpusConfig
    from lrtui.tui.form import Form


@dataclass(frozen=True, slots=True)
class Plan:
    """What is started: a form, the name of the run (empty: made up), and RUN or RUN@STEP whose weights it begins with
    (empty: fresh ones)."""

    form: Form
    name: str
    init_from: str

    def same_as(self) -> tuple[object, ...]:
        """Equal as long as nothing was edited."""
        return self.form.base, dict(self.form.edits), self.name, self.init_from


@dataclass(frozen=True, slots=True)
class _Weights:
    """The run behind `source`: its config, or why there is none."""

    source: str
    config: Config | None
    problem: str = ""


class Obstacles:
    """`read` begins to read a text; `texts` keeps what is known of them."""

    def __init__(self, read: Callable[[CorpusConfig], None]) -> None:
        self.texts = Texts(read)
        self._weights: _Weights | None = None
        self._begun: tuple[object, ...] | None = None
        self._refusal = ""

    def problems(self, plan: Plan, home: Path) -> dict[str, str]:
        """What is wrong by key, as far as it is known without waiting; `weights` where they cannot be had at all."""
        form = plan.form
        problems = dict(form.problems)
        if form.config is not None and (wrong := self.texts.told(form.config.corpus, ask=False).problem):
            key = "corpus.name" if form.config.corpus.path is None else "corpus.path"
            problems[key] = wrong.removeprefix(f"{key}: ")
        if plan.init_from and form.config is not None:
            problems = {**self._unfit(plan, home), **problems}
        return problems

    def look_again(self, form: Form) -> None:
        """Files and runs may have come or gone; what is known of a text stands until it is read again."""
        self._weights = None
        if form.config is not None:
            self.texts.check_again(form.config.corpus)

    def begun(self, plan: Plan) -> None:
        """A worker is being started with this plan."""
        self._begun, self._refusal = plan.same_as(), ""

    def refused(self, said: str) -> None:
        """The worker could not begin, as it `said`."""
        self._refusal = said

    def refusal(self, plan: Plan) -> str:
        """What the worker of exactly this plan said; empty once anything was edited."""
        return self._refusal if self._refusal and self._begun == plan.same_as() else ""

    def _unfit(self, plan: Plan, home: Path) -> Mapping[str, str]:
        from lrtui.tui.form_checks import differences

        if self._weights is None or self._weights.source != plan.init_from:
            self._weights = _read_weights(home, plan.init_from)
        if self._weights.config is None:
            return {"weights": self._weights.problem}
        unfit = differences(plan.form, self._weights.config)
        where = f"in {plan.init_from}, whose weights are wanted (i: others, or none)"
        return {key: f"it is {value} {where}" for key, value in unfit.items()}


def _read_weights(home: Path, source: str) -> _Weights:
    from lrtui.runs.directory import open_run
    from lrtui.runs.run_config import read_config

    try:
        return _Weights(source, read_config(open_run(home, source.partition("@")[0])))
    except LrtuiError as error:
        return _Weights(source, None, error.sentence)
