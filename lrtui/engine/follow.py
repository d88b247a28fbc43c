"""What the ranks other than the first do: whatever rank 0 orders, until it says that this is the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch

from lrtui.config.layers import Layer
from lrtui.config.schema import Config
from lrtui.config.validate import validate
from lrtui.engine.build import make_workplace
from lrtui.engine.invitation import answer, invitation
from lrtui.engine.ranks import RankLostError, Ranks
from lrtui.engine.shared_step import END, JOIN, ORDER_LENGTH, SharedStep
from lrtui.errors import CorpusError, LrtuiError

if TYPE_CHECKING:
    from lrtui.text.dataset import TextData


def follow(ranks: Ranks, load: Callable[[Config], TextData]) -> SharedStep | None:
    """Take part in the run that rank 0 leads; returns what was trained when it has ended. Raises RankLostError."""
    step: SharedStep | None = None
    order = torch.zeros(ORDER_LENGTH, dtype=torch.float64)
    while True:
        ranks.order(order)
        kind, *arguments = order.tolist()
        if kind == END:
            return step
        if kind == JOIN:
            step = _join(ranks, int(arguments[0]), load)
        else:
            assert step is not None
            step.obey(int(kind), *arguments)


def _join(ranks: Ranks, length: int, load: Callable[[Config], TextData]) -> SharedStep | None:
    """Build what rank 0 has built, and tell it whether that could be."""
    values, corpus_sha256 = invitation(ranks, length)
    try:
        config = validate([Layer(values)], [])
        data = load(config)
        if data.sha256 != corpus_sha256:
            raise CorpusError("it finds another text under the same name (its sha256 differs)")
        step = make_workplace(config, data, ranks=ranks).train
    except RankLostError:
        raise
    except LrtuiError as error:
        answer(ranks, error.sentence)
        return None
    assert isinstance(step, SharedStep)
    answer(ranks, "")
    return step
