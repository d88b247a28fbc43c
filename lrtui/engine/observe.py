"""Looking at a run, evaluation and generated text, without training ever noticing."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from lrtui.engine.evaluate import evaluate
from lrtui.engine.live import Live
from lrtui.engine.sample import Sampler, opening_tokens
from lrtui.engine.seeds import derive
from lrtui.messages import Evaluated, Sample, Sampled, finite_or_none

if TYPE_CHECKING:
    from lrtui.text.batches import Batch
    from lrtui.text.vocabulary import Vocabulary


class Observer:
    """Evaluates and samples `live`. `evaluation` holds the fixed batches of `train` and `val`.

    Everything is drawn from (seed, step), so that a replay shows the same texts.
    """

    def __init__(self, live: Live, vocabulary: Vocabulary, evaluation: Mapping[str, Sequence[Batch]]) -> None:
        self.live, self.evaluation = live, evaluation
        model = live.train.model
        self.sampler = Sampler(model, vocabulary, opening_tokens(model, vocabulary))
        self._last: Evaluated | None = None

    def evaluate(self) -> Evaluated:
        """The losses now; the best validation loss so far is noted in the state."""
        live = self.live
        losses = {split: float(evaluate(live.train, batches)) for split, batches in self.evaluation.items()}
        val = losses["val"]
        best = math.isfinite(val) and (live.progress.best is None or val < live.progress.best)
        if best:
            live.progress = live.progress.at(best=val, best_step=live.step)
        train_loss, val_loss = finite_or_none(losses["train"]), finite_or_none(val)
        self._last = Evaluated(live.step, train_loss=train_loss, val_loss=val_loss, best=best)
        return self._last

    @property
    def current(self) -> Evaluated | None:
        """The evaluation of this very state, if there was one."""
        return self._last if self._last is not None and self._last.step == self.live.step else None

    def forget(self) -> None:
        """Training went back: the last evaluation was of another state."""
        self._last = None

    def sample(self, command: Sample) -> Sampled:
        """A text; what `command` leaves out comes from `[sample]`. Raises CorpusError for a prompt never seen."""
        config, step = self.live.config.sample, self.live.step
        prompt = config.prompt if command.prompt is None else command.prompt
        temperature = config.temperature if command.temperature is None else command.temperature
        seed = derive(self.live.config.train.seed, "sample", step)
        text = self.sampler.text(config, seed, prompt, temperature)
        return Sampled(step, prompt=prompt, temperature=temperature, text=text)
