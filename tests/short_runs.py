"""A short real run as its directory would tell it, without a directory: what the diagnosis reads."""

from array import array

from lrtui.diagnosis import diagnose_series
from lrtui.engine.inbox import Inbox
from lrtui.engine.session import Session
from lrtui.lr.diagnose import Diagnosis
from lrtui.messages import Event, RunStarted, Stepped
from lrtui.runs.history import History, fold_history
from lrtui.runs.metrics import Block, Series
from lrtui.text.baselines import baselines
from tests.small import TEXT, small_text, trained


def nan_for_none(values: list[float | None]) -> "array[float]":
    return array("d", [float("nan") if value is None else value for value in values])


def read_back(session: Session, events: list[Event], text: str = TEXT) -> tuple[History, Series]:
    """History and metrics of a session from its events; a run that went on has them all in one list."""
    from lrtui.text.dataset import make_dataset

    config = session.config
    data = make_dataset(config.corpus, small_text(text))
    started = RunStarted(
        0,
        run="short",
        parameters=0,
        steps=config.train.steps,
        vocabulary=data.vocabulary.size,
        corpus="small",
        corpus_sha256="",
        baselines=baselines(data),
        fingerprint={},
        schedule=session.live.schedule,
    )
    series = Series()
    for event in events:
        if isinstance(event, Stepped):
            updates = () if event.update is None else ((event.step, event.update),)
            loss, norm = nan_for_none(event.loss), nan_for_none(event.grad_norm)
            series.add(Block(0, event.step, loss, array("d", event.lr), norm, updates))
    return fold_history([started, *(event for event in events if not isinstance(event, Stepped))]), series


def diagnosed(session: Session, inbox: Inbox | None = None, text: str = TEXT) -> Diagnosis | None:
    """What is said of `session` after it has run."""
    return diagnose_series(*read_back(session, trained(session, inbox), text))
